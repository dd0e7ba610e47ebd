"""The payment credits of a year, where the fund counts in AE/CP: said before the database refuses."""

from collections.abc import Iterable

from django.db.models import Sum

from common.errors import DomainError
from common.money import euros
from fund.services import payment_ceiling
from payments.models import PaymentLine
from payments.states import BatchState, LineState


def ordered_in(year: int) -> int:
    """What the sealed batches of a year order, less what was taken back."""
    live = PaymentLine.objects.filter(batch__year=year, state=LineState.LIVE).exclude(batch__state=BatchState.OPEN)
    return int(live.aggregate(cents=Sum("amount_cents"))["cents"] or 0)


def refuse_over_payment_credits(lines: Iterable[PaymentLine], year: int) -> None:
    ceiling = payment_ceiling(year)
    if ceiling is None:
        return
    left = ceiling - ordered_in(year)
    wanted = sum(line.amount_cents for line in lines)
    if wanted > left:
        raise DomainError(
            f"Les crédits de paiement {year} ne le permettent pas : il en reste {euros(max(0, left))}, ce lot en demande "
            f"{euros(wanted)}. Retirez des lignes, ou faites voter des crédits de paiement."
        )
