"""What an award amounts to today: what was decided, less what accepted changes gave back. The decision itself never changes."""

from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from applications.models import ChangeRequest, Decision
from applications.states import ChangeState, DecisionKind, DecisionState


def given_back_of(decision: str) -> Any:
    """Expression: the cents given back for the decision whose id is in this column of the outer query."""
    accepted = ChangeRequest.objects.filter(decision=OuterRef(decision), state=ChangeState.ACCEPTED).order_by()
    total = accepted.values("decision").annotate(cents=Sum("reduction_cents")).values("cents")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0, output_field=BigIntegerField()))


def granted_to(application: str) -> Any:
    """Expression: what the award of the file in this column amounts to today, told or not; None without an award."""
    awards = Decision.objects.filter(application=OuterRef(application), kind=DecisionKind.GRANT)
    standing = awards.exclude(state=DecisionState.WITHDRAWN).order_by("-pk")
    return Subquery(standing.annotate(now=F("amount_cents") - given_back_of("pk")).values("now")[:1])
