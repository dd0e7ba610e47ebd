"""How a file is fetched with all that a rule may look at, and the one shape of a lock on it."""

from typing import Any

from django.db.models import Prefetch

from applications.models import Application, Attachment
from applications.models.application import ApplicationQuerySet
from common.errors import NotAllowed
from journal.services import locked

CHILDREN = (
    "partners",
    "milestones",
    "indicators",
    "budget_lines",
    Prefetch("attachments", Attachment.objects.select_related("file")),
    "call__documents",
)


def for_reading(queryset: ApplicationQuerySet | None = None) -> ApplicationQuerySet:
    """Files with their call, commune and children: then every rule is computed without a query more."""
    queryset = Application.objects.all() if queryset is None else queryset
    return queryset.select_related("call__fund", "organisation").prefetch_related(*CHILDREN)


def locked_file(pk: int, *, version: int | None = None, children: bool = False) -> Application:
    """The file, locked; Stale when the user saw another version."""
    queryset = for_reading() if children else Application.objects.select_related("call", "organisation")
    return locked(queryset, pk, version=version)


def require(allowed: Any, sentence: str) -> None:
    if not allowed:
        raise NotAllowed(sentence)
