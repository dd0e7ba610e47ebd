"""A letter about a file that is not the letter of a decision: pieces asked, file inadmissible, adjourned, appeal answered."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from applications.letter_guards import file_letter_guards
from applications.models.application import Application
from applications.models.letter_text import LetterText
from applications.states import LetterKind
from common.grants import Grants
from common.guards import no_delete
from documents.models import StoredFile


class FileLetter(models.Model):
    """What the letter says is frozen when it is written (`said`, `text`); its PDF (`file`) is made once, by a task.

    `occasion` names what it answers to ("demande-12", "seance-3"): one letter of a kind each.
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="file_letters")
    kind = models.CharField("lettre", max_length=20, choices=LetterKind)
    occasion = models.CharField(max_length=40)
    text = models.ForeignKey(LetterText, on_delete=models.PROTECT, null=True, related_name="file_letters")
    said = models.JSONField("ce qu’elle dit", default=dict)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField("écrite le", db_default=Now())
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "courrier d’un dossier"
        verbose_name_plural = "courriers d’un dossier"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "kind", "occasion"], name="file_letter_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(file__isnull=True), name="file_letter_to_make")
        ]
        triggers: ClassVar = [*file_letter_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.application.reference}"

    @property
    def signatory(self) -> dict[str, Any]:
        return dict(self.said["signatory"])
