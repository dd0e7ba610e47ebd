"""A file begun from an earlier one: where it comes from, and what nobody has read again yet."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from applications.draft_guards import renewal_guards
from applications.guards import child_guards
from applications.models.application import Application
from common.grants import Grants
from common.guards import no_delete


class Renewal(models.Model):
    """`unread` holds the slugs of the sections copied from `origin` that are to be read again before sending."""

    grants = Grants.NO_DELETE

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="renewal")
    origin = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="renewals")
    unread = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    dropped = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "suite d’un dossier"
        verbose_name_plural = "suites de dossiers"
        triggers: ClassVar = [*child_guards(), *renewal_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Suite de {self.origin.reference}"
