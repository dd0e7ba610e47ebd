"""A sheet of decisions, as it was read."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from common.grants import Grants
from common.guards import no_delete
from reviews.models.jobs import Job
from reviews.sheet_guards import sheet_guards


class DecisionSheetQuerySet(models.QuerySet["DecisionSheet"]):
    def visible_to(self, user: Any) -> "DecisionSheetQuerySet":
        """Who read it: its lines may name files that another manager may not see."""
        return self.filter(read_by=user) if user.is_authenticated and user.is_active else self.none()


class DecisionSheet(models.Model):
    """What a spreadsheet says of each file (`reviews.decision_sheet` reads it); `job` is what was made of it, once."""

    grants = Grants.NO_DELETE

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField("fichier", max_length=200)
    sha256 = models.CharField(max_length=64)
    lines = models.JSONField("lignes")
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField("lu le", db_default=Now(), editable=False)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="sheet")

    objects = DecisionSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "tableau de décisions"
        verbose_name_plural = "tableaux de décisions"
        indexes: ClassVar = [models.Index(fields=["read_by", "-id"], name="sheet_of_a_person")]
        triggers: ClassVar = [*sheet_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.name
