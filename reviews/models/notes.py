"""Internal notes on a file. The commune never reads them."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.models import Application
from common.grants import Grants
from common.guards import append_only, no_delete
from reviews.instruction_guards import mention_guards, note_guards

MENDED_WITHIN = timedelta(minutes=15)


class Note(models.Model):
    """A note of the desk. Its author may mend it for a quarter of an hour; then it stays (the database counts)."""

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("note", max_length=4000)
    written_at = models.DateTimeField("écrite le", db_default=Now())
    edited_at = models.DateTimeField("modifiée le", null=True)

    class Meta:
        verbose_name = "note interne"
        verbose_name_plural = "notes internes"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="note_says_something")]
        triggers: ClassVar = [*note_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.text[:60]


class NoteMention(models.Model):
    """A person called in a note: told once by mail."""

    grants = Grants.APPEND_ONLY

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="mentions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "mention"
        constraints: ClassVar = [models.UniqueConstraint(fields=["note", "person"], name="mention_once")]
        triggers: ClassVar = [*mention_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.person}"
