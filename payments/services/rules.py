"""The rules of payment: written by the fund manager, enforced by the guards."""

from typing import Any

from django.db import connection, transaction

from common.errors import NotAllowed
from journal.services import record
from payments import policies
from payments.bank_guards import DEFAULT_HOURS
from payments.models import PaymentRules

LOCK = 720_502


@transaction.atomic
def set_rules(*, cooling_hours: int, visa_from_cents: int | None, by: Any) -> PaymentRules | None:
    """New rules; nothing when they say what the last ones say. What loosens waits: the database writes from when."""
    if not policies.can_set_rules(by):
        raise NotAllowed("Les règles de paiement sont fixées par la gestionnaire du fonds.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = PaymentRules.objects.order_by("-pk").first()
    said = (last.cooling_hours, last.visa_from_cents) if last else (DEFAULT_HOURS, None)
    if said == (cooling_hours, visa_from_cents):
        return None
    made = PaymentRules.objects.create(cooling_hours=cooling_hours, visa_from_cents=visa_from_cents, made_by=by)
    made.refresh_from_db()
    data = {"cooling_hours": cooling_hours, "visa_from_cents": visa_from_cents, "effective_from": made.effective_from}
    record(made, by=by, verb="set_rules", kind="money", data=data)
    return made
