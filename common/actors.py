"""Who acts: a user of accounts, or the machine. Below accounts, an actor is an id and a label."""

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """What a service needs to know of `by=`."""

    @property
    def actor_id(self) -> int | None: ...
    @property
    def actor_label(self) -> str: ...
    @property
    def is_machine(self) -> bool: ...


@dataclass(frozen=True)
class Machine:
    """A task of ours that acts by itself (opening of a call, reminder, report)."""

    actor_id: int | None = None
    actor_label: str = "Automate du fonds"
    is_machine: bool = True

    def has_role(self, *roles: str) -> bool:
        return False


MACHINE = Machine()
