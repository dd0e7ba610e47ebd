"""The list of reasons: what a commune may be told of a refusal, a lower amount, the waiting list, an inadmissible file."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from applications.ground_guards import chosen_guards, ground_guards
from applications.models.decision import Decision
from applications.states import GroundUse
from common.grants import Grants
from common.guards import append_only, no_delete
from fund.models import Fund


class Ground(models.Model):
    """A reason of the fund's list, in the words the commune reads. Taken off the list it stays, for the past.

    A decision copies the words: mending them here changes no letter already recorded.
    """

    grants = Grants.NO_DELETE

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="grounds")
    code = models.CharField("code", max_length=12)
    use = models.CharField("sert pour", max_length=14, choices=GroundUse)
    label = models.CharField("nom dans la liste", max_length=80)
    words = models.TextField("phrase de la lettre")
    rule = models.CharField("règle citée", max_length=200, blank=True, default="")
    retired_at = models.DateTimeField("retiré de la liste le", null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "motif"
        ordering: ClassVar = ["use", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint("fund", Lower("code"), name="ground_code_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Za-z0-9-]+$") & Q(label__regex=r"\S") & Q(words__regex=r"\S"),
                name="ground_says_something",
            ),
        ]
        triggers: ClassVar = [*ground_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.code}, {self.label}"

    @property
    def sentence(self) -> str:
        """What goes into the letter: the fact, then the rule."""
        return f"{self.words} ({self.rule})" if self.rule else self.words


class DecisionGround(models.Model):
    """A reason of the list chosen for a decision, while it was recorded."""

    grants = Grants.APPEND_ONLY

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="grounds")
    ground = models.ForeignKey(Ground, on_delete=models.PROTECT, related_name="uses")

    class Meta:
        verbose_name = "motif choisi"
        verbose_name_plural = "motifs choisis"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "ground"], name="decision_ground_once"),
        ]
        triggers: ClassVar = [*chosen_guards(), *append_only()]

    def __str__(self) -> str:
        return str(self.ground)
