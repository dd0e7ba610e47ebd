"""One class per message. The apps write the classes (`<app>/notifications.py`), this says how they are queued.

Each kind has three templates, rendered with `recipient`, `base_url` and what `context()` gives:
- templates/emails/<kind>.subject.txt: one line, no HTML: « {{ number }} : il manque une pièce, à envoyer avant le 12 mai 2026 »;
- templates/emails/<kind>.txt: the whole message in plain text, links in full (`{% autoescape off %}`);
- templates/emails/<kind>.html: `{% extends "emails/base.html" %}`, plain HTML in the block `content`. Blocks that may be filled too: `title`
  (the heading; the subject when left alone), `signature` (who writes; from `fund` when it is in the context), `why` (why one gets this mail).
  Plain elements are styled by the base: p, ul, blockquote (what matters, on the tint), `{% include "emails/_button.html" with url=… label=… only %}`
  (the button, with its address in full below). Nothing is loaded from anywhere.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.template.loader import render_to_string

from notifications.models import Message
from notifications.services import queue

# The spaces of French printers stay in the heading of the page; a subject line is written with plain ones.
_BREAKS = re.compile(r"[ \t\r\n]+")
_shared: list[Callable[[], dict[str, Any]]] = []


def share(context: Callable[[], dict[str, Any]]) -> None:
    """What every message knows (the fund that signs it); called in an app's `ready()`, for this one imports nobody."""
    if context not in _shared:
        _shared.append(context)


def shared_context() -> dict[str, Any]:
    return {name: value for each in _shared for name, value in each().items()}


@dataclass(frozen=True)
class Recipient:
    """A person as seen from below accounts: an id, an address, a name."""

    id: int | None
    email: str
    label: str

    @classmethod
    def of(cls, user: Any) -> "Recipient":
        return cls(user.pk, user.email, user.get_full_name())


class Mail:
    """A message to say. Subclasses set `kind` (= the name of templates/emails/<kind>.{subject.txt,txt,html}) and fill in
    `recipients()`, `context()`, `key()` (what makes it unique: said once an object and a period) and `ref()`.
    """

    kind: ClassVar[str]
    awaits: ClassVar[str] = ""  # name of the document that must be made before it leaves (see notifications.tasks)

    def recipients(self) -> Iterable[Recipient]:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        return {}

    def key(self) -> str | None:
        raise NotImplementedError

    def ref(self) -> str:
        return ""

    def attachments(self) -> list[dict[str, Any]]:
        return []

    def queue(self) -> list[Message]:
        """Write one message per recipient in the outbox, in the caller's transaction (beat 7)."""
        return [self._queue_for(recipient) for recipient in self.recipients()]

    def _queue_for(self, recipient: Recipient) -> Message:
        context = {"recipient": recipient, "base_url": settings.BASE_URL, **shared_context(), **self.context()}
        heading = _BREAKS.sub(" ", render_to_string(f"emails/{self.kind}.subject.txt", context)).strip()
        return queue(
            kind=self.kind,
            key=self.key(),
            recipient_id=recipient.id,
            recipient_email=recipient.email,
            recipient_label=recipient.label,
            subject_ref=self.ref(),
            subject=" ".join(heading.split()),
            text=render_to_string(f"emails/{self.kind}.txt", context),
            html=render_to_string(f"emails/{self.kind}.html", {"subject": heading, **context}),
            attachments=self.attachments(),
            awaits=self.awaits,
        )
