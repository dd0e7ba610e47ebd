"""The change of an awarded action: the commune asks, the fund accepts or refuses, a lower amount is signed by another person.

Lock order: envelope, decision, application, change; then the instalments, by who listens to `award_reduced`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from applications import eligibility, policies, snapshot
from applications.content import from_json, plain
from applications.doors import CHANGEABLE
from applications.models import Application, ChangeRequest, Decision
from applications.models.change import OPEN
from applications.notifications.changes import (
    ChangeAgreedMail,
    ChangeAnsweredMail,
    ChangeAskedMail,
    ChangeWithdrawnMail,
)
from applications.services.exchange import keep_version
from applications.services.instruction import locked_for_desk
from applications.services.reading import for_reading, locked_file, require
from applications.signals import award_reduced, award_reduction_checked
from applications.states import ApplicationState, ChangeState, DecisionKind, DecisionState
from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed, Stale
from common.money import euros
from common.wake import wake
from fund.services import lock_envelope, move
from journal.services import advance, begin, locked, record


def awarded(application: Application) -> Decision | None:
    """The award that may be changed: notified, and the file not closed."""
    if application.state != ApplicationState.GRANTED:
        return None
    return application.decisions.filter(kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED).first()


@transaction.atomic
def ask_change(
    pk: int,
    *,
    by: User,
    values: Mapping[str, Any],
    award_cents: int | None = None,
    reason: str,
    version: int | None = None,
) -> ChangeRequest:
    """Ask for other dates, another content, a lower amount: only what differs is asked. One request at a time."""
    application = locked_file(pk, version=version)
    require(policies.writes_for_its_commune(by, application), "Vous n’écrivez pas les dossiers de cette commune.")
    decision = awarded(application)
    if decision is None:
        raise DomainError("Une modification se demande pour une action dont l’aide est accordée et notifiée.")
    if application.changes.filter(state__in=OPEN).exists():
        raise DomainError("Une demande de modification est déjà en cours : attendez sa réponse, ou retirez-la.")
    after = _what_differs(application, values)
    reduction = _reduction(decision, award_cents)
    if not after and not reduction:
        raise DomainError("Rien ne change : modifiez une date, un texte ou le montant.")
    if not reason.strip():
        raise DomainError("Dites en quelques lignes pourquoi l’action change.")
    change = ChangeRequest(
        application=application,
        decision=decision,
        after=after,
        reduction_cents=reduction,
        reason=reason.strip(),
        asked_by=by,
    )
    begin(change, by=by, verb="ask_change", data={"after": after, "reduction_cents": reduction})
    change.refresh_from_db()
    record(application, by=by, verb="ask_change", reason=reason.strip())
    ChangeAskedMail(change, by=by).queue()
    return change


def _what_differs(application: Application, values: Mapping[str, Any]) -> dict[str, Any]:
    after = {}
    for name in CHANGEABLE:
        if name in values and plain(values[name]) != plain(getattr(application, name)):
            if not values[name]:
                raise DomainError(
                    "Un titre, une description et des dates restent nécessaires : aucun ne peut être vidé."
                )
            after[name] = plain(values[name])
    for name, value in after.items():
        setattr(application, name, from_json(name, value))
    check = eligibility.dates_check(application, local(database_now()).date())
    if not check.ok:
        raise DomainError(check.reason)
    application.refresh_from_db(fields=list(after) or ["title"])
    return after


def _reduction(decision: Decision, award_cents: int | None) -> int:
    """What would be given back; DomainError when it cannot be."""
    now = decision.now_cents
    if award_cents is None or award_cents == now:
        return 0
    if award_cents > now:
        raise DomainError(f"L’aide est de {euros(now)} : une modification peut la baisser, jamais l’augmenter.")
    if award_cents <= 0:
        raise DomainError("Le nouveau montant est supérieur à zéro. Pour renoncer à toute l’aide, écrivez au service.")
    refuse_when_paid(decision, award_cents)
    return now - award_cents


def refuse_when_paid(decision: Decision, award_cents: int) -> None:
    """Raises DomainError with what stands in the way of a lower award (already asked, ordered or paid)."""
    for _, sentence in award_reduction_checked.send(Decision, decision=decision, award_cents=award_cents):
        if sentence:
            raise DomainError(sentence)


@transaction.atomic
def withdraw_change(pk: int, *, by: User, version: int | None = None) -> ChangeRequest:
    """The commune takes its request back, as long as it is not answered."""
    change = _locked(pk, version=version, by=by)
    require(
        policies.writes_for_its_commune(by, change.application), "Vous n’écrivez pas les dossiers de cette commune."
    )
    _must_be(change, *OPEN)
    advance(change, change.withdraw, by=by)
    record(change.application, by=by, verb="withdraw_change")
    ChangeWithdrawnMail(change, by=by).queue()
    return change


@transaction.atomic
def accept_change(pk: int, *, by: Any, answer: str = "", version: int | None = None) -> ChangeRequest:
    """The fund manager accepts. Dates and content change at once; a lower amount is then to be signed by the head of service."""
    change = _locked(pk, version=version, by=by)
    if not policies.can_record_decision(by, change.application):
        raise NotAllowed("Le gestionnaire du fonds répond aux demandes de modification.")
    _must_be(change, ChangeState.REQUESTED)
    if change.reduction_cents:
        refuse_when_paid(change.decision, change.new_award_cents)
        advance(change, change.agree, actor=by, by=by, reason=answer.strip())
        record(change.application, by=by, verb="agree_change", data={"amount_cents": change.new_award_cents})
        ChangeAgreedMail(change, by=by).queue()
        return change
    return _accept(change, by=by, answer=answer.strip())


@transaction.atomic
def sign_change(
    pk: int, *, act_number: str, act_date: date, by: Any, answer: str = "", version: int | None = None
) -> ChangeRequest:
    """Sign a lower amount under its act: by the head of service, never by who agreed. The money comes back to the envelope."""
    seen = ChangeRequest.objects.filter(pk=pk).values("decision_id", "application__call__envelope_id").first()
    if seen is None:
        raise DomainError("Cette demande n’existe plus.")
    envelope = lock_envelope(seen["application__call__envelope_id"])
    locked(Decision.objects.all(), seen["decision_id"])
    change = _locked(pk, version=version, by=by)
    if not policies.can_sign_decision(by, change.application):
        raise NotAllowed("Le chef de service signe une modification du montant.")
    _must_be(change, ChangeState.AGREED)
    if change.agreed_by_id == by.pk:
        raise NotAllowed("Vous avez donné l’accord à cette modification : une autre personne la signe.")
    number = " ".join(act_number.split())
    if not number or len(number) > 60:
        raise DomainError("Indiquez le numéro de l’acte (60 caractères au plus).")
    if act_date > timezone.localdate():
        raise DomainError("La date de l’acte ne peut pas être à venir.")
    change.act_number, change.act_date = number, act_date
    change.movement = move(
        envelope,
        "decommit",
        change.reduction_cents,
        by=by,
        subject=str(change.application.number),
        label=f"Aide réduite à {euros(change.new_award_cents)}, acte {number}"[:200],
    )
    return _accept(change, by=by, answer=answer.strip())


@transaction.atomic
def refuse_change(pk: int, *, by: Any, answer: str, version: int | None = None) -> ChangeRequest:
    """Refuse, with the reason told to the commune: the fund manager, or the head of service instead of signing."""
    change = _locked(pk, version=version, by=by)
    if not (policies.can_record_decision(by, change.application) or policies.can_sign_decision(by, change.application)):
        raise NotAllowed("Le gestionnaire du fonds répond aux demandes de modification.")
    _must_be(change, *OPEN)
    if not answer.strip():
        raise DomainError("Un refus est motivé : dites pourquoi à la commune.")
    advance(change, change.refuse, actor=by, answer=answer.strip(), by=by, reason=answer.strip())
    record(change.application, by=by, verb="refuse_change", reason=answer.strip())
    _told(change, by=by)
    return change


# --- Pieces ----------------------------------------------------------------------------------------------------


def _locked(pk: int, *, version: int | None, by: Any) -> ChangeRequest:
    """The file then the change, both locked; NotAllowed for one who does not see the file or has an interest in it."""
    application_pk = ChangeRequest.objects.filter(pk=pk).values_list("application_id", flat=True).first()
    if application_pk is None:
        raise DomainError("Cette demande n’existe plus.")
    own = Application.objects.filter(pk=application_pk, organisation__in=by.organisation_ids()).exists()
    if own:
        locked_file(application_pk)
    else:
        locked_for_desk(application_pk, by=by)
    change = locked(
        ChangeRequest.objects.select_related("application__call__fund", "application__organisation", "decision"), pk
    )
    if version is not None and change.version != version:
        raise Stale
    return change


def _must_be(change: ChangeRequest, *states: str) -> None:
    if change.state not in states:
        label = ChangeState(change.state).label.lower()
        raise DomainError(f"Cette demande est maintenant « {label} ». Rien n’a été changé.")
    if change.application.state != ApplicationState.GRANTED:
        raise DomainError("L’action n’est plus en cours : son aide est close. Rien n’a été changé.")


def _accept(change: ChangeRequest, *, by: Any, answer: str) -> ChangeRequest:
    """The change becomes the content of the file, in a new version of it; the plan of payments follows a lower award."""
    data = {"after": change.after, "reduction_cents": change.reduction_cents, "act_number": change.act_number}
    advance(change, change.accept, actor=by, answer=answer, by=by, reason=answer, data=data)
    application = for_reading(Application.objects.filter(pk=change.application_id)).get()
    if change.after:
        for name, value in change.after.items():
            setattr(application, name, from_json(name, value))
        application.content_version += 1
        application.search_text = snapshot.search_text(application, str(application.number))
        application.version += 1
        application.save(update_fields=[*change.after, "content_version", "search_text", "version", "updated_at"])
        keep_version(application, by=by, change=change)
    if change.reduction_cents:
        award_reduced.send(Decision, decision=change.decision, award_cents=change.new_award_cents, by=by)
    told = {"amount_cents": change.new_award_cents} if change.reduction_cents else {}
    record(application, by=by, verb="accept_change", reason=answer, data=told)
    _told(change, by=by)
    return change


def _told(change: ChangeRequest, *, by: Any) -> None:
    """The commune is told; the letter is made after the commit, and the mail leaves with it."""
    ChangeAnsweredMail(change, by=by).queue()
    transaction.on_commit(lambda: _wake(change.pk), robust=True)


def _wake(pk: int) -> None:
    from applications.tasks import make_change_letter

    wake(make_change_letter, pk)
