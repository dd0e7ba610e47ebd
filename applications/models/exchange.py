"""What is asked of the commune during instruction, and remarks exchanged before sending."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.guards import REQUEST_STAYS, stays_guard
from applications.models.application import Application
from common.grants import Grants
from common.guards import no_delete


class PieceRequest(models.Model):
    """A request for pieces: what, why, by when. The delay to answer is suspended until the commune answers (L. 114-5)."""

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="piece_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("demandé le", db_default=Now())
    items = models.JSONField("pièces demandées", default=list)
    reason = models.TextField("motif")
    due_on = models.DateField("à fournir avant le")
    answered_at = models.DateTimeField("répondu le", null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.TextField("réponse de la commune", blank=True, default="")

    class Meta:
        verbose_name = "demande de pièces"
        verbose_name_plural = "demandes de pièces"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="piece_request_has_reason"),
            models.UniqueConstraint(
                fields=["application"], condition=Q(answered_at__isnull=True), name="piece_request_one_open"
            ),
        ]
        triggers: ClassVar = [stays_guard(REQUEST_STAYS), *no_delete()]

    def __str__(self) -> str:
        return f"Demande du {self.asked_at:%d/%m/%Y}"


class Remark(models.Model):
    """A word between colleagues of the commune (return by the signatory) or to the commune from the desk."""

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="remarks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())
    text = models.TextField("remarque")

    class Meta:
        verbose_name = "remarque"
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:60]
