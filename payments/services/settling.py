"""The account of an award, made once; what was paid too much is asked back, followed, received.

Lock order: envelope, decision, application, instalments.
"""

from datetime import date
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from accounts.states import FINANCE_ROLES
from applications.models import Application, Decision
from applications.services.report_review import close_when_settled
from applications.states import ApplicationState, DecisionKind, DecisionState
from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed
from fund.models import Envelope, Movement
from fund.services import lock_envelope, move
from journal.services import advance, begin, locked, record
from payments import policies, settlement
from payments.models import Instalment, Recovery, Settlement
from payments.notifications import RecoveryMail, SettlementMail
from payments.services.papers import wake_statement
from payments.states import InstalmentState, RecoveryState


@transaction.atomic
def settle(application_id: int, *, by: Any) -> Settlement:
    """Make the account of an award from its accepted report: once, by who certifies the service fait.

    What is not due comes back to the envelope; nothing due voids what was planned and closes the file; too much paid asks
    a recovery. Called again, it gives the account that stands.
    """
    application = Application.objects.get(pk=application_id)
    if not policies.can_certify(by, application.organisation_id):
        raise NotAllowed("Le décompte est arrêté par un instructeur.")
    made = settle_locked(application_id, by=by)
    close_when_settled(application_id)
    return made


def settle_locked(application_id: int, *, by: Any) -> Settlement:
    """The same, for a caller that has checked who asks (the commune asking for its balance)."""
    decision, envelope = _lock(application_id)
    known = Settlement.objects.filter(decision=decision).first()
    if known:
        return known
    application = locked(Application.objects.select_related("call", "organisation"), application_id)
    if application.state != ApplicationState.GRANTED:
        raise DomainError(f"Le dossier est « {application.get_state_display()} » : son décompte ne s’arrête plus.")
    instalments = list(Instalment.objects.filter(decision=decision).order_by("pk").select_for_update(no_key=True))
    if any(one.state in settlement.ON_ITS_WAY for one in instalments):
        raise DomainError("Un versement est en cours : il doit d’abord être ordonnancé, ou renvoyé à la commune.")
    computed = settlement.compute(application, decision)
    if computed is None:
        raise DomainError("Le décompte s’arrête quand le bilan de l’action est accepté.")
    sums, subject = computed.sums, str(application.number)
    movement = None
    if sums.released:
        operation = uuid5(NAMESPACE_URL, f"settlement:{decision.pk}")
        label = f"Décompte : {application.title}"[:200]
        movement = move(envelope, "decommit", sums.released, by=by, subject=subject, operation=operation, label=label)
    made = Settlement.objects.create(
        decision=decision,
        application=application,
        organisation=application.organisation,
        granted_cents=sums.granted,
        due_cents=sums.due,
        gone_cents=sums.gone,
        balance_cents=sums.balance,
        released_cents=sums.released,
        recover_cents=sums.recover,
        explained=computed.lines,
        movement=movement,
        made_by=by,
    )
    made.refresh_from_db()
    data = {"due": sums.due, "gone": sums.gone, "balance": sums.balance, "released": sums.released}
    record(made, by=by, verb="settle", kind="money", data=data | {"recover": sums.recover})
    _share([one for one in instalments if one.state == InstalmentState.PLANNED], sums.balance, by=by)
    if sums.recover:
        _ask_back(made, by=by)
    SettlementMail(made).queue()
    transaction.on_commit(partial(wake_statement, instalments[-1].pk), robust=True)
    return made


def _lock(application_id: int) -> tuple[Decision, Any]:
    decision = Decision.objects.filter(
        application=application_id, kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED
    ).first()
    if decision is None:
        raise DomainError("Aucune aide n’est notifiée pour ce dossier.")
    call = Application.objects.select_related("call").get(pk=application_id).call
    envelope = lock_envelope(call.envelope_id)
    return Decision.objects.select_for_update(no_key=True, of=("self",)).get(pk=decision.pk), envelope


def _share(planned: list[Instalment], balance: int, *, by: Any) -> None:
    """What is left goes to the planned instalments in their order; none grows, what gets nothing falls."""
    left = balance
    for one in sorted(planned, key=lambda x: x.position):
        cents = min(one.amount_cents, left)
        left -= cents
        if not cents:
            why = "D’après le décompte, rien n’est dû."
            advance(one, one.void, why=why, by=by, reason=why, data={"cents": one.amount_cents})
        elif cents != one.amount_cents:
            before, one.amount_cents = one.amount_cents, cents
            one.version += 1
            one.save(update_fields=["amount_cents", "version"])
            record(one, by=by, verb="reduce", kind="money", data={"before_cents": before, "cents": cents})


