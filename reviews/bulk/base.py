"""What a verb is when it is asked of several files: the same verb, its preflight by the same rules, its words.

`preflight` refuses with the sentence the verb would give, and writes nothing; `act` calls the verb, in the transaction
that also concludes the row, and says what was done.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from applications.models import Application, Decision
from applications.states import DecisionKind
from common.money import euros

Asked = Mapping[str, Any]  # what the form read, as JSON


def recorded(decision: Decision) -> str:
    """What is said of a decision just recorded."""
    if decision.kind == DecisionKind.GRANT:
        return f"Accord de {euros(decision.amount_cents)} enregistré ; il attend sa signature."
    if decision.kind == DecisionKind.REJECT:
        return "Refus enregistré ; il attend sa signature."
    return "Mise en liste d’attente enregistrée ; elle attend sa signature."


@dataclass(frozen=True)
class Ready:
    """A file on which the verb would pass. `seen` is what the person is looking at: it must still hold when it is done."""

    words: str = ""
    to_commune: bool = False  # a mail to those who write for the commune
    to_others: int = 0  # mails to others
    cents: int = 0  # committed on the envelope of its call
    seen: dict[str, Any] = field(default_factory=dict)


class JobForm(forms.Form):
    """What the verb needs, the same for every file. `by` is the person who asks."""

    use_required_attribute = False

    def __init__(self, data: Any = None, *, by: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.by = by

    def asked(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class Kind(ABC):
    """A verb asked of several files. `@register` it in a module that reviews.apps imports."""

    code: str
    verb: str  # « Envoyer en évaluation », on the button
    title: str  # « Envoi en évaluation », of its job
    hint: str = ""
    form: type[JobForm] = JobForm
    listed: bool = True  # among the verbs of the queue
    decides: bool = False  # what the commune will read as final: its page says so

    @abstractmethod
    def offered(self, by: Any) -> bool:
        """Whether this person may ask for it at all."""

    @abstractmethod
    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        """`asked` is empty before the form is filled in."""

    @abstractmethod
    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        """Calls the verb; what was done, in words."""


KINDS: dict[str, Kind] = {}


def register(kind: type[Kind]) -> type[Kind]:
    KINDS[kind.code] = kind()
    return kind
