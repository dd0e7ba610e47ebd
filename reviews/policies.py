"""Who evaluates; what a declared interest hides."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.states import Role
from applications.states import ApplicationState
from reviews.models import Conflict, DeclaredOrganisation, Review
from reviews.states import ReviewState


def assigned_to(user: Any) -> Q:
    """An evaluator sees the files assigned to them, once sent, unless they stepped aside."""
    if not user.has_role(Role.EVALUATOR):
        return Q(pk__in=[])
    mine = Review.objects.filter(application=OuterRef("pk"), evaluator=user).exclude(state=ReviewState.RECUSED)
    return Q(Exists(mine)) & ~Q(state=ApplicationState.DRAFT)


def without_declared_interest(user: Any) -> Q:
    """A declared interest hides the whole file from that person, whatever their role in the staff."""
    declared = Conflict.objects.filter(application=OuterRef("pk"), user=user, lifted_at__isnull=True)
    named = DeclaredOrganisation.objects.filter(
        organisation=OuterRef("organisation"),
        declaration__call=OuterRef("call"),
        declaration__user=user,
        lifted_at__isnull=True,
    )
    return ~Exists(declared) & ~Exists(named) | Q(organisation__in=user.organisation_ids())
