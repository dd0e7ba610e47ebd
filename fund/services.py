"""The money of the envelope, the life of a call, gapless numbers."""

from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.states import Role
from common.actors import MACHINE, Actor
from common.errors import DomainError, NotAllowed
from common.money import euros
from fund.models import Call, Envelope, EnvelopeBalance, Movement
from fund.states import MOVEMENTS, Account, CallState
from journal.services import advance, locked, record

# --- The ledger ------------------------------------------------------------------------------------------------


def lock_envelope(pk: int) -> Envelope:
    """Lock the envelope (first in the lock order), so that what is left stays left until the commit."""
    return Envelope.objects.select_related("line__budget").select_for_update(no_key=True, of=("self",)).get(pk=pk)


def move(
    envelope: Envelope,
    verb: str,
    cents: int,
    *,
    by: Actor,
    subject: str,
    operation: UUID | None = None,
    label: str = "",
) -> Movement:
    """Move `cents` between two accounts of an envelope the caller has locked (`lock_envelope`).

    Raises DomainError when the account it leaves does not hold enough.
    """
    source, target = MOVEMENTS[verb]
    if cents <= 0:
        raise DomainError("Le montant d’un mouvement est supérieur à zéro.")
    if source != Account.VOTED:
        held = balance_of(envelope)[source]
        if cents > held:
            raise DomainError(
                f"L’enveloppe {envelope.year} ne le permet pas : il reste {euros(held)} sur le compte "
                f"« {source.label} », il en faudrait {euros(cents)}."
            )
    return Movement.objects.create(
        envelope=envelope,
        operation=operation or uuid4(),
        verb=verb,
        from_account=source,
        to_account=target,
        amount_cents=cents,
        subject=subject,
        label=label,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
    )


def reverse(movement: Movement, *, by: Actor, label: str = "") -> Movement:
    """Undo a movement by its mirror, once. The envelope is locked here."""
    lock_envelope(movement.envelope_id)
    if Movement.objects.filter(reverses=movement).exists():
        raise DomainError("Ce mouvement a déjà été annulé.")
    return Movement.objects.create(
        envelope_id=movement.envelope_id,
        operation=uuid4(),
        verb=movement.verb,
        from_account=movement.to_account,
        to_account=movement.from_account,
        amount_cents=movement.amount_cents,
        subject=movement.subject,
        label=label or f"Annulation : {movement.label}"[:200],
        reverses=movement,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
    )


def balance_of(envelope: Envelope) -> dict[str, int]:
    """Account -> cents, now."""
    row = EnvelopeBalance.objects.filter(envelope_id=envelope.pk).values(*Account.values).first()
    return row or dict.fromkeys(Account.values, 0)


@transaction.atomic
def vote(envelope_id: int, cents: int, *, by: Actor, label: str) -> None:
    """Bring voted credits into the envelope (or take `-cents` out of what is still available)."""
    _require(by, Role.FUND_MANAGER)
    envelope = lock_envelope(envelope_id)
    move(envelope, "vote" if cents > 0 else "lower", abs(cents), by=by, subject=f"BUDGET-{envelope.year}", label=label)
    record(envelope, by=by, verb="vote", kind="money", data={"cents": cents, "label": label})


# --- Numbers ---------------------------------------------------------------------------------------------------


def next_number(series: str, year: int) -> int:
    """The next number of a series, without a gap. Call it last in the transaction: it makes the others wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fund_counter (series, year, value) VALUES (%s, %s, 1)"
            " ON CONFLICT (series, year) DO UPDATE SET value = fund_counter.value + 1 RETURNING value",
            [series, year],
        )
        return int(cursor.fetchone()[0])


# --- The life of a call ----------------------------------------------------------------------------------------


@transaction.atomic
def publish_call(pk: int, *, by: Actor, version: int | None = None) -> Call:
    """Publish a call that is complete; it will open by itself."""
    _require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.all(), pk, version=version)
    missing = missing_to_publish(call)
    if missing:
        raise DomainError("L’appel ne peut pas encore être publié : " + " ; ".join(missing) + ".")
    advance(call, call.publish, by=by)
    return call


def missing_to_publish(call: Call) -> list[str]:
    """What a call lacks before it can be published, in words."""
    missing = []
    if sum(call.criteria.values_list("weight", flat=True)) != 100:
        missing.append("les poids des critères doivent faire 100 au total")
    if sum(call.plan.values_list("share_bp", flat=True)) != 10000:
        missing.append("les versements prévus doivent faire 100 % au total")
    if not call.themes or not call.action_types:
        missing.append("il faut au moins un thème et un type d’action")
    return missing


@transaction.atomic
def open_and_close_due_calls(*, by: Any = MACHINE) -> list[str]:
    """Open the published calls whose hour has come, close the open ones whose hour has passed. Runs every minute."""
    done = []
    for pk in Call.objects.filter(state=CallState.PUBLISHED, opens_at__lte=Now()).values_list("pk", flat=True):
        call = locked(Call.objects.all(), pk)
        if call.state == CallState.PUBLISHED:
            advance(call, call.open, by=by)
            done.append(f"opened {call.slug}")
    for pk in Call.objects.filter(state=CallState.OPEN, closes_at__lte=Now()).values_list("pk", flat=True):
        call = locked(Call.objects.all(), pk)
        if call.state == CallState.OPEN:
            advance(call, call.close, by=by)
            done.append(f"closed {call.slug}")
    return done


def _require(by: Actor, *roles: str) -> None:
    if not (by.is_machine or by.has_role(*roles)):  # type: ignore[attr-defined]
        raise NotAllowed("Votre rôle ne permet pas cette action.")
