"""The rules of payment: written by the fund manager, enforced by the guards."""

from dataclasses import asdict
from typing import Any

from django.db import connection, transaction

from common.errors import NotAllowed
from journal.services import record
from payments import policies, rules
from payments.models import PaymentRules

LOCK = 720_502


@transaction.atomic
def set_rules(*, by: Any, **said: int | None) -> PaymentRules | None:
    """New rules (the fields of `rules.Rules`; what is not said stays); nothing when they say what the last ones say.

    What loosens the guards waits: the database writes from when.
    """
    if not policies.can_set_rules(by):
        raise NotAllowed("Les règles de paiement sont fixées par la gestionnaire du fonds.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = PaymentRules.objects.order_by("-pk").first()
    standing = asdict(rules.said(last))
    if standing == standing | said:
        return None
    made = PaymentRules.objects.create(made_by=by, **standing | said)
    made.refresh_from_db()
    record(made, by=by, verb="set_rules", kind="money", data=standing | said | {"effective_from": made.effective_from})
    return made
