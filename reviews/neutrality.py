"""Who is not neutral for a file, and so who may evaluate it: not of its commune, no declared interest, not its helper."""

from collections import defaultdict
from collections.abc import Collection, Iterable
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
    """Person id -> why they are not neutral for this file, in words: the one answer, the same as the database's guards."""
    return _reasons([(application.pk, application.organisation_id, application.call_id)])[application.pk]


def interested(users: Iterable[int], applications: Iterable[int]) -> dict[int, set[int]]:
    """Application -> those of these people who are not neutral for it."""
    files = Application.objects.filter(pk__in=list(applications)).values_list("pk", "organisation", "call")
    return defaultdict(set, {pk: set(found) for pk, found in _reasons(list(files), users=list(users)).items()})


def _reasons(
    files: Collection[tuple[int, int, int]], *, users: Collection[int] | None = None
) -> dict[int, dict[int, str]]:
    """File -> person -> why, of files given as (file, organisation, call); among these people only, when they are given.

    Those who helped to write it, interests declared in its organisation for the call or in the file itself, members of
    the organisation that asks.
    """
    pks, organisations = [pk for pk, _, _ in files], {organisation for _, organisation, _ in files}
    among = lambda field: Q() if users is None else Q(**{f"{field}__in": users})  # noqa: E731
    found: dict[int, dict[int, str]] = {pk: {} for pk in pks}
    helped = Assistance.objects.filter(among("helper"), application__in=pks)
    for pk, person in helped.values_list("application", "helper"):
        found[pk][person] = "a aidé la commune à écrire ce dossier"
    of_commune: dict[int, dict[int, str]] = defaultdict(dict)
    of_call: dict[tuple[int, int], list[int]] = defaultdict(list)
    told = DeclaredOrganisation.objects.filter(
        among("declaration__user"), organisation__in=organisations, lifted_at__isnull=True
    )
    for organisation, call, person in told.values_list("organisation", "declaration__call", "declaration__user"):
        of_call[organisation, call].append(person)
    members = Membership.objects.filter(among("user"), organisation__in=organisations, ended_at__isnull=True)
    for organisation, person in members.values_list("organisation", "user"):
        of_commune[organisation][person] = "appartient à la commune qui demande l’aide"
    declared_in = Conflict.objects.filter(among("user"), application__in=pks, lifted_at__isnull=True)
    in_file: dict[int, list[int]] = defaultdict(list)
    for pk, person in declared_in.values_list("application", "user"):
        in_file[pk].append(person)
    for pk, organisation, call in files:
        named_it = dict.fromkeys(of_call[organisation, call], "a déclaré un intérêt dans la commune qui demande l’aide")
        found[pk] |= named_it | dict.fromkeys(in_file[pk], "a déclaré un intérêt dans ce dossier")
        found[pk] |= of_commune[organisation]
    return found


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
