"""Who is not neutral for a file, and so who may evaluate it: not of its commune, no declared interest, not its helper."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import Membership, User
from accounts.states import Role
from applications.models import Application, Assistance
from reviews.models import Conflict, DeclaredOrganisation, Review
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


def not_neutral(application: Application) -> dict[int, str]:
    """Person id -> why they are not neutral for this file, in words: the one answer, the same as the database's guards.

    Members of the organisation that asks, interests declared in the file or in its organisation for the call, and those
    who helped to write it.
    """
    found: dict[int, str] = {}
    helpers = Assistance.objects.filter(application=application).values_list("helper", flat=True)
    found |= dict.fromkeys(helpers, "a aidé la commune à écrire ce dossier")
    found |= dict.fromkeys(named(application), "a déclaré un intérêt dans la commune qui demande l’aide")
    interested = Conflict.objects.filter(application=application, lifted_at__isnull=True)
    found |= dict.fromkeys(interested.values_list("user", flat=True), "a déclaré un intérêt dans ce dossier")
    members = Membership.objects.filter(organisation=application.organisation_id, ended_at__isnull=True)
    return found | dict.fromkeys(members.values_list("user", flat=True), "appartient à la commune qui demande l’aide")


def named(application: Application) -> Iterable[int]:
    """Those who named the organisation of the file in their declaration for its call."""
    return DeclaredOrganisation.objects.filter(
        organisation=application.organisation_id, declaration__call=application.call_id, lifted_at__isnull=True
    ).values_list("declaration__user", flat=True)


def neutral_evaluators(application: Application) -> list[Any]:
    """Those who may be given this file."""
    already = Review.objects.filter(evaluator=OuterRef("pk"), application=application.pk)
    return list(evaluators().filter(~Exists(already)).exclude(pk__in=not_neutral(application)))


def why_not(evaluator: User, application: Application) -> str:
    """Why this person may not evaluate this file, in words; empty when they may."""
    name = evaluator.get_full_name()
    if reason := not_neutral(application).get(evaluator.pk):
        return f"{name} {reason}\u202f: choisissez une autre personne."
    if Review.objects.filter(evaluator=evaluator, application=application).exists():
        return f"{name} a déjà reçu ce dossier."
    return ""


def declared(application: Application) -> Iterable[Conflict]:
    return application.conflicts.filter(lifted_at__isnull=True).select_related("user").order_by("pk")
