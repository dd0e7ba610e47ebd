"""How a view of payments fetches, and asks a person to say again who they are."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest

from common.errors import NotAllowed
from payments import policies

# Raises allauth's ReauthenticationRequired (a redirection that comes back here) after ten minutes (TRUST: money).
confirm_identity = reauthentication_required(lambda request: None)


def seen(queryset: "QuerySet[Any]", **wanted: Any) -> Any:
    """The row among those the person may see, or a 404."""
    found = queryset.filter(**wanted).first()
    if found is None:
        raise Http404
    return found


def require_staff(request: HttpRequest) -> None:
    """The staff's lists do not exist for others."""
    if not policies.reads_payments(request.user):
        raise Http404


def require(allowed: bool, sentence: str) -> None:
    if not allowed:
        raise NotAllowed(sentence)


def say_first_error(request: HttpRequest, form: Form) -> None:
    """A small form without a page of its own: its first error is a message."""
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
        return
