"""What a declared interest hides (common.hidden): the files, and whatever hangs below them, two steps down."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Max

from applications.models import Application
from common.hidden import Hidden
from documents.models import StoredFile
from reviews.models import Conflict, DeclaredOrganisation
from reviews.policies import without_declared_interest

STEPS = 2


def of_declared_interests(user: Any) -> Hidden:
    """The files in which this person declared an interest, but those of their own commune."""
    found = list(Application.objects.filter(~without_declared_interest(user)).values_list("pk", "number"))
    return Hidden(frozenset(pk for pk, _ in found), frozenset(number for _, number in found if number))


def hidden_since(user: Any) -> datetime | None:
    """When this person last declared an interest, in a file or in a commune for a call."""
    in_files = Conflict.objects.filter(user=user, lifted_at__isnull=True).aggregate(at=Max("declared_at"))["at"]
    named = DeclaredOrganisation.objects.filter(declaration__user=user, lifted_at__isnull=True)
    in_communes = named.aggregate(at=Max("declaration__declared_at"))["at"]
    return max(filter(None, (in_files, in_communes)), default=None)


def below(hidden: Hidden) -> dict[str, set[int]]:
    """Type -> ids, for the journal: decisions, reviews, payments, documents… of these files."""
    found: dict[str, set[int]] = {Application._meta.label_lower: set(hidden.files)}
    _down(Application, set(hidden.files), STEPS, found)
    return found


def _down(model: type[models.Model], ids: set[int], steps: int, found: dict[str, set[int]]) -> None:
    for relation in model._meta.related_objects:
        child: Any = relation.related_model
        if relation.many_to_many or child._meta.proxy:
            continue
        seen = found.setdefault(child._meta.label_lower, set())
        new = set(child._base_manager.filter(**{f"{relation.field.name}__in": ids}).values_list("pk", flat=True)) - seen
        if not new:
            continue
        seen |= new
        _files(child, new, found)
        if steps > 1:
            _down(child, new, steps - 1, found)


def _files(model: Any, ids: set[int], found: dict[str, set[int]]) -> None:
    stored = found.setdefault(StoredFile._meta.label_lower, set())
    for field in model._meta.concrete_fields:
        if field.is_relation and field.related_model is StoredFile:
            stored |= set(
                model._base_manager.filter(pk__in=ids, **{f"{field.name}__isnull": False}).values_list(
                    field.attname, flat=True
                )
            )
