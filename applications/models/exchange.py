"""What is asked of the commune during instruction, and remarks exchanged before sending."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.guards import request_guards
from applications.models.application import Application
from applications.states import ItemKind, RequestOutcome
from common.dates import local
from common.grants import Grants
from common.guards import no_delete
from common.typography import typo


@dataclass(frozen=True)
class AskedItem:
    """One thing asked: a document, a field of the file, one of its tables or a question of its call, and what is expected.

    `follows` is the question whose answer decides whether this one is asked at all.
    """

    kind: str
    code: str  # of the document, name of the field or table, unit of the question
    label: str
    remark: str = ""
    follows: str = ""

    @property
    def lead(self) -> str:
        """Its label, as it stands before its remark: a question has its own end."""
        return typo(self.label if not self.remark or self.label.rstrip()[-1:] in "?!" else f"{self.label} :")

    @property
    def is_document(self) -> bool:
        return self.kind == ItemKind.DOCUMENT


class PieceRequest(models.Model):
    """What is asked of the commune: documents, fields, tables, each with what is expected; why, and by when.

    The delay to answer stands still until the commune answers, at the latest until `due_on` (CRPA L. 114-5). Until then
    `answer` and the corrections are the commune's draft; only the documents and fields named in `items` may change.
    """

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
    outcome = models.CharField("issue", max_length=10, choices=RequestOutcome, blank=True, default="", db_default="")

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
        triggers: ClassVar = [*request_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Demande du {self.asked_at:%d/%m/%Y}"

    @property
    def asked(self) -> list[AskedItem]:
        """Brought in from the past, an item is only a text."""
        return [
            AskedItem(**item) if isinstance(item, dict) else AskedItem(ItemKind.DOCUMENT, f"piece-{number}", str(item))
            for number, item in enumerate(self.items, 1)
        ]

    def suspended_days(self, today: date) -> int:
        """How long the delay to answer has stood still for this request: until the answer, at most until the deadline."""
        until = min(local(self.answered_at).date() if self.answered_at else today, self.due_on)
        return max(0, (until - local(self.asked_at).date()).days)


class Remark(models.Model):
    """A word between colleagues of the commune (return by the signatory) or to the commune from the desk."""

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="remarks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())
    text = models.TextField("remarque")
    sections = ArrayField(
        models.SlugField(max_length=40), default=list, db_default=[], blank=True, verbose_name="sections à reprendre"
    )

    class Meta:
        verbose_name = "remarque"
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:60]
