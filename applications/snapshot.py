"""What was sent, once and for all: a dictionary that reads by itself, its canonical text and its SHA-256."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from applications import eligibility, questionnaire
from applications.models import Application
from common.search import fold

FORMAT = 1
TEXTS = (
    "theme",
    "title",
    "stakes",
    "diagnostic",
    "success",
    "description",
    "resources",
    "governance",
    "obstacles",
    "open_questions",
    "action_type",
    "phase",
    "publics",
    "grounds",
    "domains",
    "commitments",
)
AMOUNTS = ("requested_cents", "total_cost_cents", "eligible_cost_cents", "own_share_cents", "allowed_cents")
ROWS = {
    "partners": ("name", "role", "confirmed"),
    "milestones": ("label", "planned_on"),
    "indicators": ("label", "unit", "baseline", "target", "proof"),
    "budget_lines": ("side", "account", "label", "funder", "status", "amount_cents", "is_request"),
}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def build(application: Application) -> dict[str, Any]:
    """Everything the commune sends: texts, rows, amounts, who it is, and each document with its SHA-256."""
    call, organisation = application.call, application.organisation
    return {
        "format": FORMAT,
        "call": {"slug": call.slug, "title": call.title, "year": call.year},
        "organisation": {
            "name": organisation.name,
            "siren": organisation.siren,
            "siret": organisation.siret,
            "insee_code": organisation.insee_code,
            "population": organisation.population,
            "plan_status": organisation.plan_status,
        },
        "public_id": str(application.public_id),
        "sections": {name: getattr(application, name) for name in TEXTS},
        "starts_on": _plain(application.starts_on),
        "ends_on": _plain(application.ends_on),
        "amounts": {name: getattr(application, name) for name in AMOUNTS},
        "rows": {
            name: [{field: _plain(getattr(row, field)) for field in fields} for row in getattr(application, name).all()]
            for name, fields in ROWS.items()
        },
        "helped_by": [
            {"name": one.helper.get_full_name(), "reason": one.reason, "since": _plain(one.taken_at)}
            for one in application.assistances.all()
            if one.helper is not None
        ],
        "documents": [
            {
                "code": one.code,
                "title": one.title,
                "name": one.file.name,
                "size": one.file.size,
                "sha256": one.file.sha256,
            }
            for one in eligibility.in_force(application)
        ],
        **questions(application),
    }


def questions(application: Application) -> dict[str, Any]:
    """The call's own questions as they were asked, and answered; nothing where the call asks none."""
    if application.question_set is None:
        return {}
    answers = questionnaire.sheet(application).sent()
    return {"questions": {"version": application.question_set.number, "answers": answers}}


def canonical(snapshot: dict[str, Any]) -> str:
    """The same text for the same content, whatever the order the database gives the keys back in."""
    return json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(snapshot: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(snapshot).encode()).hexdigest()


def is_intact(application: Application) -> bool:
    """Does the kept snapshot still give the hash that was announced?"""
    return application.snapshot is not None and sha256(application.snapshot) == application.snapshot_sha256


def search_text(application: Application, number: str) -> str:
    """What the desk searches in, folded: number, commune, title, theme, partners, texts that say what is done."""
    organisation = application.organisation
    parts = [
        number,
        number.replace("-", ""),
        organisation.name,
        *organisation.postal_codes,
        organisation.siren,
        application.title,
        application.get_theme_display(),
        application.get_action_type_display(),
        *(partner.name for partner in application.partners.all()),
        application.stakes,
        application.description,
        *questionnaire.search_words(application),
    ]
    return fold(" ".join(part for part in parts if part))
