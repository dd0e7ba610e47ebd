"""The rules of payment that the guards apply: how long a changed account waits, from which amount a visa is wanted."""

from dataclasses import dataclass

from django.db.models.functions import Now

from payments.bank_guards import DEFAULT_HOURS
from payments.models import PaymentRules


@dataclass(frozen=True)
class Rules:
    cooling_hours: int = DEFAULT_HOURS
    visa_from_cents: int | None = None

    def wants_visa(self, cents: int) -> bool:
        return self.visa_from_cents is not None and cents >= self.visa_from_cents


def in_force() -> Rules:
    """The rules that the guards apply now."""
    row = PaymentRules.objects.filter(effective_from__lte=Now()).order_by("-pk").first()
    return Rules(row.cooling_hours, row.visa_from_cents) if row else Rules()


def to_come() -> PaymentRules | None:
    """Looser rules that wait for their hour."""
    last = PaymentRules.objects.select_related("made_by").order_by("-pk").first()
    return last if last and PaymentRules.objects.filter(pk=last.pk, effective_from__gt=Now()).exists() else None
