"""Opinions asked outside: asked, renewed, withdrawn by the desk; opened and answered by a person without an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import Membership, User
from applications.models import Application
from applications.services.instruction import check_instructs, locked_for_desk
from applications.states import UNDECIDED, ApplicationState
from common.clock import database_now
from common.dates import local
from common.errors import DomainError
from documents import services as storage
from journal.models import Kind
from journal.services import advance, begin, locked, record
from reviews.models import OutsideOpinion
from reviews.models.outside import new_nonce
from reviews.neutrality import not_neutral
from reviews.outside import end_of_link, papers_to_show, still_waits
from reviews.outside_notifications import OutsideAnswered, OutsideAsked, OutsideReminder, OutsideWithdrawn
from reviews.outside_states import MAX_DAYS, OutsideAdvice, OutsideState

MAX_OPEN = 10
MAX_TEXT = 8000
REMINDER_DAYS = 3
NO_MORE = "Cet avis n’est plus attendu : le lien a expiré, ou la demande a été retirée. Rien n’a été enregistré."


@dataclass(frozen=True)
class Outsider:
    """The person of a link: known by what the desk wrote, without an account."""

    actor_label: str
    actor_id: int | None = None
    is_machine: bool = False


def by_link(opinion: OutsideOpinion) -> Outsider:
    return Outsider(f"{opinion.who} (par lien)"[:200])


@dataclass(frozen=True)
class Question:
    """What is asked, of whom, with which documents (ids of attachments), by when."""

    quality: str
    organism: str
    contact_name: str
    contact_email: str
    text: str
    due_on: date
    papers: Sequence[int] = ()
    desk_only: bool = False


@transaction.atomic
def ask_outside(application_pk: int, *, question: Question, by: Any) -> OutsideOpinion:
    """Ask one person outside for an opinion on one file, by a personal link that needs no account.

    Raises DomainError when the person belongs to the commune or declared an interest, is already asked, when the file is
    decided, or the date is past; NotAllowed for who does not instruct.
    """
    application = locked_for_desk(application_pk, by=by)
    check_instructs(application, by=by)
    opinion = draft_of(application, question, by=by)
    begin(opinion, by=by, verb="ask", data={"application": application.number, "to": opinion.who})
    record(application, by=by, verb="ask_outside", data={"to": opinion.who, "due_on": opinion.due_on})
    OutsideAsked(opinion).queue()
    return opinion


def draft_of(application: Application, question: Question, *, by: Any) -> OutsideOpinion:
    """The question as it would be asked, checked; DomainError otherwise. Nothing is written: the preview reads it."""
    if application.state not in UNDECIDED:
        label = ApplicationState(application.state).label.lower()
        raise DomainError(f"Le dossier {application.number} est maintenant « {label} » : un avis ne servirait plus.")
    _check_due(question.due_on)
    email = question.contact_email.strip().lower()
    _check_person(application, email)
    known = {paper.pk for paper in papers_to_show(application)}
    if not set(question.papers) <= known:
        raise DomainError(
            "Une pièce choisie ne peut pas être montrée : elle a été remplacée ou n’est pas encore vérifiée."
        )
    return OutsideOpinion(
        application=application,
        quality=question.quality,
        organism=question.organism.strip(),
        contact_name=question.contact_name.strip(),
        contact_email=email,
        question=question.text.strip(),
        papers=sorted(question.papers),
        desk_only=question.desk_only,
        asked_by=by,
        due_on=question.due_on,
        expires_at=end_of_link(question.due_on),
    )


def _check_due(due_on: date) -> None:
    today = local(database_now()).date()
    if not today < due_on <= today + timedelta(days=MAX_DAYS):
        raise DomainError(f"La date attendue est à venir, dans les {MAX_DAYS} jours.")


def _check_person(application: Application, email: str) -> None:
    of_the_commune = Membership.objects.filter(
        organisation=application.organisation_id, user__email__iexact=email, ended_at=None
    )
    if of_the_commune.exists():
        raise DomainError(
            "Cette adresse est celle d’une personne de la commune qui demande l’aide : demandez à une autre."
        )
    person = User.objects.filter(email__iexact=email).first()
    if person and (why := not_neutral(application).get(person.pk)):
        raise DomainError(f"Cette personne {why} : demandez à une autre.")
    waiting = OutsideOpinion.objects.filter(application=application, state=OutsideState.ASKED)
    if waiting.filter(contact_email=email).exists():
        raise DomainError("Un avis est déjà demandé à cette personne : relancez-la, ou retirez la première demande.")
    if waiting.count() >= MAX_OPEN:
        raise DomainError(
            f"{MAX_OPEN} avis sont déjà attendus sur ce dossier : retirez-en un avant d’en demander un autre."
        )


def _mine(pk: int, *, by: Any) -> OutsideOpinion:
    """A question still open, locked after its file, for who instructs."""
    found = OutsideOpinion.objects.filter(pk=pk).values_list("application", flat=True).first()
    if found is None:
        raise DomainError("Cette demande d’avis n’existe plus.")
    application = locked_for_desk(found, by=by)
    check_instructs(application, by=by)
    opinion = locked(OutsideOpinion.objects.select_related("application__call__fund", "asked_by"), pk)
    if opinion.state != OutsideState.ASKED:
        label = opinion.get_state_display().lower()
        raise DomainError(f"L’avis de {opinion.organism} est maintenant « {label} ». Rien n’a été changé.")
    return opinion


@transaction.atomic
def renew_outside(pk: int, *, due_on: date, by: Any) -> OutsideOpinion:
    """A new date and a new link, sent by mail; the link of before opens nothing any more."""
    opinion = _mine(pk, by=by)
    if opinion.application.state not in UNDECIDED:
        raise DomainError("Le dossier est décidé : un avis ne servirait plus. Rien n’a été envoyé.")
    _check_due(due_on)
    opinion.due_on, opinion.expires_at, opinion.nonce = due_on, end_of_link(due_on), new_nonce()
    opinion.version += 1
    opinion.save(update_fields=["due_on", "expires_at", "nonce", "version"])
    record(opinion, by=by, verb="renew", data={"due_on": due_on})
    record(opinion.application, by=by, verb="renew_outside", data={"to": opinion.who, "due_on": due_on})
    OutsideAsked(opinion, again=True).queue()
    return opinion


@transaction.atomic
def withdraw_outside(pk: int, *, reason: str, by: Any) -> OutsideOpinion:
    """End a question that has no answer yet: its link opens nothing any more, and the person is told."""
    opinion = _mine(pk, by=by)
    if not reason.strip():
        raise DomainError("Dites à cette personne pourquoi son avis n’est plus attendu.")
    advance(opinion, opinion.withdraw, motive=reason.strip()[:300], by=by, reason=reason.strip())
    record(opinion.application, by=by, verb="withdraw_outside", reason=reason.strip(), data={"to": opinion.who})
    OutsideWithdrawn(opinion).queue()
    return opinion


# --- By the link -----------------------------------------------------------------------------------------------


@transaction.atomic
def open_outside(pk: int, *, by: Outsider) -> None:
    """Somebody pressed the button of the link: journalled, and the first time kept."""
    opinion = locked(OutsideOpinion.objects.all(), pk)
    record(opinion, by=by, verb="open_link", kind=Kind.READ)
    if opinion.opened_at is None:
        opinion.opened_at = database_now()
        opinion.save(update_fields=["opened_at"])


def answer_outside(
    pk: int,
    *,
    nonce: str,
    advice: str,
    text: str,
    signed_name: str,
    confidential: bool,
    upload: UploadedFile | None = None,
) -> OutsideOpinion:
    """The opinion, given once, with at most one document. The desk is told by mail.

    Raises DomainError for an empty answer, a file the service refuses, a link that expired or was replaced meanwhile.
    """
    text, signed_name = text.replace("\r\n", "\n").strip(), signed_name.strip()
    _check_answer(advice, text, signed_name)
    paper = storage.deposit(upload) if upload else None  # slow: before the lock
    given = {"advice": advice, "text": text, "signed_name": signed_name, "confidential": confidential}
    try:
        return _answer(pk, nonce=nonce, paper=paper, given=given)
    except BaseException:
        if paper:
            storage.discard(paper)
        raise


def _check_answer(advice: str, text: str, signed_name: str) -> None:
    if advice not in OutsideAdvice.values:
        raise DomainError("Choisissez le sens de votre avis.")
    if not text or len(text) > MAX_TEXT:
        raise DomainError(f"Écrivez votre avis, en {MAX_TEXT} caractères au plus. Joignez le reste dans un document.")
    if not signed_name:
        raise DomainError("Signez votre avis : votre nom et votre fonction.")


@transaction.atomic
def _answer(pk: int, *, nonce: str, paper: storage.Deposit | None, given: dict[str, Any]) -> OutsideOpinion:
    file = OutsideOpinion.objects.filter(pk=pk).values_list("application", flat=True)
    application = locked(Application.objects.filter(pk__in=file), file.get())
    opinion = locked(OutsideOpinion.objects.select_related("application__call__fund", "asked_by"), pk)
    if opinion.state == OutsideState.ANSWERED and opinion.nonce == nonce:
        raise DomainError("Votre avis est déjà enregistré. Il ne change plus.")
    if opinion.nonce != nonce or not still_waits(opinion):
        raise DomainError(NO_MORE)
    by = Outsider(f"{given['signed_name']}, {opinion.organism} (par lien)"[:200])
    stored = storage.keep(paper, organisation=None, by=by) if paper else None
    advance(opinion, opinion.answer, file=stored, **given, by=by, data={"advice": given["advice"]})
    record(application, by=by, verb="outside_answered", data={"advice": given["advice"], "to": opinion.who})
    OutsideAnswered(opinion).queue()
    return opinion


# --- By the clock ----------------------------------------------------------------------------------------------


def remind_outside() -> int:
    """Queue what is due: three days before the date, then the day after it. Each once, however often this runs. How many."""
    today, done = local(database_now()).date(), 0
    waiting = OutsideOpinion.objects.filter(
        state=OutsideState.ASKED,
        application__state__in=UNDECIDED,
        expires_at__gt=database_now(),
        due_on__lte=today + timedelta(days=REMINDER_DAYS),
        asked_at__lt=database_now() - timedelta(days=1),
    )
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        done += _remind(pk, today)
    return done


@transaction.atomic
def _remind(pk: int, today: date) -> int:
    opinion = locked(OutsideOpinion.objects.select_related("application__call__fund", "asked_by"), pk)
    if not still_waits(opinion):
        return 0
    OutsideReminder(opinion, late=opinion.due_on < today).queue()
    return 1