# --- What comes back -------------------------------------------------------------------------------------------------


def _ask_back(made: Settlement, *, by: Any) -> Recovery:
    recovery = Recovery(
        decision_id=made.decision_id,
        application_id=made.application_id,
        organisation_id=made.organisation_id,
        amount_cents=made.recover_cents,
        reason="Trop versé d’après le décompte.",
        asked_by=by,
    )
    begin(recovery, by=by, verb="ask", data={"cents": recovery.amount_cents})
    RecoveryMail(recovery).queue()
    return recovery


def _one(pk: int, version: int | None, by: Any) -> Recovery:
    if not by.has_role(*FINANCE_ROLES):
        raise NotAllowed("Un recouvrement est suivi par les finances.")
    return locked(Recovery.objects.select_related("application__call", "organisation"), pk, version=version)


@transaction.atomic
def issue_recovery(pk: int, *, number: str, title_date: date, by: Any, version: int | None = None) -> Recovery:
    """The title of receipt was issued: its number and date. Not by who asked for it."""
    recovery = _one(pk, version, by)
    if by.pk == recovery.asked_by_id:
        raise DomainError("Vous avez demandé ce titre : une autre personne l’émet.")
    number = " ".join(number.split())[:40]
    if not number or title_date > local(database_now()).date():
        raise DomainError("Donnez le numéro du titre de recettes et sa date, au plus tard aujourd’hui.")
    if Recovery.objects.filter(title_number=number).exclude(pk=pk).exists():
        raise DomainError(f"Le titre {number} est déjà celui d’un autre recouvrement.")
    data = {"number": number, "date": title_date}
    advance(recovery, recovery.issue, actor=by, number=number, title_date=title_date, by=by, data=data)
    RecoveryMail(recovery).queue()
    return recovery


@transaction.atomic
def receive_recovery(pk: int, *, received_on: date, reference: str, by: Any, version: int | None = None) -> Recovery:
    """The accountant received the sum: the ledger moves it from paid to recovered, once. The file closes if all is settled.

    When the year of the award is closed nothing moves in it: the sum is a receipt of the open year, which finance books.
    """
    seen = Recovery.objects.select_related("application__call").filter(pk=pk).first()
    if seen is None:
        raise DomainError("Ce recouvrement n’existe plus.")
    envelope = lock_envelope(seen.application.call.envelope_id)
    locked(Application.objects.all(), seen.application_id)
    recovery = _one(pk, version, by)
    if recovery.state != RecoveryState.ISSUED:
        raise DomainError(f"Ce recouvrement est « {recovery.get_state_display()} » : rien n’a été changé.")
    if by.pk == recovery.asked_by_id:
        raise DomainError("Vous avez demandé ce titre : une autre personne constate l’encaissement.")
    if not recovery.title_date or not recovery.title_date <= received_on <= local(database_now()).date():
        raise DomainError("L’encaissement suit l’émission du titre, au plus tard aujourd’hui.")
    closed = envelope.line.budget.closed_at is not None
    movement = None if closed else _recover(envelope, recovery, by=by)
    advance(
        recovery,
        recovery.receive,
        actor=by,
        received_on=received_on,
        reference=reference.strip()[:60],
        movement=movement,
        by=by,
        data={"received_on": received_on, "cents": recovery.amount_cents, "after_close": closed},
    )
    RecoveryMail(recovery).queue()
    close_when_settled(recovery.application_id)
    return recovery


def _recover(envelope: Envelope, recovery: Recovery, *, by: Any) -> Movement:
    return move(
        envelope,
        "recover",
        recovery.amount_cents,
        by=by,
        subject=str(recovery.application.number),
        operation=uuid5(NAMESPACE_URL, f"recovery:{recovery.pk}"),
        label=f"Titre {recovery.title_number}",
    )


@transaction.atomic
def cancel_recovery(pk: int, *, reason: str, by: Any, version: int | None = None) -> Recovery:
    """Given up, with a reason (remission, admission as irrecoverable); not by who asked for it."""
    seen = Recovery.objects.filter(pk=pk).first()
    if seen:
        locked(Application.objects.all(), seen.application_id)
    recovery = _one(pk, version, by)
    if by.pk == recovery.asked_by_id:
        raise DomainError("Vous avez demandé ce titre : une autre personne l’abandonne.")
    why = reason.strip()[:300]
    if not why:
        raise DomainError("Donnez le motif : il est écrit au journal.")
    advance(recovery, recovery.cancel, actor=by, why=why, by=by, reason=why)
    RecoveryMail(recovery).queue()
    close_when_settled(recovery.application_id)
    return recovery
