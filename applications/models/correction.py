"""What a commune corrects after sending: the draft answer to a request, and the versions of the content it makes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications import doors
from applications.guards import correction_guards, version_guards
from applications.models.application import Application
from applications.models.change import ChangeRequest
from applications.models.exchange import PieceRequest
from applications.models.typo import StaffCorrection
from common.grants import Grants
from common.guards import append_only


class Correction(models.Model):
    """One field, table or question of a file as the commune wants it. A draft until its request is answered; then it never changes.

    `before` is the content as it stood (kept by the database, but for a table); `after` becomes the content with the answer.
    """

    grants = Grants.OPEN

    request = models.ForeignKey(PieceRequest, on_delete=models.PROTECT, related_name="corrections")
    name = models.CharField("ce qui est corrigé", max_length=40)
    before = models.JSONField("avant", null=True)
    after = models.JSONField("après", null=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField("enregistré le", auto_now=True)

    class Meta:
        verbose_name = "correction"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "name"], name="correction_once_a_request"),
            models.CheckConstraint(
                condition=Q(name__in=(*doors.FIELDS, *doors.TABLES)) | Q(name__startswith=doors.QUESTION),
                name="correction_name_known",
            ),
        ]
        triggers: ClassVar = [*correction_guards()]

    def __str__(self) -> str:
        return f"{self.name} ({self.request_id})"

    @property
    def is_table(self) -> bool:
        return self.name in doors.TABLES


class ContentVersion(models.Model):
    """The whole content after a correction (of the commune, or of a slip by the desk) or an accepted change. What was sent is version 1, on the file itself."""

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("version")
    request = models.OneToOneField(PieceRequest, on_delete=models.PROTECT, null=True, related_name="content_version")
    change = models.OneToOneField(ChangeRequest, on_delete=models.PROTECT, null=True, related_name="content_version")
    typo = models.OneToOneField(StaffCorrection, on_delete=models.PROTECT, null=True, related_name="content_version")
    snapshot = models.JSONField()
    snapshot_sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "version du contenu"
        verbose_name_plural = "versions du contenu"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "number"], name="content_version_once"),
            models.CheckConstraint(condition=Q(number__gt=1), name="content_version_after_the_first"),
            models.CheckConstraint(
                condition=Q(request__isnull=False, change__isnull=True, typo__isnull=True)
                | Q(request__isnull=True, change__isnull=False, typo__isnull=True)
                | Q(request__isnull=True, change__isnull=True, typo__isnull=False),
                name="content_version_has_its_cause",
            ),
            models.CheckConstraint(condition=Q(snapshot_sha256__regex=r"^[0-9a-f]{64}$"), name="content_version_hash"),
        ]
        triggers: ClassVar = [*version_guards(), *append_only()]

    def __str__(self) -> str:
        return f"Version {self.number} ({self.application_id})"
