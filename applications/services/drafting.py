"""Writing a file: begin it, save its sections, have it signed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.states import WRITING_ROLES
from applications import eligibility, policies
from applications.first_answers import FirstAnswers
from applications.models import Application, BudgetLine, Indicator, Milestone, Partner, Remark
from applications.notifications.commune import ReturnedMail, SignatureAskedMail
from applications.sections import BY_SLUG, Section, to_do
from applications.services.reading import locked_file, pen, require
from common.clock import database_now
from common.dates import local, moment
from common.errors import DomainError, NotAllowed, Stale
from fund.models import Call
from fund.states import CallState
from journal.services import begin, once, record

ROW_MODELS: dict[str, type[Any]] = {
    "partners": Partner,
    "milestones": Milestone,
    "indicators": Indicator,
    "budget_lines": BudgetLine,
}
ROW_FIELDS = {
    "partners": ("name", "role", "confirmed"),
    "milestones": ("label", "planned_on"),
    "indicators": ("label", "unit", "baseline", "target", "proof"),
    "budget_lines": ("side", "account", "label", "funder", "status", "amount_cents", "is_request"),
}
MAX_ROWS = 60

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


# --- Beginning -------------------------------------------------------------------------------------------------


def create_draft(
    call_id: int, organisation_id: int, *, by: User, key: UUID, first: FirstAnswers | None = None
) -> Application:
    """A new draft for an open call, with the `first` answers already written in it. The same key gives the same draft,
    however often the form is posted.

    Raises NotAllowed for one who does not write for this organisation, DomainError when the call takes no application
    or is not meant for this organisation.
    """
    answer = once(
        by=by,
        operation="create_draft",
        key=key,
        request={"call": call_id, "organisation": organisation_id},
        act=lambda: {"id": _create_draft(call_id, organisation_id, by=by, first=first).pk},
    )
    return Application.objects.get(pk=answer["id"])


def _create_draft(call_id: int, organisation_id: int, *, by: User, first: FirstAnswers | None) -> Application:
    if organisation_id not in by.organisation_ids(*WRITING_ROLES):
        raise NotAllowed("Vous n’écrivez pas les dossiers de cette commune.")
    call, organisation = Call.objects.get(pk=call_id), Organisation.objects.get(pk=organisation_id)
    application = new_draft(call, organisation, by=by)
    for slug, values, rows in first.sections(call) if first else ():
        save_section(application.pk, slug, by=by, values=values, rows=rows)
    return application


def new_draft(call: Call, organisation: Organisation, *, by: User) -> Application:
    """Raises DomainError when the call takes no application or is not meant for this organisation."""
    refuse_when_closed(call)
    check = eligibility.organisation_check(call, organisation)
    if not check.ok:
        raise DomainError(check.reason)
    application = Application(call=call, organisation=organisation, created_by=by)
    begin(application, by=pen(by, application))
    return application


def refuse_when_closed(call: Call, *, now: datetime | None = None) -> None:
    """Raises DomainError unless the call takes applications now, by the database's clock; the sentence says the hours."""
    now = now or database_now()
    if now >= call.closes_at:
        clock = local(now)
        raise DomainError(
            f"Il est {clock.hour} h {clock:%M} min {clock:%S} s à l’horloge du service ; l’appel a clos le "
            f"{moment(call.closes_at)}. Le dossier n’a pas été envoyé ; tout ce que vous avez écrit est gardé."
        )
    if now < call.opens_at or call.state not in (CallState.PUBLISHED, CallState.OPEN):
        raise DomainError(f"L’appel ne reçoit pas encore de dossiers. Il ouvre le {moment(call.opens_at)}.")


# --- Saving ----------------------------------------------------------------------------------------------------


