"""What the commune answers to the call's own questions."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from applications.guards import QUESTION_ANSWER, child_guards
from applications.models.application import Application
from common.grants import Grants
from fund.models import Question
from fund.questions.states import MOST_ROWS


class QuestionAnswer(models.Model):
    """One answer, in the canonical JSON of its kind (fund.questions.values). In a block, `occurrence` counts from 0.

    It answers a question of the file's own version; those of a version left behind stay, and are not sent.
    """

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="question_answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    occurrence = models.PositiveSmallIntegerField("fois", default=0)
    value = models.JSONField("réponse")

    class Meta:
        verbose_name = "réponse à une question de l’appel"
        verbose_name_plural = "réponses aux questions de l’appel"
        ordering: ClassVar = ["question", "occurrence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "question", "occurrence"], name="question_answer_once"),
            models.CheckConstraint(condition=Q(occurrence__lt=MOST_ROWS), name="question_answer_occurrence_sane"),
        ]
        triggers: ClassVar = [*child_guards(QUESTION_ANSWER)]

    def __str__(self) -> str:
        return f"{self.question_id}, {self.occurrence}"
