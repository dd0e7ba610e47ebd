"""The instructor's opinion, the evaluators' grids, the interests declared."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_fsm import transition

from applications.models import Application, ChangeRequest, Decision, FinalReport
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from fund.models import Criterion
from journal.guards import state_guards
from reviews.guards import (
    conflict_guards,
    neutral_change_guards,
    neutral_decision_guards,
    neutral_report_guards,
    opinion_guards,
    review_guards,
    score_guards,
)
from reviews.states import MAX_SCORE, Advice, ReviewState

S = ReviewState


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


class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, user: Any) -> "ReviewQuerySet":
        """An evaluator: their own, not recused. Others of the desk go through the file."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(evaluator=user).exclude(state=S.RECUSED)


class Review(StatefulModel):
    """The evaluation of one file by one person. Its state changes only by `reviews.services`."""

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="reviews")
    evaluator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    state = StateField("état", max_length=12, choices=ReviewState, default=S.ASSIGNED)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(db_default=Now())
    due_on = models.DateField("attendue le", null=True)
    comment = models.TextField("appréciation générale", blank=True, default="")
    submitted_at = models.DateTimeField("rendue le", null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "évaluation"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "evaluator"], name="review_one_a_person"),
        ]
        indexes: ClassVar = [models.Index(fields=["evaluator", "state", "id"], name="review_evaluator")]
        triggers: ClassVar = [*state_guards(S.ASSIGNED), *review_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Évaluation de {self.application.reference}"

    @transition(state, source=S.ASSIGNED, target=S.STARTED)
    def start(self) -> None: ...

    @transition(state, source=[S.ASSIGNED, S.STARTED], target=S.SUBMITTED)
    def submit(self) -> None:
        self.submitted_at = Now()

    @transition(state, source=[S.ASSIGNED, S.STARTED, S.SUBMITTED], target=S.RECUSED)
    def recuse(self) -> None: ...


class Score(models.Model):
    """A note from 0 to 5 for one criterion, or « non applicable » (value empty)."""

    grants = Grants.OPEN

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    value = models.PositiveSmallIntegerField("note", null=True)
    comment = models.TextField("commentaire", blank=True, default="")

    class Meta:
        verbose_name = "note"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["review", "criterion"], name="score_one_a_criterion"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__lte=MAX_SCORE), name="score_within_bounds"
            ),
        ]
        triggers: ClassVar = [*score_guards()]

    def __str__(self) -> str:
        return f"{self.criterion} : {self.value}"


class Conflict(models.Model):
    """An interest a person has declared in a file: they see nothing of it from then on."""

    grants = Grants.NO_DELETE

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conflicts")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="conflicts")
    reason = models.TextField("intérêt déclaré")
    declared_at = models.DateTimeField("déclaré le", db_default=Now())
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "déport"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "application"], name="conflict_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="conflict_has_reason"),
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
