"""The ledger: euros move between the accounts of an envelope that the caller has locked."""

from uuid import UUID, uuid4

from common.actors import Actor
from common.errors import DomainError
from common.money import euros
from fund.models import Envelope, EnvelopeBalance, Movement
from fund.states import MOVEMENTS, Account


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
