"""Gracious appeals: filed by the commune or registered when they come by post, answered by another person than who decided.

Lock order: decision, application, appeal.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from applications import policies
from applications.models import Appeal, Application, Decision
from applications.notifications.appeals import AppealAnswered, AppealFiled, AppealReceived, AppealWithdrawn
from applications.services.file_letters import signatory_of, write_letter
from applications.services.instruction import check_instructs, locked_for_desk
from applications.services.reading import locked_file, require
from applications.standing import told_decision
from applications.states import AppealState, ApplicationState, DecisionKind, LetterKind
from common.dates import day, local, months_later
from common.errors import DomainError, NotAllowed
from common.working_days import is_worked
from journal.services import advance, begin, history, locked, record

MONTHS = 2
MOST_WORDS = 8000


@dataclass(frozen=True)
class Contestable:
    """What may be contested now: a decision the commune was told, or (None) the finding that the file is inadmissible."""

    decision: Decision | None
    told_on: date

    @property
    def last_day(self) -> date:
        """Two clear months after the day of the notification (CJA R. 421-1), to the next worked day."""
        last = months_later(self.told_on, MONTHS) + timedelta(days=1)
        while not is_worked(last):
            last += timedelta(days=1)
        return last


def contestable(application: Application) -> Contestable | None:
    """None when nothing was refused to the commune, or when what was is already contested."""
    found = _told(application)
    if found is None:
        return None
    standing = application.appeals.exclude(state=AppealState.WITHDRAWN).filter(decision=found.decision)
    return None if standing.exists() else found


@transaction.atomic
def file_appeal(pk: int, *, words: str, by: Any) -> Appeal:
    """The signatory contests the decision online, within the two months. The commune gets an acknowledgement (CRPA L. 112-3)."""
    application = locked_file(pk)
    require(
        policies.signs_for_its_commune(by, application),
        "Un recours est déposé par la personne qui signe pour la commune.",
    )
    found = _contested(application)
    today = timezone.localdate()
    if today > found.last_day:
        raise DomainError(
            f"Un recours gracieux était recevable jusqu’au {day(found.last_day)}. Écrivez au service : il vous répondra."
        )
    return _keep(application, found, words, received_on=today, by_post=False, by=by)


@transaction.atomic
def register_appeal(pk: int, *, words: str, received_on: date, by: Any) -> Appeal:
    """The desk registers an appeal that came by post, late or not: a late one is answered too."""
    application = locked_for_desk(pk, by=by)
    check_instructs(application, by=by)
    found = _contested(application)
    if not found.told_on <= received_on <= timezone.localdate():
        raise DomainError(
            f"Le recours a été reçu entre le {day(found.told_on)}, jour de la notification, et aujourd’hui."
        )
    return _keep(application, found, words, received_on=received_on, by_post=True, by=by)


@transaction.atomic
def withdraw_appeal(pk: int, *, by: Any) -> Appeal:
    """The commune takes back its appeal before it is answered."""
    application, appeal = _both(pk, lambda file_pk: locked_file(file_pk))
    require(
        policies.signs_for_its_commune(by, application),
        "Un recours est retiré par la personne qui signe pour la commune.",
    )
    advance(appeal, appeal.withdraw, by=by, refusal=_already(appeal))
    record(application, by=by, verb="withdraw_appeal")
    AppealWithdrawn(appeal, by=by).queue()
    return appeal


@transaction.atomic
def answer_appeal(pk: int, *, accepted: bool, answer: str, by: Any, version: int | None = None) -> Appeal:
    """Accept or reject, always with reasons, by a letter. An accepted appeal takes a refusal back (the file is decided again),
    or has an inadmissible file read again; a file on the waiting list is then granted as usual.

    By the fund manager or who may sign, never by who recorded the decision (or found the file inadmissible).
    """
    seen = Appeal.objects.filter(pk=pk).values("decision_id").first()
    decision = locked(Decision.objects.all(), seen["decision_id"]) if seen and seen["decision_id"] else None
    application, appeal = _both(pk, lambda file_pk: locked_for_desk(file_pk, by=by), version=version)
    check_answers(appeal, by=by)
    if appeal.state != AppealState.RECEIVED:
        raise DomainError(_already(appeal))
    answer = answer.strip()
    if not answer:
        raise DomainError("Une réponse est motivée : dites à la commune pourquoi.")
    if accepted and decision is not None and decision.kind == DecisionKind.GRANT:
        raise DomainError(
            "Une aide déjà attribuée ne s’augmente pas sur recours : proposez à la commune un dossier complémentaire, et dites-le dans la réponse."
        )
    said = {
        "contested": appeal.contested,
        "received_on": appeal.received_on,
        "outcome": "accepted" if accepted else "rejected",
        "reasons": answer,
        "requested_cents": application.requested_cents,
        "signatory": signatory_of(application, by),
    }
    letter = write_letter(application, LetterKind.APPEAL, occasion=f"recours-{appeal.pk}", said=said, by=by)
    verb = appeal.accept if accepted else appeal.reject
    advance(appeal, verb, actor=by, answer=answer, letter=letter, by=by, reason=answer)
    record(application, by=by, verb="accept_appeal" if accepted else "reject_appeal", reason=answer)
    if accepted:
        _take_back(application, decision, by=by)
    AppealAnswered(appeal, by=by, letter=letter).queue()
    return appeal


def check_answers(appeal: Appeal, *, by: Any) -> None:
    """NotAllowed for a person who may not answer it."""
    application = appeal.application
    if not (policies.is_fund_manager(by, application) or policies.power_to_sign(by)[0]) or policies.has_helped(
        by, application
    ):
        raise NotAllowed("Le gestionnaire du fonds ou le chef de service répond aux recours.")
    if appeal.filed_by_id == by.pk:
        raise NotAllowed("Vous avez enregistré ce recours : une autre personne y répond.")
    if appeal.decision is not None and appeal.decision.recorded_by_id == by.pk:
        raise NotAllowed("Vous avez enregistré la décision contestée : une autre personne répond au recours.")
    letters = application.file_letters.filter(kind=LetterKind.INADMISSIBLE, written_by=by)
    if appeal.decision is None and letters.exists():
        raise NotAllowed("Vous avez déclaré ce dossier irrecevable : une autre personne répond au recours.")


def _take_back(application: Application, decision: Decision | None, *, by: Any) -> None:
    if decision is None:
        advance(application, application.reconsider, by=by, reason="Recours admis")
    elif decision.kind == DecisionKind.REJECT:
        advance(decision, decision.revoke, by=by, reason="Recours admis")
        advance(application, application.decide_again, by=by, reason="Recours admis", data={"decision": decision.pk})


def _told(application: Application) -> Contestable | None:
    if application.state == ApplicationState.INADMISSIBLE:
        return Contestable(None, local(_found_inadmissible(application)).date())
    decision = told_decision(application)
    if decision is None or decision.notified_at is None:
        return None
    if decision.kind == DecisionKind.GRANT and decision.amount_cents == decision.requested_cents:
        return None
    return Contestable(decision, local(decision.notified_at).date())


def _found_inadmissible(application: Application) -> datetime:
    """No state without its entry of the journal (a guard)."""
    entry = history(application).filter(to_state=ApplicationState.INADMISSIBLE).order_by("-sequence")[0]
    return cast(datetime, entry.occurred_at or entry.recorded_at)


def _contested(application: Application) -> Contestable:
    found = contestable(application)
    if found is None:
        raise DomainError(
            "Aucune décision notifiée ne peut être contestée sur ce dossier, ou un recours est déjà enregistré."
        )
    return found


def _keep(
    application: Application, found: Contestable, words: str, *, received_on: date, by_post: bool, by: Any
) -> Appeal:
    words = words.strip()
    if not words or len(words) > MOST_WORDS:
        raise DomainError(f"Dites ce que la commune demande et pourquoi, en {MOST_WORDS} signes au plus.")
    appeal = Appeal(
        application=application,
        decision=found.decision,
        words=words,
        received_on=received_on,
        by_post=by_post,
        last_day=found.last_day,
        due_on=months_later(received_on, MONTHS),
        filed_by=by,
    )
    begin(appeal, by=by, verb="file_appeal", data={"received_on": received_on.isoformat(), "by_post": by_post})
    record(application, by=by, verb="file_appeal")
    appeal.refresh_from_db()
    AppealReceived(appeal, by=by).queue()
    AppealFiled(appeal, by=by).queue()
    return appeal


def _both(pk: int, lock: Any, *, version: int | None = None) -> tuple[Application, Appeal]:
    file_pk = Appeal.objects.filter(pk=pk).values_list("application_id", flat=True).first()
    if file_pk is None:
        raise DomainError("Ce recours n’existe plus.")
    application = lock(file_pk)
    appeal = locked(Appeal.objects.select_related("decision"), pk, version=version)
    appeal.application = application
    return application, appeal


def _already(appeal: Appeal) -> str:
    return f"Ce recours est déjà « {appeal.get_state_display().lower()} ». Rien n’a été changé."
