"""The menu of each role. It only leads: each view decides by itself what may be seen."""

from typing import Any

from django.http import HttpRequest


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    return []
