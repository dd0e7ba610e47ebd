"""What the instructor notes while reading: remarks on one answer, and which near file is not a duplicate."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from applications.models import Application, PieceRequest, StaffCorrection
from applications.states import ItemKind
from common.grants import Grants
from common.guards import append_only, no_delete
from reviews.instruction_guards import remark_guards, typo_neutral_guards, verdict_guards


class ReadingRemark(models.Model):
    """A remark on one answer, table, question or document of a file. The commune reads it only once it is asked."""

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="reading_remarks")
    kind = models.CharField(max_length=10, choices=ItemKind)
    code = models.CharField(max_length=60)
    label = models.CharField(max_length=300)
    text = models.CharField("remarque", max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())
    asked_in = models.ForeignKey(PieceRequest, on_delete=models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "remarque de lecture"
        verbose_name_plural = "remarques de lecture"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text="") & ~Q(code=""), name="reading_remark_says_something"),
        ]
        triggers: ClassVar = [*remark_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.label} : {self.text[:40]}"


class DuplicateVerdict(models.Model):
    """Whether two near files are one project asked twice. The last verdict on a pair counts; all are kept."""

    grants = Grants.APPEND_ONLY

    first = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    distinct = models.BooleanField("projets distincts")
    reason = models.TextField("motif")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "avis sur un doublon"
        verbose_name_plural = "avis sur des doublons"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"),
            models.CheckConstraint(condition=~Q(reason=""), name="duplicate_says_why"),
        ]
        indexes: ClassVar = [models.Index(fields=["first", "second", "-id"], name="duplicate_pair")]
        triggers: ClassVar = [*verdict_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.first_id} et {self.second_id}"


class NeutralCorrection(StaffCorrection):
    """Corrections of the desk seen from here: never by a person with an interest in the file."""

    class Meta:
        proxy = True
        verbose_name = "correction du service"
        triggers: ClassVar = [*typo_neutral_guards()]