def fingerprint(application: Application, section: Section) -> str:
    """What a person saw of a section: two who write in different sections do not get in each other's way."""
    content: dict[str, Any] = {name: getattr(application, name) for name in section.fields}
    for name in section.rows:
        content[name] = [_row_values(name, row) for row in getattr(application, name).all()]
    text = json.dumps(content, sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _row_values(name: str, row: Any) -> dict[str, Any]:
    return {field: getattr(row, field) for field in ROW_FIELDS[name]}


@transaction.atomic
def save_section(
    pk: int,
    slug: str,
    *,
    by: User,
    values: Mapping[str, Any] | None = None,
    rows: Rows | None = None,
    version: int | None = None,
    seen: str = "",
) -> Application:
    """Save one section of a draft: `values` of its fields, `rows` replacing its tables whole.

    Only what the section declares is written, whatever is given. `version` is the one the person saw; when it is not
    the current one, `seen` (the section's fingerprint) tells whether this very section changed. Raises Stale when it did.
    Saving what is already there writes nothing.
    """
    section = BY_SLUG[slug]
    application = locked_file(pk)
    require(policies.can_edit(by, application), _why_not_editable(application))
    before = fingerprint(application, section)
    if version is not None and version != application.version and seen != before:
        raise Stale("Un collègue a enregistré cette section entre-temps. Votre texte est gardé ci-dessous.")
    for name in section.fields:
        if values is not None and name in values:
            setattr(application, name, values[name])
    for name in section.rows:
        if rows is not None and name in rows:
            replace_rows(application, name, rows[name])
    if "budget_lines" in section.rows:
        count_money(application)
    if fingerprint(application, section) == before:
        return application
    application.version += 1
    application.save()
    record(application, by=pen(by, application), verb="save_section", data={"section": slug})
    return application


def _why_not_editable(application: Application) -> str:
    if application.number:
        return f"Le dossier {application.number} est envoyé : son contenu ne change plus."
    return "Vous lisez ce dossier sans pouvoir l’écrire."


def replace_rows(application: Application, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace a table whole; rows that are already there are not written again."""
    if len(rows) > MAX_ROWS:
        raise DomainError(f"Un tableau compte au plus {MAX_ROWS} lignes.")
    wanted = [{field: row[field] for field in ROW_FIELDS[name] if field in row} for row in rows]
    model, related = ROW_MODELS[name], getattr(application, name)
    if [_row_values(name, row) for row in related.all()] == [_row_values(name, model(**row)) for row in wanted]:
        return
    related.all().delete()
    model.objects.bulk_create(
        model(application=application, position=position, **row) for position, row in enumerate(wanted)
    )


def count_money(application: Application) -> None:
    """Set the amounts of a file from its budget lines."""
    figures = eligibility.money(application)
    application.requested_cents = figures.requested
    application.total_cost_cents = figures.total_cost
    application.eligible_cost_cents = figures.eligible_cost
    application.own_share_cents = figures.own_share
    application.allowed_cents = eligibility.allowed_cents(application.call, figures)


# --- Having it signed ------------------------------------------------------------------------------------------


@transaction.atomic
def ask_signature(pk: int, *, by: User, version: int | None = None) -> Application:
    """Tell the signatories that the file is ready. Raises DomainError with what is left to do."""
    application = locked_file(pk, version=version, children=True)
    require(policies.can_edit(by, application), _why_not_editable(application))
    refuse_when_incomplete(application)
    mail = SignatureAskedMail(application, by=by)
    if not mail.recipients():
        raise DomainError("Votre commune n’a pas encore de signataire. Invitez-en un, puis demandez la signature.")
    application.signature_asked_at = timezone.now()
    application.version += 1
    application.save(update_fields=["signature_asked_at", "version", "updated_at"])
    record(application, by=pen(by, application), verb="ask_signature")
    mail.queue()
    return application


def refuse_when_incomplete(application: Application, *, now: datetime | None = None) -> None:
    left = to_do(application, today=local(now or database_now()).date())
    if left:
        raise DomainError("Le dossier n’est pas complet. " + " ".join(left))


@transaction.atomic
def return_to_drafter(pk: int, *, by: User, text: str, version: int | None = None) -> Application:
    """The signatory sends the draft back to those who write it, with a word."""
    application = locked_file(pk, version=version)
    require(policies.can_submit(by, application), "Seul un signataire de la commune peut renvoyer ce brouillon.")
    if not text.strip():
        raise DomainError("Écrivez ce qui est à reprendre : vos collègues le liront.")
    remark = Remark.objects.create(application=application, author=by, text=text.strip())
    application.signature_asked_at = None
    application.version += 1
    application.save(update_fields=["signature_asked_at", "version", "updated_at"])
    record(application, by=by, verb="return_to_drafter", reason=remark.text)
    ReturnedMail(application, by=by, remark=remark).queue()
    return application
