"""The evaluators' grids."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_fsm import transition

from applications.models import Application
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from fund.models import Criterion
from journal.guards import state_guards
from reviews.guards import (
    review_guards,
    score_guards,
)
from reviews.states import MAX_SCORE, ReviewState

S = ReviewState


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
    # Asked because the first grids are far apart: the evaluation is not closed without it.
    second_reading = models.BooleanField("seconde lecture", default=False, db_default=False)
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
