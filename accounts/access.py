"""Doors of the views: who may open a page at all. What one may not see answers 404, like what does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

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
