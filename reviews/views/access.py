"""Who opens the desk's pages: a wrong role or a file one may not see is a 404, an act one may not do is said."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import for_roles
from accounts.states import DESK_ROLES, Role
from applications import policies
from applications.models import Application
from common.errors import NotAllowed

READERS = (*DESK_ROLES, Role.AUDITOR)


desk_page = for_roles(*READERS)


def file_of(user: Any, public_id: UUID, *related: str) -> Application:
    """A file that was sent, that this person may see on the desk."""
    found: QuerySet[Application] = Application.objects.on_desk_of(user).sent()
    return get_object_or_404(found.select_related(*(related or ("call", "organisation"))), public_id=public_id)


def file_to_instruct(user: Any, public_id: UUID, *related: str) -> Application:
    """The same, for the page of an act: NotAllowed for those who only read."""
    application = file_of(user, public_id, *related)
    if not policies.can_instruct(user, application):
        raise NotAllowed("L’instruction est faite par un instructeur ou par le gestionnaire du fonds.")
    return application
