"""What else there is around a file (messages, history, changes, report…): one line each, on the commune's page and on the desk's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts.models import User
from applications.models import Application


@dataclass(frozen=True)
class Door:
    """A page of the file: its name, what waits there in words, and how many things are new."""

    label: str
    url: str
    hint: str = ""
    count: int = 0


Builder = Callable[[Application, User], Door | None]

# Each builder says nothing (None) where the page is not for this person or not yet for this file.
FOR_THE_COMMUNE: tuple[Builder, ...] = ()
FOR_THE_DESK: tuple[Builder, ...] = ()


def for_the_commune(application: Application, user: User) -> list[Door]:
    return _doors(FOR_THE_COMMUNE, application, user)


def for_the_desk(application: Application, user: User) -> list[Door]:
    return _doors(FOR_THE_DESK, application, user)


def _doors(builders: Iterable[Builder], application: Application, user: User) -> list[Door]:
    return [door for door in (build(application, user) for build in builders) if door]
