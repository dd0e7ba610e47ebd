"""What an award amounts to today: what was decided, less what was given back since. The decision itself never changes."""

from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from applications.models import Decision
from applications.models.decision import GIVEN_BACK
from applications.states import DecisionKind, DecisionState
from fund.models import Movement


def given_back_of(decision: str) -> Any:
    """Expression: the cents that the award whose id is in this column of the outer query gave back to its envelope.

    The ledger says it, whatever the reason: an accepted change, the account of the award, an act that ended it.
    """
    grant = Decision.objects.filter(pk=OuterRef(OuterRef(decision)), kind=DecisionKind.GRANT)
    given = Movement.objects.filter(
        verb=GIVEN_BACK, subject=Subquery(grant.values("application__number")[:1])
    ).order_by()
    total = given.values("subject").annotate(cents=Sum("amount_cents")).values("cents")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0, output_field=BigIntegerField()))


def granted_to(application: str) -> Any:
    """Expression: what the award of the file in this column amounts to today, told or not; None without an award."""
    awards = Decision.objects.filter(application=OuterRef(application), kind=DecisionKind.GRANT)
    standing = awards.exclude(state=DecisionState.WITHDRAWN).order_by("-pk")
    return Subquery(standing.annotate(now=F("amount_cents") - given_back_of("pk")).values("now")[:1])
