"""Doors of the views: who may open a page at all. What one may not see answers 404, like what does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import User
from accounts.signals import BEGAN

View = Callable[..., HttpResponseBase]


def for_roles(*roles: str) -> Callable[[View], View]:
    """Only the fund's staff who hold one of these roles."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_role(*roles):  # type: ignore[union-attr]
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def person(request: HttpRequest) -> User:
    """Who is signed in; the middleware lets nobody else reach a view that is not public."""
    return cast(User, request.user)


def _signed_in_long_ago(request: HttpRequest) -> bool:
    began = request.session.get(BEGAN, 0)
    return bool(timezone.now().timestamp() - began >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


# Giving a right, closing an account: the password (or key) again, unless one was given in the last ten minutes.
recently_authenticated = reauthentication_required(enabled=_signed_in_long_ago)
