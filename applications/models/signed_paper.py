"""The scan of what was signed by hand: the letter of a decision, a convention. Versions that are added, never changed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from applications.letter_guards import signed_paper_guards
from applications.models.decision import Decision
from applications.states import SignedKind
from common.grants import Grants
from common.guards import append_only
from documents.models import StoredFile


class SignedPaper(models.Model):
    """One version, numbered by the database. Its file is looked at by the antivirus before anybody opens it."""

    grants = Grants.APPEND_ONLY

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="signed_papers")
    kind = models.CharField("document", max_length=12, choices=SignedKind)
    number = models.PositiveIntegerField("version")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    deposited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    deposited_at = models.DateTimeField("déposé le", db_default=Now())

    class Meta:
        verbose_name = "document signé"
        verbose_name_plural = "documents signés"
        ordering: ClassVar = ["kind", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "kind", "number"], name="signed_paper_version_once"),
        ]
        triggers: ClassVar = [*signed_paper_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, version {self.number}"
