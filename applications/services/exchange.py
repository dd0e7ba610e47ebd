"""What the commune answers while its file is instructed: a draft saved as one goes, then sent; or nothing in time."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.models import User
from applications import policies, questionnaire, snapshot
from applications.asking import label_of, section_of
from applications.content import content_of, from_json, plain
from applications.models import Application, ContentVersion, Correction, PieceRequest
from applications.notifications.commune import PiecesAnsweredMail
from applications.sections import progress
from applications.services.reading import for_reading, locked_file, require
from applications.services.writing import count_money, replace_rows
from applications.states import RequestOutcome
from applications.validity import REFUSED_FILES
from common.clock import database_now
from common.dates import local
from common.errors import DomainError
from common.money import euros
from journal.services import advance, record

GONE = "La réponse est déjà partie : la métropole a repris l’instruction."


def open_request(application: Application) -> PieceRequest | None:
    """The request the commune has not answered yet."""
    return application.piece_requests.filter(answered_at=None).first()


# --- The draft answer ------------------------------------------------------------------------------------------


@transaction.atomic
def save_answer(pk: int, *, by: User, values: Mapping[str, Any], text: str) -> Application:
    """Keep the draft of an answer: `values` by field or table, only those that were asked. What equals the content is no correction."""
    application, request = _answering(pk, by=by)
    _keep(application, request, values=values, text=text, by=by)
    return application


def _answering(pk: int, *, by: User, version: int | None = None) -> tuple[Application, PieceRequest]:
    application = locked_file(pk, version=version)
    require(policies.writes_for_its_commune(by, application), "Vous n’écrivez pas les dossiers de cette commune.")
    request = open_request(application)
    if request is None or not policies.can_answer_pieces(by, application):
        raise DomainError(GONE)
    return application, request


def _keep(application: Application, request: PieceRequest, *, values: Mapping[str, Any], text: str, by: User) -> None:
    asked = {item.code for item in request.asked if not item.is_document}
    for name in asked & set(values):
        before, after = content_of(application, name), plain(values[name])
        is_question = questionnaire.is_unit(name)
        if is_question:
            after = questionnaire.same(after)
        if (before == after) if is_question else _same(before, after):
            Correction.objects.filter(request=request, name=name).delete()
        else:
            Correction.objects.update_or_create(
                request=request,
                name=name,
                defaults={"after": after, "saved_by": by},
                create_defaults={"before": before, "after": after, "saved_by": by},
            )
    if text.strip() != request.answer:
        request.answer = text.strip()
        request.save(update_fields=["answer"])


def _same(before: Any, after: Any) -> bool:
    """The same to a reader: neither line ends nor the order of the lines of a budget change anything."""
    if isinstance(before, str) and isinstance(after, str):
        return before.replace("\r\n", "\n").strip() == after.replace("\r\n", "\n").strip()
    if isinstance(before, list) and isinstance(after, list):
        return sorted(map(_canonical, before)) == sorted(map(_canonical, after))
    return bool(before == after)


def _canonical(row: Any) -> str:
    return json.dumps(row, sort_keys=True)


@transaction.atomic
def remove_answer_document(pk: int, attachment_id: int, *, by: User) -> None:
    """Take a document out of an answer that is not sent. Twice does nothing more."""
    application, request = _answering(pk, by=by)
    attachment = request.attachments.select_related("file").filter(pk=attachment_id).first()
    if attachment is None:
        return
    data = {"code": attachment.code, "name": attachment.file.name, "sha256": attachment.file.sha256}
    attachment.delete()
    record(application, by=by, verb="remove_document", data=data)


# --- Sending it ------------------------------------------------------------------------------------------------


@transaction.atomic
def answer_pieces(
    pk: int, *, by: User, text: str, values: Mapping[str, Any] | None = None, version: int | None = None
) -> Application:
    """Send the answer: the corrections become the content, in a new version of it; what was sent stays as it was sent.

    Raises DomainError, and keeps the draft as it was, when a correction breaks a rule, or when something is left aside
    without a word. The file goes back to its instructor, and the date of the answer moves by the days the clock stood still.
    """
    application, request = _answering(pk, by=by, version=version)
    _keep(application, request, values=values or {}, text=text, by=by)
    corrections = list(request.corrections.all())
    left = left_aside(request, corrections)
    if left and not text.strip():
        raise DomainError(f"Il manque : {', '.join(left)}. Répondez, ou écrivez pourquoi vous ne le pouvez pas.")
    request.answered_at, request.answered_by, request.answer = database_now(), by, text.strip()
    request.outcome = RequestOutcome.PARTIAL if left else RequestOutcome.ANSWERED
    request.save(update_fields=["answered_at", "answered_by", "answer", "outcome"])
    corrected = _apply(application, corrections)
    suspended = give_back_days(application, request)
    labels = [label_of(one.name, application) for one in corrections]
    data = {
        "pieces": request.attachments.count(),
        "corrected": labels,
        "left": left,
        "suspended_days": suspended,
        "due_on": application.due_on,
    }
    advance(application, application.receive_pieces, by=by, reason=text.strip(), data=data)
    if corrections:
        keep_version(corrected, by=by, request=request)
    PiecesAnsweredMail(application, by=by, request=request, corrected=labels, left=left).queue()
    return application


def left_aside(request: PieceRequest, corrections: list[Correction]) -> list[str]:
    """What was asked and is neither corrected nor joined. A file that was refused joins nothing;
    what only follows another answer may stay as it is."""
    joined = request.attachments.exclude(file__state__in=REFUSED_FILES)
    done = {one.name for one in corrections} | set(joined.values_list("code", flat=True))
    return [item.label for item in request.asked if item.code not in done and not item.follows]


def give_back_days(application: Application, request: PieceRequest) -> int:
    """Add to the delay the days it stood still, once the request is over."""
    suspended = request.suspended_days(local(database_now()).date())
    application.suspended_days += suspended
    if application.due_on:
        application.due_on += timedelta(days=suspended)
    return suspended


def _apply(application: Application, corrections: list[Correction]) -> Application:
    """Write the corrections on the locked file (fields on `application`, tables in the database); the file as it then reads."""
    if not corrections:
        return application
    for one in corrections:
        if questionnaire.is_unit(one.name):
            questionnaire.write(application, one.name, one.after)
        elif one.is_table:
            replace_rows(application, one.name, from_json(one.name, one.after))
        else:
            setattr(application, one.name, from_json(one.name, one.after))
    asked_before = application.requested_cents
    if any(one.name == "budget_lines" for one in corrections):
        count_money(application)
    if application.requested_cents > asked_before:
        raise DomainError(
            f"Le budget corrigé demande {euros(application.requested_cents)} : une correction ne peut pas demander plus que les "
            f"{euros(asked_before)} du dossier envoyé."
        )
    application.content_version += 1
    application.search_text = snapshot.search_text(application, str(application.number))
    _refuse_broken(application, {section_of(one.name, application).slug for one in corrections})
    return application


def _refuse_broken(application: Application, slugs: set[str]) -> None:
    """The sections that were corrected keep to the rules of a complete file."""
    today = local(database_now()).date()
    wrong = [
        f"{one.section.title} : {sentence}"
        for one in progress(application, today=today)
        if one.section.slug in slugs
        for sentence in one.to_do
    ]
    if wrong:
        raise DomainError("La réponse n’est pas partie. " + " ".join(wrong))


def keep_version(application: Application, *, by: User, **cause: Any) -> ContentVersion:
    """The content as it stands after a correction or an accepted change, beside what was sent."""
    fresh = for_reading().get(pk=application.pk)
    content = snapshot.build(fresh)
    return ContentVersion.objects.create(
        application=application,
        number=fresh.content_version,
        snapshot=content,
        snapshot_sha256=snapshot.sha256(content),
        made_by=by,
        **cause,
    )
