"""What a person sent when their session had ended. Apps above say how it is kept, without being imported here."""

from collections.abc import Callable

from django.http import HttpRequest

Keeper = Callable[[HttpRequest], bool]
_keepers: list[Keeper] = []


def register(keeper: Keeper) -> None:
    """Called in an app's `ready()`. A keeper answers whether it kept what this request brings."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def keep(request: HttpRequest) -> bool:
    return request.method == "POST" and any(keeper(request) for keeper in _keepers)
