"""When a granted file is over: its report is accepted, and nothing is left to pay. Apps above say what they still hold."""

from collections.abc import Callable

from applications.models import Application

Rule = Callable[[Application], bool]
_settled: list[Rule] = []


def register(settled: Rule) -> None:
    """Called in an app's `ready()`. A rule says whether this file is settled as far as that app knows."""
    if settled not in _settled:
        _settled.append(settled)


def is_settled(application: Application) -> bool:
    return bool(_settled) and all(rule(application) for rule in _settled)
