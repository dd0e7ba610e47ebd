"""How a file is fetched with all that a rule may look at, and the one shape of a lock on it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from accounts.states import WRITING_ROLES
from applications.models import Application, Assistance, Attachment
from applications.models.application import ApplicationQuerySet
from common.actors import Actor
from common.errors import NotAllowed
from journal.services import locked

# The hands given on a draft (assisted entry).
HANDS = Prefetch("assistances", Assistance.objects.select_related("helper", "asked_by"))
CHILDREN = (
    "partners",
    "milestones",
    "indicators",
    "budget_lines",
    HANDS,
    Prefetch("attachments", Attachment.objects.select_related("file")),
    "call__documents",
    "question_set__questions",
    "question_answers",
)


def for_reading(queryset: ApplicationQuerySet | None = None) -> ApplicationQuerySet:
    """Files with their call, commune and children: then every rule is computed without a query more."""
    queryset = Application.objects.all() if queryset is None else queryset
    return queryset.select_related("call__fund", "organisation", "renewal").prefetch_related(*CHILDREN)


def locked_file(pk: int, *, version: int | None = None, children: bool = False) -> Application:
    """The file, locked; Stale when the user saw another version."""
    queryset = for_reading() if children else Application.objects.select_related("call", "organisation")
    return locked(queryset, pk, version=version)


def require(allowed: Any, sentence: str) -> None:
    if not allowed:
        raise NotAllowed(sentence)


@dataclass(frozen=True)
class ForTheCommune:
    """One of the fund's team who types in a commune's name: every line of the journal says both."""

    actor_id: int | None
    actor_label: str
    is_machine: bool = False


def pen(writer: Any, application: Application) -> Actor:
    """Who the journal names for what is written in a draft."""
    if application.organisation_id in writer.organisation_ids(*WRITING_ROLES):
        return writer
    return ForTheCommune(writer.actor_id, f"{writer.actor_label} (pour la commune)")


def why_not_editable(application: Application) -> str:
    if application.number:
        return f"Le dossier {application.number} est envoyé : son contenu ne change plus."
    return "Vous lisez ce dossier sans pouvoir l’écrire."
