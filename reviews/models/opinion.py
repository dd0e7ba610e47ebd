"""The instructor's opinion."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.models import Application
from common.grants import Grants
from common.guards import no_delete
from reviews.guards import (
    opinion_guards,
)
from reviews.states import Advice


class Opinion(models.Model):
    """The instructor's opinion on a file and the amount proposed, in cents. One a file; a later one replaces it."""

    grants = Grants.NO_DELETE

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="opinion")
    advice = models.CharField("avis", max_length=12, choices=Advice)
    text = models.TextField("motivation")
    proposed_cents = models.BigIntegerField("montant proposé", default=0)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField("rendu le", auto_now=True)

    class Meta:
        verbose_name = "avis d’instruction"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(proposed_cents__gte=0) & ~Q(text=""), name="opinion_sane")
        ]
        triggers: ClassVar = [*opinion_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Avis {self.get_advice_display()} sur {self.application.reference}"
