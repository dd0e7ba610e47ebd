"""What the pages of the desk and of the evaluators show of one file, fetched with a fixed number of queries."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, Sum
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from applications import eligibility, questionnaire, reference
from applications.answers import questions_of
from applications.comparing import difference_of
from applications.models import Application, Attachment, Decision, PieceRequest
from applications.states import (
    CHARGE_ACCOUNTS,
    PRODUCT_ACCOUNTS,
    UNDECIDED,
    VOLUNTARY,
    ApplicationState,
    DecisionState,
    FundingStatus,
    Public,
    RequestOutcome,
    Side,
)
from applications.validity import valid_until
from common.dates import day, day_short, local
from common.money import euros, euros_bare, percent, rate
from reviews.models import Opinion
from reviews.policies import without_declared_interest

S = ApplicationState
# Slug of the anchor, title, field of the application.
TEXTS = (
    ("enjeu", "Enjeu", "stakes"),
    ("diagnostic", "Diagnostic", "diagnostic"),
    ("reussite", "Nous aurons réussi si…", "success"),
    ("action", "En quoi consiste l’action", "description"),
    ("ressources", "Ressources à mobiliser", "resources"),
    ("gouvernance", "Gouvernance", "governance"),
    ("obstacles", "Obstacles à prévoir", "obstacles"),
    ("questions", "Questions ouvertes", "open_questions"),
)


# What the commune wrote, as HTML, by the hash of its frozen snapshot: it can never show anything else.
_written: OrderedDict[tuple[int, str], SafeString] = OrderedDict()
KEPT = 300


def reading(application: Application) -> dict[str, Any]:
    """What `reviews/_reading.html` shows: the content of the file, and its documents (which may still come)."""
    return {"content": content(application), "documents": documents(application)}


def content(application: Application) -> SafeString:
    """What the commune wrote and sent, as corrected since. Frozen by the database, so laid out once a version and a process."""
    key = application.pk, f"{application.snapshot_sha256} {application.content_version}"
    found = _written.get(key)
    if found is None:
        texts = {slug: (title, getattr(application, field)) for slug, title, field in TEXTS}
        context = {
            "texts": texts,
            "facts": _facts(application),
            "indicators": list(application.indicators.all()),
            "milestones": list(application.milestones.all()),
            "partners": list(application.partners.all()),
            "budget": budget(application),
            "questions": questions_of(application),
        }
        found = _written[key] = render_to_string("reviews/_content.html", context)
        if len(_written) > KEPT:
            _written.popitem(last=False)
    return found


def _facts(application: Application) -> list[tuple[str, str]]:
    publics = [Public(code).label for code in application.publics if code in Public.values]
    grounds = reference.labels(reference.grounds(), application.grounds)
    domains = reference.labels(reference.domains(), application.domains)
    starts, ends = application.starts_on, application.ends_on
    period = f"du {day(starts)} au {day(ends)}" if starts and ends else ""
    return [
        (label, value)
        for label, value in (
            ("Type d’action", application.get_action_type_display()),
            ("Phase", application.get_phase_display()),
            ("Calendrier", period),
            ("Publics visés", ", ".join(publics)),
            ("Critères concernés", ", ".join(grounds)),
            ("Domaines", ", ".join(domains)),
        )
        if value
    ]


def budget(application: Application) -> dict[str, Any]:
    """Two columns of (label, amount), with their totals last; voluntary contributions apart."""
    sides: dict[str, list[dict[str, Any]]] = {Side.CHARGE: [], Side.PRODUCT: []}
    for line in application.budget_lines.all():
        sides[line.side].append({"label": _budget_label(line), "value": euros_bare(line.amount_cents)})
    figures = eligibility.money(application)
    sides[Side.CHARGE].append({"label": "Charges", "value": euros(figures.total_cost), "total": True})
    products = figures.products + figures.voluntary_products
    sides[Side.PRODUCT].append({"label": "Produits", "value": euros(products), "total": True})
    return {"charges": sides[Side.CHARGE], "products": sides[Side.PRODUCT], "figures": figures}


# Without the number, which is written before; the commune's own share has none.
ACCOUNT_WORDS = {
    code: "Autofinancement" if code == "autofinancement" else label.removeprefix(f"{code} ")
    for code, label in (*CHARGE_ACCOUNTS, *PRODUCT_ACCOUNTS)
}


def _budget_label(line: Any) -> str:
    account = "" if line.account == "autofinancement" else f"{line.account} "
    words = line.funder or line.label or ACCOUNT_WORDS.get(line.account, "")
    if line.is_request:
        words = "Fonds d’initiative, demandé"
    elif line.status:
        words = f"{words}, {FundingStatus(line.status).label.lower()}"
    if line.account in VOLUNTARY:
        words = f"{words} (contribution volontaire)"
    return f"{account}{words}"


DOCUMENT_TAGS = {
    "clean": ("done", "Lisible, sans virus"),
    "quarantined": ("hold", "Analyse en cours"),
    "infected": ("err", "Écartée : virus"),
    "unreadable": ("err", "Illisible"),
}


def documents(application: Application) -> list[dict[str, Any]]:
    """What the call asked, then the rest; a required document that is missing is shown as such."""
    asked = {document.code: document for document in questionnaire.documents(application)}
    given = defaultdict(list)
    for attachment in application.attachments.all():
        given[attachment.code].append(attachment)
    counts = {one.pk for one in eligibility.in_force(application)}
    rows = []
    for code in [*asked, *(code for code in given if code not in asked)]:
        document = asked.get(code)
        label = document.label if document else ""
        for attachment in given.get(code, []):
            kind, words = DOCUMENT_TAGS[attachment.file.state]
            replaced = kind == "done" and attachment.pk not in counts
            aged = _aged(document, attachment, application) if kind == "done" and not replaced else None
            kind, words = aged or (kind, words)
            rows.append(
                {
                    "label": attachment.title or label or attachment.file.name,
                    "file": attachment.file,
                    "url": reverse("file_download", args=[attachment.file.key]) if kind == "done" else "",
                    "when": attachment.added_at,
                    "kind": "plain" if replaced else kind,
                    "words": "Remplacée depuis" if replaced else words,
                    "later": attachment.piece_request_id is not None,
                }
            )
        if document and document.required and not given.get(code):
            rows.append({"label": label, "file": None, "when": None, "kind": "err", "words": "Manque", "url": ""})
    return rows


def _aged(document: Any, attachment: Attachment, application: Application) -> tuple[str, str] | None:
    """What is to be said of the age of a readable document: expired, or before the action ends; None where it lasts."""
    if document is None or not getattr(document, "valid_months", None):
        return None
    if attachment.dated_on is None:
        return "warn", "Date à vérifier"
    until = valid_until(document, attachment.dated_on)
    sent = local(application.submitted_at).date() if application.submitted_at else timezone.localdate()
    if until is None:
        return None
    if until < sent:
        return "err", f"Périmée à l’envoi, depuis le {day(until)}"
    if until < timezone.localdate():
        return "warn", f"Périmée depuis le {day(until)}"
    if application.ends_on and until < application.ends_on:
        return "warn", f"Valide jusqu’au {day(until)}, avant la fin de l’action"
    return "done", f"Valide jusqu’au {day(until)}"


def exchanges(application: Application) -> list[dict[str, Any]]:
    """What was asked of the commune and, once it answered, the before and after of each point. A draft answer is not shown."""
    asked = application.piece_requests.select_related("asked_by", "answered_by")
    found = asked.prefetch_related(
        "corrections", Prefetch("attachments", Attachment.objects.select_related("file", "replaces__file"))
    )
    return [_exchange(one) for one in found]


def _exchange(request: PieceRequest) -> dict[str, Any]:
    sent = request.outcome in (RequestOutcome.ANSWERED, RequestOutcome.PARTIAL)
    corrections = list(request.corrections.all()) if sent else []
    joined = list(request.attachments.all()) if sent else []
    done = {one.name for one in corrections} | {one.code for one in joined}
    today = timezone.localdate()
    return {
        "request": request,
        "sent": sent,
        "differences": [difference_of(one, request.application) for one in corrections],
        "joined": joined,
        "left": [item for item in request.asked if item.code not in done and not item.follows] if sent else [],
        "over": request.answered_at is None and request.due_on < today,
        "stood": request.suspended_days(today),
    }


# --- Where it stands -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """The delay to answer, in days: counted, out of how many, and whether it stands still."""

    counted: int
    total: int
    stopped: bool
    due_on: date

    @property
    def late(self) -> bool:
        return not self.stopped and self.due_on < timezone.localdate()


def clock(application: Application) -> Clock | None:
    if application.due_on is None or application.submitted_at is None or application.state not in UNDECIDED:
        return None
    total = settings.ANSWER_DELAY_DAYS
    left = (application.due_on - timezone.localdate()).days
    return Clock(max(0, total - left), total, application.state == S.AWAITING_COMMUNE, application.due_on)


def spine(application: Application, decision: Decision | None) -> list[dict[str, Any]]:
    """Dossier, Signature, Instruction, Évaluation, Décision, Versements, Bilan."""
    order = [S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED, S.GRANTED, S.CLOSED]
    at = {S.AWAITING_COMMUNE: 1, S.INADMISSIBLE: 1, S.WAITLISTED: 4, S.REJECTED: 4, S.WITHDRAWN: 1}
    reached = at.get(S(application.state), order.index(S(application.state)) if application.state in order else 4)
    sender = application.submitted_by
    sent = f"{day_short(application.submitted_at)}, {_short(sender)}" if application.submitted_at and sender else ""
    clocked = clock(application)
    instruction = _short(application.instructor) if application.instructor else "à prendre"
    if clocked and reached <= 1:
        instruction += ", en pause" if clocked.stopped else f", jour {clocked.counted} sur {clocked.total}"
    decided = ""
    if decision is not None:
        decided = f"{decision.get_kind_display()}, {decision.get_state_display().lower()}"
    steps = [
        ("Dossier", "envoyé", "done"),
        ("Signature", sent, "done"),
        ("Instruction", instruction, "current" if reached <= 1 else "done"),
        ("Évaluation", "", "current" if reached == 2 else "done" if reached > 2 else "todo"),
        ("Décision", decided, _decision_step(reached, decision)),
        ("Versements", "", "current" if _is_notified(decision) and application.state == S.GRANTED else "todo"),
        ("Bilan", f"avant le {day_short(application.call.report_due_on)}", "todo"),
    ]
    return [{"label": label, "sub": sub, "state": state} for label, sub, state in steps]


def _is_notified(decision: Decision | None) -> bool:
    return decision is not None and decision.state == DecisionState.NOTIFIED


def _decision_step(reached: int, decision: Decision | None) -> str:
    if reached < 3:
        return "todo"
    return "done" if _is_notified(decision) else "current"


def _short(person: Any) -> str:
    return f"{person.first_name[:1]}. {person.last_name}" if person.first_name else person.last_name


# --- Money -----------------------------------------------------------------------------------------------------


def proposed_elsewhere(application: Application, user: Any) -> int:
    """What is proposed for the other undecided files of the call that this person may see, in cents."""
    found = (
        Opinion.objects.filter(
            application__call_id=application.call_id, application__state__in=(*UNDECIDED, S.WAITLISTED)
        )
        .exclude(application=application)
        .filter(application__in=Application.objects.filter(without_declared_interest(user)))
        .aggregate(total=Sum("proposed_cents"))
    )
    return found["total"] or 0


def consequence(application: Application, cents: int | None, *, available: int, elsewhere: int) -> dict[str, Any]:
    """What an amount means: rate, most, what the envelope still holds after it."""
    most = min(application.allowed_cents, application.requested_cents)
    amount = cents or 0
    return {
        "most": most,
        "eligible": application.eligible_cost_cents,
        "rate": percent(rate(amount, application.eligible_cost_cents) // 10 * 10) if amount else "",
        "left": available - elsewhere - amount,
        "too_much": amount > most,
        "missing": max(0, amount + elsewhere - available),
        "amount": amount,
    }
