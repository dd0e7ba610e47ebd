"""How the pages of the commune fetch a file: what is not of one's commune is a 404."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from applications.models import Application
from applications.services import for_reading
from applications.services.reading import HANDS
from applications.standing import with_standing
from applications.states import ApplicationState
from applications.visibility import HELPING_ROLES


def own_files(user: Any) -> Any:
    """The files of the person's own communes, or that they were given the hand on, with what the commune may know of their state."""
    own = Q(organisation__in=user.organisation_ids())
    if user.has_role(*HELPING_ROLES):  # the drafts they were given the hand on: the only ones they see
        own |= Q(state=ApplicationState.DRAFT)
    return with_standing(Application.objects.visible_to(user).filter(own))


def own_file(request: HttpRequest, public_id: Any) -> Application:
    """One file of the person's communes, with its children."""
    found = for_reading(own_files(request.user)).select_related("created_by", "submitted_by", "instructor", "receipt")
    return get_object_or_404(found, public_id=public_id)


def own_file_alone(request: HttpRequest, public_id: Any) -> Application:
    """The same without its children, for a page that needs one kind of them, or an act that fetches again."""
    return get_object_or_404(
        own_files(request.user).select_related("call", "organisation", "renewal").prefetch_related(HANDS),
        public_id=public_id,
    )
