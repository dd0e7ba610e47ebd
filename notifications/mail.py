"""One class per message. The apps write the classes (`<app>/notifications.py`), this says how they are queued."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.template.loader import render_to_string

from notifications.models import Message
from notifications.services import queue


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
        context = {"recipient": recipient, "base_url": settings.BASE_URL, **self.context()}
        return queue(
            kind=self.kind,
            key=self.key(),
            recipient_id=recipient.id,
            recipient_email=recipient.email,
            recipient_label=recipient.label,
            subject_ref=self.ref(),
            subject=render_to_string(f"emails/{self.kind}.subject.txt", context),
            text=render_to_string(f"emails/{self.kind}.txt", context),
            html=render_to_string(f"emails/{self.kind}.html", context),
            attachments=self.attachments(),
            awaits=self.awaits,
        )
