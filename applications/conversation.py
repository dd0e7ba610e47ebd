"""What is read of the messages of a file: the thread, what is new for each side, the draft a question shows."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from applications.answers import Answer, answers_of
from applications.models import Application, FileMessage
from applications.models.application import ApplicationQuerySet
from applications.models.messages import Author, MessageKind
from applications.states import ApplicationState
from applications.visibility import heard
from common.money import euros

SHOWN = 200


def of_the_file() -> "QuerySet[FileMessage]":
    """The messages of the file that an outer query stands on."""
    return FileMessage.objects.filter(application=OuterRef("pk"))


def followed(user: Any) -> ApplicationQuerySet:
    """The files whose conversation this person of the desk may read: sent, or drafts with a question."""
    seen = heard(user, Q(Exists(of_the_file().filter(side=Author.COMMUNE))))
    return Application.objects.none() if seen is None else Application.objects.filter(seen)


def thread(application: Application) -> list[FileMessage]:
    """The conversation, oldest first; beyond SHOWN, the latest."""
    found = FileMessage.objects.filter(application=application).select_related("author", "reading__by")
    return list(found.prefetch_related("papers__file").order_by("-pk")[:SHOWN])[::-1]


def waiting(application: Application, *, written_by: str) -> int:
    """How many messages of one side the other has not read (the commune) or dealt with (the desk)."""
    return FileMessage.objects.filter(application=application, side=written_by, reading=None).count()


def something_new() -> Exists:
    """Whether the service wrote something that nobody of the commune has read, for a list of its files."""
    return Exists(of_the_file().filter(side=Author.DESK, reading=None))


def to_answer(user: Any) -> "QuerySet[FileMessage]":
    """What the communes wrote and nobody has dealt with, where it is this person's turn."""
    return FileMessage.objects.filter(
        side=Author.COMMUNE, reading=None, application__in=followed(user).filter(_turn(user))
    )


def _turn(user: Any) -> Q:
    return Q(state=ApplicationState.DRAFT) | Q(instructor=user) | Q(instructor=None)


def threads(user: Any, *, everybody: bool = False) -> ApplicationQuerySet:
    """The files with a conversation, each with `first_waiting` (id, None when nothing waits) and its last message."""
    messages = of_the_file()
    unanswered = messages.filter(side=Author.COMMUNE, reading=None).order_by("pk")
    last = messages.order_by("-pk")
    found = followed(user).filter(Exists(messages)).select_related("organisation", "call", "instructor")
    return (found if everybody else found.filter(_turn(user))).annotate(
        first_waiting=Subquery(unanswered.values("pk")[:1]),
        last_text=Subquery(last.values("text")[:1]),
        last_side=Subquery(last.values("side")[:1]),
        last_at=Subquery(last.values("written_at")[:1]),
    )


# --- The draft that a question shows ---------------------------------------------------------------------------


def draft_as_shown(application: Application) -> list[dict[str, Any]]:
    """The draft in words, section by section, as it is now: what is kept with the question, whatever changes later."""
    return [
        {"title": group.section.title, "answers": [_plain(answer) for answer in (*group.answers, *_more(group))]}
        for group in answers_of(application)
    ]


def _plain(answer: Answer) -> dict[str, Any]:
    return {"label": answer.label, "value": answer.value, "items": list(answer.items), "is_long": answer.is_long}


def _more(group: Any) -> list[Answer]:
    """The budget and the names of the documents, as lines of text; the documents themselves stay with the commune."""
    more = []
    if group.budget:
        for label, side in (("Charges", "charges"), ("Produits", "products")):
            more.append(Answer(label, items=tuple(_line(row) for row in group.budget[side])))
    for row in group.documents:
        name = row["document"].label if row["document"] else "Autres pièces"
        more.append(Answer(name, items=tuple(one.file.name for one in row["files"])))
    return more


def _line(row: dict[str, Any]) -> str:
    line = row["line"]
    label = f", {line.label}" if line.label else ""
    return f"{row['words']}{label} : {euros(line.amount_cents)}"


def is_question(application: Application) -> bool:
    return application.state == ApplicationState.DRAFT


def kind_for(application: Application) -> str:
    return MessageKind.QUESTION if is_question(application) else MessageKind.MESSAGE
