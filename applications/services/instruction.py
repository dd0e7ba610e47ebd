"""The instructor's verbs: take a file, find it complete, ask for pieces, declare it inadmissible, send it to review."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.states import DESK_ROLES, Role
from applications import asking, policies
from applications.models import Application, AskedItem, FileLetter, PieceRequest
from applications.notifications.desk import (
    Adjourned,
    DeadlineExtended,
    FileAssigned,
    Inadmissible,
    PiecesAsked,
    RequestLapsed,
)
from applications.services.exchange import give_back_days
from applications.services.file_letters import write_letter
from applications.states import UNDECIDED, ApplicationState, LetterKind, RequestOutcome
from common.clock import database_now
from common.dates import day, local
from common.errors import DomainError, NotAllowed, Stale
from journal.services import advance, locked, record

MAX_ITEMS = 20
MAX_DELAY_DAYS = 90
CONFLICT = "Vous avez un intérêt dans ce dossier, ou il ne vous est pas ouvert : une autre personne doit s’en charger."


def locked_for_desk(pk: int, *, by: Any) -> Application:
    """The file, locked, for a person of the desk without an interest in it; NotAllowed otherwise.

    The version is left to the caller: saying what the other person did comes before saying that something changed.
    """
    if not by.has_role(*DESK_ROLES):
        raise NotAllowed("Votre rôle ne permet pas cette action.")
    if not Application.objects.visible_to(by).filter(pk=pk).exists() or _is_own(pk, by):
        raise NotAllowed(CONFLICT)
    return locked(Application.objects.select_related("call", "organisation"), pk)


def same_version(application: Application, version: int | None) -> None:
    if version is not None and application.version != version:
        raise Stale


def _is_own(pk: int, by: Any) -> bool:
    return Application.objects.filter(pk=pk, organisation__in=by.organisation_ids()).exists()


def _to_instruct(pk: int, *, by: Any) -> Application:
    application = locked_for_desk(pk, by=by)
    check_instructs(application, by=by)
    return application


def check_instructs(application: Application, *, by: Any) -> None:
    if not policies.can_instruct(by, application):
        raise NotAllowed("L’instruction est faite par un instructeur ou par le gestionnaire du fonds.")


@transaction.atomic
def start_instruction(pk: int, *, by: Any, version: int | None = None) -> Application:
    """Take a file that was sent. Says who was faster when it is already taken."""
    application = _to_instruct(pk, by=by)
    if application.state != ApplicationState.SUBMITTED:
        raise DomainError(_where_it_is(application))
    same_version(application, version)
    advance(application, application.start_instruction, instructor=by, by=by)
    return application


@transaction.atomic
def take_over(pk: int, *, by: Any, version: int | None = None) -> Application:
    """Become the instructor of a file that a colleague had taken; the journal keeps both names."""
    application = _to_instruct(pk, by=by)
    if application.state not in UNDECIDED or application.state == ApplicationState.SUBMITTED:
        raise DomainError(_where_it_is(application))
    if application.instructor_id == by.pk:
        raise DomainError("Vous instruisez déjà ce dossier.")
    same_version(application, version)
    before = application.instructor.get_full_name() if application.instructor else ""
    application.instructor = by
    _save_content(application)
    record(application, by=by, verb="take_over", data={"from": before, "to": by.get_full_name()})
    return application


@transaction.atomic
def assign_instructor(pk: int, *, instructor: int, by: Any, version: int | None = None) -> Application:
    """Give a file to a colleague to instruct; one that nobody had taken is taken in their name."""
    application = _to_instruct(pk, by=by)
    check_assignable(application)
    same_version(application, version)
    person = User.objects.filter(pk=instructor).first()
    if person is None or not person.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER):
        raise DomainError("Cette personne n’instruit pas les dossiers : choisissez-en une autre.")
    name = person.get_full_name()
    if not Application.objects.visible_to(person).filter(pk=pk).exists() or _is_own(pk, person):
        raise DomainError(f"{name} a un intérêt dans ce dossier : choisissez une autre personne.")
    if application.instructor_id == person.pk:
        raise DomainError(f"{name} instruit déjà ce dossier.")
    if application.state == ApplicationState.SUBMITTED:
        advance(application, application.start_instruction, instructor=person, by=by, data={"to": name})
        FileAssigned(application, to=person, by=by).queue()
        return application
    before = application.instructor.get_full_name() if application.instructor else ""
    application.instructor = person
    _save_content(application)
    record(application, by=by, verb="assign_instructor", data={"from": before, "to": name})
    FileAssigned(application, to=person, by=by).queue()
    return application


def check_assignable(application: Application) -> None:
    if application.state not in UNDECIDED:
        raise DomainError(_where_it_is(application))


@transaction.atomic
def check_complete(pk: int, *, by: Any, version: int | None = None) -> Application:
    """Find the file complete: the condition of sending it to review (called by `reviews`, which knows what was checked)."""
    application = _to_instruct(pk, by=by)
    check_in_instruction(application)
    same_version(application, version)
    if application.complete_checked_at:
        raise DomainError("Ce dossier est déjà déclaré complet.")
    application.complete_checked_at = timezone.now()
    _save_content(application)
    record(application, by=by, verb="check_complete")
    return application


@transaction.atomic
def ask_pieces(
    pk: int, *, items: Sequence[AskedItem | str], reason: str, due_on: date, by: Any, version: int | None = None
) -> PieceRequest:
    """Ask the commune for documents or corrections: what, why, by when. The delay to answer stands still meanwhile (L. 114-5)."""
    application = _to_instruct(pk, by=by)
    check_in_instruction(application)
    same_version(application, version)
    asked = asking.items_of(application, items)
    check_request(asked, reason, due_on)
    application.complete_checked_at = None
    advance(
        application,
        application.ask_pieces,
        by=by,
        reason=reason.strip(),
        data={"items": [one.label for one in asked], "due_on": due_on.isoformat()},
    )
    request = PieceRequest.objects.create(
        application=application, asked_by=by, items=asking.as_json(asked), reason=reason.strip(), due_on=due_on
    )
    said = {"items": [_on_letter(one) for one in asked], "reason": request.reason, "due_on": due_on}
    letter = write_letter(application, LetterKind.PIECES, occasion=f"demande-{request.pk}", said=said, by=by)
    PiecesAsked(application, request, letter).queue()
    return request


def _on_letter(item: AskedItem) -> dict[str, str]:
    return {"label": item.lead, **({"note": item.remark} if item.remark else {})}


def check_request(items: Sequence[AskedItem], reason: str, due_on: date) -> None:
    """What a request must say; DomainError otherwise."""
    if not items:
        raise DomainError("Indiquez au moins une pièce à fournir ou une réponse à corriger.")
    if len(items) > MAX_ITEMS or any(len(item.label) > 300 or len(item.remark) > 500 for item in items):
        raise DomainError(f"Une demande porte sur {MAX_ITEMS} points au plus, chacun en 300 caractères au plus.")
    if not reason.strip():
        raise DomainError("Dites à la commune pourquoi ces pièces ou ces corrections sont nécessaires.")
    _check_deadline(due_on)


def _check_deadline(due_on: date) -> None:
    today = timezone.localdate()
    if not today < due_on <= today + timedelta(days=MAX_DELAY_DAYS):
        raise DomainError(f"La date limite est à venir, dans les {MAX_DELAY_DAYS} jours.")


def _open_request(application: Application) -> PieceRequest:
    request = application.piece_requests.filter(answered_at=None).first()
    if request is None or application.state != ApplicationState.AWAITING_COMMUNE:
        raise DomainError(_where_it_is(application))
    return request


@transaction.atomic
def extend_deadline(pk: int, *, due_on: date, by: Any, version: int | None = None) -> PieceRequest:
    """Give the commune more time before its deadline passes; the delay stands still as much longer. It is told."""
    application = _to_instruct(pk, by=by)
    request = _open_request(application)
    same_version(application, version)
    if local(database_now()).date() > request.due_on:
        raise DomainError(
            "La date est passée, le délai d’instruction court de nouveau : reprenez l’instruction, puis redemandez ce qui manque."
        )
    _check_deadline(due_on)
    if due_on <= request.due_on:
        raise DomainError(f"La commune a déjà jusqu’au {day(request.due_on)} : choisissez une date plus lointaine.")
    before, request.due_on = request.due_on, due_on
    request.save(update_fields=["due_on"])
    _save_content(application)
    record(application, by=by, verb="extend_deadline", data={"before": before, "due_on": due_on})
    DeadlineExtended(application, request, by=by).queue()
    return request


@transaction.atomic
def resume_instruction(pk: int, *, by: Any, version: int | None = None) -> Application:
    """Read the file as it stands once the deadline has passed. What the commune had begun to answer stays its draft."""
    application = _to_instruct(pk, by=by)
    request = _open_request(application)
    same_version(application, version)
    if local(database_now()).date() <= request.due_on:
        raise DomainError(f"La commune a jusqu’au {day(request.due_on)} pour répondre.")
    request.answered_at, request.outcome = database_now(), RequestOutcome.LAPSED
    request.save(update_fields=["answered_at", "outcome"])
    suspended = give_back_days(application, request)
    data = {"suspended_days": suspended, "due_on": application.due_on}
    advance(application, application.resume_instruction, by=by, data=data)
    RequestLapsed(application, request, by=by).queue()
    return application


@transaction.atomic
def declare_inadmissible(pk: int, *, reason: str, by: Any, version: int | None = None) -> Application:
    """End a file that does not meet the rules of the call, with the reason told to the commune."""
    application = _to_instruct(pk, by=by)
    check_in_instruction(application)
    same_version(application, version)
    if not reason.strip():
        raise DomainError("Une irrecevabilité est motivée : dites à la commune quelle règle n’est pas respectée.")
    advance(application, application.declare_inadmissible, by=by, reason=reason.strip())
    said = {"reasons": reason.strip(), "requested_cents": application.requested_cents}
    letter = write_letter(application, LetterKind.INADMISSIBLE, occasion="irrecevable", said=said, by=by)
    Inadmissible(application, reason=reason.strip(), by=by, letter=letter).queue()
    return application


@transaction.atomic
def adjourn(pk: int, *, reasons: str, occasion: str, by: Any, version: int | None = None) -> FileLetter:
    """Tell the commune that its file was put off, and why; nothing is decided. Once for each session (`occasion`)."""
    application = locked_for_desk(pk, by=by)
    if not policies.can_record_decision(by, application):
        raise NotAllowed("Le gestionnaire du fonds enregistre les réponses du comité.")
    same_version(application, version)
    if not reasons.strip():
        raise DomainError("Un ajournement est motivé : dites à la commune ce que le comité attend.")
    if application.file_letters.filter(kind=LetterKind.ADJOURNED, occasion=occasion).exists():
        raise DomainError("La commune a déjà été prévenue de cet ajournement. Rien n’a été changé.")
    record(application, by=by, verb="adjourn", reason=reasons.strip())
    said = {"reasons": reasons.strip(), "requested_cents": application.requested_cents}
    letter = write_letter(application, LetterKind.ADJOURNED, occasion=occasion, said=said, by=by)
    Adjourned(application, reason=reasons.strip(), by=by, letter=letter).queue()
    return letter


@transaction.atomic
def send_to_review(pk: int, *, by: Any, version: int | None = None) -> Application:
    """Hand a complete file to the evaluators."""
    application = _to_instruct(pk, by=by)
    check_in_instruction(application)
    same_version(application, version)
    check_sent_to_review(application)
    advance(application, application.send_to_review, by=by)
    return application


def check_sent_to_review(application: Application) -> None:
    if application.complete_checked_at is None:
        raise DomainError("Constatez d’abord que le dossier est complet, puis envoyez-le en évaluation.")


@transaction.atomic
def finish_review(
    pk: int, *, by: Any, version: int | None = None, reason: str = "", data: dict[str, Any] | None = None
) -> Application:
    """Close the evaluation of a file (called by `reviews`, which knows whether the grids are in)."""
    application = locked_for_desk(pk, by=by)
    if not policies.is_fund_manager(by, application):
        raise NotAllowed("Le gestionnaire du fonds clôt l’évaluation.")
    if application.state != ApplicationState.UNDER_REVIEW:
        raise DomainError(_where_it_is(application))
    same_version(application, version)
    advance(application, application.finish_review, by=by, reason=reason, data=data)
    return application


def check_in_instruction(application: Application) -> None:
    if application.state != ApplicationState.IN_INSTRUCTION:
        raise DomainError(_where_it_is(application))


def _where_it_is(application: Application) -> str:
    state = ApplicationState(application.state).label.lower()
    if application.state == ApplicationState.IN_INSTRUCTION and application.instructor:
        return f"{application.instructor.get_full_name()} a déjà pris ce dossier. Rien n’a été changé."
    return f"Le dossier {application.reference} est maintenant « {state} ». Rien n’a été changé."


def _save_content(application: Application) -> None:
    application.version += 1
    application.save(update_fields=["instructor", "complete_checked_at", "version", "updated_at"])
