"""Interests declared for a call, and lifted by somebody else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation
from accounts.states import Role
from applications.models import Application
from common.errors import DomainError, NotAllowed
from fund.models import Call
from journal.models import Kind
from journal.services import locked, once, record
from reviews.models import Conflict, DeclaredOrganisation, InterestDeclaration
from reviews.services.interests import step_aside


def has_declared(user: Any, call_pk: int) -> bool:
    return InterestDeclaration.objects.filter(user=user, call=call_pk).exists()


def must_have_declared(user: Any, call_pk: int) -> None:
    """Nobody opens a grid of a call before saying what their interests are, or that they have none."""
    if not has_declared(user, call_pk):
        raise DomainError("Déclarez d’abord vos intérêts pour cet appel : deux clics suffisent si vous n’en avez pas.")


@transaction.atomic
def declare_interests(
    call_pk: int,
    *,
    by: Any,
    key: UUID,
    mandates: str = "",
    employers: str = "",
    relations: str = "",
    organisations: Sequence[int] = (),
) -> InterestDeclaration:
    """Say one's interests for a call. Every file of the organisations named closes at once, and their grids count no more."""
    if not by.is_fund_staff:
        raise NotAllowed("Les déclarations d’intérêts sont celles de l’équipe du fonds et de ses évaluateurs.")
    said = {"mandates": mandates.strip(), "employers": employers.strip(), "relations": relations.strip()}
    named = sorted(set(organisations))

    def act() -> dict[str, Any]:
        return {"pk": _declare(call_pk, said, named, by=by).pk}

    operation = f"declare_interests:{call_pk}"
    answer = once(by=by, operation=operation, key=key, request={**said, "organisations": named}, act=act)
    return InterestDeclaration.objects.get(pk=answer["pk"])


def _declare(call_pk: int, said: dict[str, str], named: list[int], *, by: Any) -> InterestDeclaration:
    call = Call.objects.get(pk=call_pk)
    found = list(Organisation.objects.filter(pk__in=named).order_by("pk"))
    if len(found) != len(named):
        raise DomainError("Une des communes choisies n’existe plus. Rechargez la page.")
    if found and not any(said.values()):
        raise DomainError("Dites en une phrase ce qui vous lie aux communes choisies : le registre le garde.")
    declaration = InterestDeclaration.objects.create(user=by, call=call, **said)
    for organisation in found:
        row = DeclaredOrganisation.objects.create(declaration=declaration, organisation=organisation)
        _close_files(row, by=by)
    data = {"call": call.slug, "organisations": [one.name for one in found]}
    record(declaration, by=by, verb="declare_interests", kind=Kind.RIGHT, data=data)
    return declaration


def _close_files(row: DeclaredOrganisation, *, by: Any) -> None:
    """Step aside from each file of the organisation in the call, in the order of the locks."""
    declaration = row.declaration
    files = Application.objects.sent().filter(call=declaration.call, organisation=row.organisation)
    known = Conflict.objects.filter(user=by, lifted_at__isnull=True).values("application")
    reason = " ".join(words for _, words in declaration.parts)
    for pk in files.exclude(pk__in=known).order_by("pk").values_list("pk", flat=True):
        application = locked(Application.objects.select_related("call", "organisation"), pk)
        step_aside(application, reason=reason, by=by, named=row)


@transaction.atomic
def lift_conflict(conflict_pk: int, *, reason: str, by: Any) -> Conflict:
    """Open the file to the person again; the grid they left stays aside. Never by themself."""
    conflict = locked(Conflict.objects.select_related("application", "user"), conflict_pk)
    _check_lifting(conflict.user, reason, by=by)
    if not Application.objects.visible_to(by).filter(pk=conflict.application_id).exists():
        raise NotAllowed("Ce dossier ne vous est pas ouvert.")
    if conflict.lifted_at is not None:
        raise DomainError("Ce déport est déjà levé.")
    if conflict.named_id is not None:
        raise DomainError("Ce déport vient d’une commune déclarée pour tout l’appel : levez la déclaration.")
    return _lift(conflict, reason.strip(), by=by)


@transaction.atomic
def lift_organisation(pk: int, *, reason: str, by: Any) -> DeclaredOrganisation:
    """Open every file of the organisation, in the call, to the person who had named it."""
    row = locked(DeclaredOrganisation.objects.select_related("declaration__user", "declaration__call"), pk)
    declaration = row.declaration
    _check_lifting(declaration.user, reason, by=by)
    own = DeclaredOrganisation.objects.filter(
        declaration__user=by, declaration__call=declaration.call, organisation=row.organisation, lifted_at__isnull=True
    )
    if own.exists() or row.organisation_id in by.organisation_ids():
        raise NotAllowed("Vous avez vous-même un intérêt dans cette commune : une autre personne lève la déclaration.")
    if row.lifted_at is not None:
        raise DomainError("Cette déclaration est déjà levée.")
    row.lifted_at, row.lifted_by, row.lift_reason = timezone.now(), by, reason.strip()
    row.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    data = {"organisation": row.organisation.name, "person": str(declaration.user)}
    record(declaration, by=by, verb="lift_interest", kind=Kind.RIGHT, reason=reason.strip(), data=data)
    for conflict in row.conflicts.filter(lifted_at__isnull=True).select_related("application", "user").order_by("pk"):
        _lift(conflict, reason.strip(), by=by)
    return row


def _check_lifting(person: Any, reason: str, *, by: Any) -> None:
    if not by.has_role(Role.FUND_MANAGER):
        raise NotAllowed("Un déport est levé par la gestion du fonds.")
    if person.pk == by.pk:
        raise NotAllowed("Personne ne lève son propre déport : une autre personne de la gestion du fonds le fait.")
    if not reason.strip():
        raise DomainError("Dites pourquoi ce déport est levé : le registre le garde.")


def _lift(conflict: Conflict, reason: str, *, by: Any) -> Conflict:
    conflict.lifted_at, conflict.lifted_by, conflict.lift_reason = timezone.now(), by, reason
    conflict.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    data = {"person": str(conflict.user)}
    record(conflict.application, by=by, verb="lift_conflict", kind=Kind.RIGHT, reason=reason, data=data)
    return conflict
