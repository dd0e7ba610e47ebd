"""The text that a call gives to a letter: versions that are added, never changed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from applications.letter_guards import text_guards
from applications.states import LetterKind
from common.grants import Grants
from common.guards import append_only
from fund.models import Call


class LetterText(models.Model):
    """One version. An empty `text` is the return to the standard text of the product (`letter_texts.SORTS`)."""

    grants = Grants.APPEND_ONLY

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="letter_texts")
    kind = models.CharField("lettre", max_length=20, choices=LetterKind)
    number = models.PositiveIntegerField("version")
    text = models.TextField("texte", blank=True, default="")
    why = models.CharField("ce qui change", max_length=200, blank=True, default="")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField("écrite le", db_default=Now())

    class Meta:
        verbose_name = "texte d’une lettre"
        verbose_name_plural = "textes des lettres"
        ordering: ClassVar = ["call", "kind", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "kind", "number"], name="letter_text_version_once"),
        ]
        triggers: ClassVar = [*text_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, version {self.number}"
