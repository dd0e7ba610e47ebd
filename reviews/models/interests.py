"""The interests declared, and what the database refuses from a person who has one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.models import Appeal, Application, ChangeRequest, Decision, FileLabel, FinalReport
from common.grants import Grants
from common.guards import no_delete
from reviews.guards import (
    conflict_guards,
    neutral_appeal_guards,
    neutral_change_guards,
    neutral_decision_guards,
    neutral_label_guards,
    neutral_report_guards,
)


class Conflict(models.Model):
    """An interest a person has declared in a file: they see nothing of it from then on."""

    grants = Grants.NO_DELETE

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conflicts")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="conflicts")
    reason = models.TextField("intérêt déclaré")
    # The organisation that the person named for the whole call, when the interest comes from there.
    named = models.ForeignKey(
        "reviews.DeclaredOrganisation", on_delete=models.PROTECT, null=True, related_name="conflicts"
    )
    declared_at = models.DateTimeField("déclaré le", db_default=Now())
    lifted_at = models.DateTimeField("levé le", null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    lift_reason = models.TextField("motif de la levée", blank=True, db_default="", default="")

    class Meta:
        verbose_name = "déport"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "application"], condition=Q(lifted_at__isnull=True), name="conflict_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="conflict_has_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason=""),
                name="conflict_lifted_with_reason",
            ),
        ]
        triggers: ClassVar = [*conflict_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Déport de {self.user}"


class NeutralDecision(Decision):
    """Decisions seen from here: the database refuses one recorded by a person with an interest in the file."""

    class Meta:
        proxy = True
        verbose_name = "décision"
        triggers: ClassVar = [*neutral_decision_guards()]


class NeutralReport(FinalReport):
    """Final reports seen from here: never accepted by a person with an interest in the file."""

    class Meta:
        proxy = True
        verbose_name = "bilan"
        triggers: ClassVar = [*neutral_report_guards()]


class NeutralChange(ChangeRequest):
    """Changes of awarded actions seen from here: answered by nobody with an interest in the file."""

    class Meta:
        proxy = True
        verbose_name = "demande de modification"
        triggers: ClassVar = [*neutral_change_guards()]


class NeutralAppeal(Appeal):
    """Gracious appeals seen from here: answered by nobody with an interest in the file."""

    class Meta:
        proxy = True
        verbose_name = "recours gracieux"
        triggers: ClassVar = [*neutral_appeal_guards()]


class NeutralLabel(FileLabel):
    """Labels on files seen from here: put by nobody with an interest in the file."""

    class Meta:
        proxy = True
        verbose_name = "étiquette d’un dossier"
        triggers: ClassVar = [*neutral_label_guards()]
