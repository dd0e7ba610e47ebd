"""« Repartir de ce dossier »: a new draft that says again what still holds, and that somebody must read again."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from applications import policies, questionnaire, reference
from applications.models import Application, BudgetLine, Indicator, Partner, Renewal
from applications.sections import BY_SLUG
from applications.services.drafting import new_draft
from applications.services.questions import carry_answers
from applications.services.reading import for_reading, locked_file, pen, require, why_not_editable
from applications.services.writing import count_money
from applications.states import ApplicationState, Public
from common.errors import DomainError
from fund.models import Call
from fund.states import ActionType, Theme
from journal.services import once, record

# What still holds a year later. Not the dates, the steps, the commitments, the documents nor the signatures.
TEXTS = (
    *("title", "phase", "stakes", "diagnostic", "success", "description", "resources", "governance", "obstacles"),
    "open_questions",
)


def begin_again(origin_pk: int, call_id: int, *, by: User, key: UUID) -> Application:
    """A draft of `call_id` begun from a file of the same commune that was sent. The same key gives the same draft.

    Raises NotAllowed for one who does not write for this commune, DomainError when the call takes no application.
    """
    answer = once(
        by=by,
        operation="begin_again",
        key=key,
        request={"origin": origin_pk, "call": call_id},
        act=lambda: {"id": _begin_again(origin_pk, call_id, by=by).pk},
    )
    return Application.objects.get(pk=answer["id"])


def _begin_again(origin_pk: int, call_id: int, *, by: User) -> Application:
    origin = for_reading().get(pk=origin_pk)
    require(policies.writes_for_its_commune(by, origin), "Vous n’écrivez pas les dossiers de cette commune.")
    if origin.state == ApplicationState.DRAFT:
        raise DomainError("Ce dossier n’a pas été envoyé : continuez-le, plutôt que d’en commencer un autre.")
    call = Call.objects.get(pk=call_id)
    application = new_draft(call, origin.organisation, by=by)
    dropped = _copy_fields(origin, application)
    _copy_rows(origin, application)
    dropped += carry_answers(origin, application)
    questionnaire.fetch(application)
    count_money(application)
    application.version += 1
    application.save()
    Renewal.objects.create(
        application=application,
        origin=origin,
        unread=[slug for slug in BY_SLUG if _is_copied(application, slug)],
        dropped=dropped,
        created_by=by,
    )
    record(application, by=by, verb="begin_again", data={"from": origin.number, "dropped": dropped})
    return application


def _copy_fields(origin: Application, application: Application) -> list[str]:
    """Copies what the new call takes; what it does not take, in words."""
    call, dropped = application.call, []
    for name in TEXTS:
        setattr(application, name, getattr(origin, name))
    for name, taken, labels in (("theme", call.themes, Theme), ("action_type", call.action_types, ActionType)):
        value = getattr(origin, name)
        if value in taken:
            setattr(application, name, value)
        elif value:
            what = "Le thème" if name == "theme" else "Le type d’action"
            dropped.append(
                f"{what} « {labels(value).label} » n’est pas retenu par ce nouvel appel : choisissez-en un autre."
            )
    for name, known in (
        ("publics", dict(Public.choices)),
        ("grounds", dict(reference.grounds())),
        ("domains", dict(reference.domains())),
    ):
        setattr(application, name, [code for code in getattr(origin, name) if code in known])
    return dropped


def _copy_rows(origin: Application, application: Application) -> None:
    done = _done(origin)
    Partner.objects.bulk_create(
        Partner(application=application, name=one.name, role=one.role, position=one.position)
        for one in origin.partners.all()
    )
    Indicator.objects.bulk_create(
        Indicator(
            application=application,
            label=one.label,
            unit=one.unit,
            baseline=done.get(one.label, one.baseline)[:40],
            target=one.target,
            proof=one.proof,
            position=one.position,
        )
        for one in origin.indicators.all()
    )
    BudgetLine.objects.bulk_create(
        BudgetLine(
            application=application,
            side=one.side,
            account=one.account,
            label=one.label,
            funder=one.funder,
            amount_cents=one.amount_cents,
            is_request=one.is_request,
            position=one.position,
        )
        for one in origin.budget_lines.all()
    )


def _done(origin: Application) -> dict[str, str]:
    """What was reached last year, by indicator, where the final report says so: this year's starting point."""
    report = getattr(origin, "report", None)
    return {one.label: one.done for one in report.measures.all() if one.done} if report is not None else {}


def _is_copied(application: Application, slug: str) -> bool:
    section = BY_SLUG[slug]
    if questionnaire.sheet(application).is_begun(slug):
        return True
    return any(name not in ("commitments",) and getattr(application, name) for name in section.fields) or any(
        getattr(application, name).exists() for name in section.rows
    )


@transaction.atomic
def mark_read(pk: int, slug: str, *, by: User) -> None:
    """Somebody has read again what a section says since last year. Twice does nothing more."""
    application = locked_file(pk)
    require(policies.can_edit(by, application), why_not_editable(application))
    renewal: Any = Renewal.objects.filter(application=application).first()
    if renewal is None or slug not in renewal.unread:
        return
    renewal.unread = [one for one in renewal.unread if one != slug]
    renewal.save(update_fields=["unread"])
    application.version += 1
    application.save(update_fields=["version", "updated_at"])
    record(application, by=pen(by, application), verb="mark_read", data={"section": slug})
