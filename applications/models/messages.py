"""What the commune and the desk write to each other: the question before sending, then the conversation of the file."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.message_guards import message_guards, message_paper_guards, message_reading_guards
from applications.models.application import Application
from common.grants import Grants
from common.guards import append_only
from documents.models import StoredFile

MAX_TEXT = 5000


class Author(models.TextChoices):
    COMMUNE = "commune", "La commune"
    DESK = "desk", "Le service"


class MessageKind(models.TextChoices):
    QUESTION = "question", "Avant l’envoi"
    MESSAGE = "message", "Après l’envoi"


class FileMessage(models.Model):
    """One message about a file, never changed nor removed. A question is asked on a draft, a message on a file that was sent.

    `shared` is the draft as it was when its commune chose to show it with a question (applications.conversation); the desk
    sees nothing else of a draft.
    """

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField("qui écrit", max_length=10, choices=Author)
    kind = models.CharField("sorte", max_length=10, choices=MessageKind)
    text = models.TextField("message")
    shared = models.JSONField("brouillon montré", null=True)
    written_at = models.DateTimeField("écrit le", db_default=Now())

    class Meta:
        verbose_name = "message"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(text__regex=r"\S"), name="file_message_says_something"),
            models.CheckConstraint(condition=Q(side__in=Author.values), name="file_message_side_known"),
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="file_message_kind_known"),
            models.CheckConstraint(
                condition=Q(shared__isnull=True) | Q(side=Author.COMMUNE, kind=MessageKind.QUESTION),
                name="file_message_draft_shown_by_its_commune",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["application", "-id"], name="file_message_thread"),
            models.Index(fields=["author", "-written_at"], name="file_message_author"),
        ]
        triggers: ClassVar = [*message_guards(), *append_only()]

    def __str__(self) -> str:
        return self.text[:60]


class MessagePaper(models.Model):
    """A document joined to a message, in the same act: deposited by its author, for the commune of the file."""

    grants = Grants.APPEND_ONLY

    message = models.ForeignKey(FileMessage, on_delete=models.PROTECT, related_name="papers")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="message_paper")

    class Meta:
        verbose_name = "document joint à un message"
        ordering: ClassVar = ["id"]
        triggers: ClassVar = [*message_paper_guards(), *append_only()]

    def __str__(self) -> str:
        return self.file.name


class MessageReading(models.Model):
    """Somebody of the other side has read it (the commune) or dealt with it (the desk: answered, or nothing to answer)."""

    grants = Grants.APPEND_ONLY

    message = models.OneToOneField(FileMessage, on_delete=models.PROTECT, related_name="reading")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("lu le", db_default=Now())

    class Meta:
        verbose_name = "lecture d’un message"
        triggers: ClassVar = [*message_reading_guards(), *append_only()]

    def __str__(self) -> str:
        return f"Lu par {self.by}"
