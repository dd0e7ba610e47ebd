"""A slip of the pen that the fund's team mends in a file that was sent: one text, a few characters, told to the commune."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from applications import doors
from applications.guards import typo_guards
from applications.models.application import Application
from common.grants import Grants
from common.guards import append_only


class StaffCorrection(models.Model):
    """One text of a sent file as it stood and as it was mended. What was sent stays in its snapshot.

    `before` is copied by the database; `number` is the version of the content that it makes.
    """

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="staff_corrections")
    number = models.PositiveSmallIntegerField("version")
    name = models.CharField("texte corrigé", max_length=40)
    before = models.TextField("avant", blank=True, default="")
    after = models.TextField("après")
    reason = models.TextField("motif")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "correction du service"
        verbose_name_plural = "corrections du service"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "number"], name="staff_correction_once_a_version"),
            models.CheckConstraint(condition=Q(name__in=doors.TYPOS), name="staff_correction_of_a_text"),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(after="") & ~Q(after=F("before")), name="staff_correction_says_why"
            ),
        ]
        triggers: ClassVar = [*typo_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.name} ({self.application_id})"
