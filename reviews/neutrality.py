"""Who may evaluate a file: not of its commune, no declared interest, not already on it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import Membership, User
from accounts.states import Role
from applications.models import Application
from reviews.models import Conflict, Review
from reviews.states import ReviewState

OPEN = (ReviewState.ASSIGNED, ReviewState.STARTED)


def evaluators() -> Any:
    """Active evaluators of the staff, with the number of grids they still have to hand in (`open_reviews`)."""
    role = Membership.objects.filter(user=OuterRef("pk"), role=Role.EVALUATOR, ended_at__isnull=True)
    return (
        User.objects.filter(Exists(role), is_active=True)
        .annotate(open_reviews=Count("reviews", filter=Q(reviews__state__in=OPEN)))
        .order_by("last_name", "first_name", "pk")
    )


def neutral_evaluators(application: Application) -> list[Any]:
    """Those who may be given this file."""
    own = Membership.objects.filter(
        user=OuterRef("pk"), organisation=application.organisation_id, ended_at__isnull=True
    )
    declared = Conflict.objects.filter(user=OuterRef("pk"), application=application.pk, lifted_at__isnull=True)
    already = Review.objects.filter(evaluator=OuterRef("pk"), application=application.pk)
    return list(evaluators().filter(~Exists(own), ~Exists(declared), ~Exists(already)))


def why_not(evaluator: User, application: Application) -> str:
    """Why this person may not evaluate this file, in words; empty when they may."""
    name = evaluator.get_full_name()
    if application.organisation_id in evaluator.organisation_ids():
        return f"{name} appartient à la commune qui demande l’aide : choisissez une autre personne."
    if Conflict.objects.filter(user=evaluator, application=application, lifted_at__isnull=True).exists():
        return f"{name} a déclaré un intérêt dans ce dossier : choisissez une autre personne."
    if Review.objects.filter(evaluator=evaluator, application=application).exists():
        return f"{name} a déjà reçu ce dossier."
    return ""


def declared(application: Application) -> Iterable[Conflict]:
    return application.conflicts.filter(lifted_at__isnull=True).select_related("user").order_by("pk")
