"""The rules of payment: how long a changed account waits, from which amount a visa is wanted, how long an award lives."""

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from django.db.models.functions import Now

from common.dates import PARIS
from payments.bank_guards import DEFAULT_HOURS, LAPSE_DAYS, WARNED_DAYS
from payments.models import PaymentRules


@dataclass(frozen=True)
class Rules:
    cooling_hours: int = DEFAULT_HOURS
    visa_from_cents: int | None = None
    lapse_days: int = LAPSE_DAYS
    warned_days: int = WARNED_DAYS

    def wants_visa(self, cents: int) -> bool:
        return self.visa_from_cents is not None and cents >= self.visa_from_cents


def in_force() -> Rules:
    """The rules that the guards apply now."""
    return said(PaymentRules.objects.filter(effective_from__lte=Now()).order_by("-pk").first())


def in_force_on(day: date) -> Rules:
    """The rules at the end of that day in Paris: an award keeps those it was signed under."""
    ended = datetime.combine(day + timedelta(days=1), time.min, PARIS)
    return said(PaymentRules.objects.filter(effective_from__lt=ended).order_by("-pk").first())


def said(row: PaymentRules | None) -> Rules:
    """What a version says; without one, the rules of origin."""
    return Rules(*(getattr(row, one.name) for one in fields(Rules))) if row else Rules()


def to_come() -> PaymentRules | None:
    """Looser rules that wait for their hour."""
    last = PaymentRules.objects.select_related("made_by").order_by("-pk").first()
    return last if last and PaymentRules.objects.filter(pk=last.pk, effective_from__gt=Now()).exists() else None
