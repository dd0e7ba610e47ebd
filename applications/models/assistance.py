"""A draft written with the help of the fund's team: who was given the hand, by whom, why, until when."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.draft_guards import assistance_guards
from applications.models.application import Application
from common.grants import Grants
from common.guards import no_delete


class Assistance(models.Model):
    """The hand given on one draft. `helper` writes in the commune's name while it is open; only the commune sends.

    Asked by the commune (`asked_by`, no helper until one of the team takes it), or opened by the helper who types for it.
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="assistances")
    helper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField("pourquoi", max_length=300)
    opened_at = models.DateTimeField("ouverte le", db_default=Now())
    taken_at = models.DateTimeField("prise en main le", null=True)
    ended_at = models.DateTimeField("terminée le", null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "saisie assistée"
        verbose_name_plural = "saisies assistées"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="assistance_has_reason"),
            models.CheckConstraint(
                condition=Q(helper__isnull=False) | Q(asked_by__isnull=False), name="assistance_has_somebody"
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(ended_at__isnull=True), name="assistance_one_open"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["helper"], condition=Q(ended_at__isnull=True), name="assistance_open")
        ]
        triggers: ClassVar = [*assistance_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.reason
