"""The admissibility of a file, point by point, as a person answered it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.models import Application
from common.grants import Grants
from common.guards import append_only
from fund.models import CallPoint
from reviews.instruction_guards import check_guards, complete_guards
from reviews.states import Verdict

V = Verdict


class CheckAnswer(models.Model):
    """One answer to a point of the call, or to a computed rule that fails. The last one counts; all are kept.

    `fact` is what the computed rule said when it was overruled: on other facts the overruling no longer stands.
    """

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="check_answers")
    point = models.ForeignKey(CallPoint, on_delete=models.PROTECT, null=True, related_name="+")
    rule = models.CharField("contrôle calculé", max_length=40, blank=True, default="")
    verdict = models.CharField("réponse", max_length=10, choices=Verdict)
    remark = models.TextField("remarque", blank=True, default="")
    fact = models.TextField("fait constaté", blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField("répondu le", db_default=Now())

    class Meta:
        verbose_name = "contrôle de recevabilité"
        verbose_name_plural = "contrôles de recevabilité"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(point__isnull=False, rule="", verdict__in=[V.YES, V.NO, V.NOT_APPLICABLE])
                | Q(point__isnull=True, verdict__in=[V.OVERRULED, V.UPHELD]) & ~Q(rule=""),
                name="check_answers_a_point_or_a_rule",
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=[V.NO, V.OVERRULED]) | ~Q(remark=""), name="check_says_why"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["application", "id"], name="check_answer_of_file")]
        triggers: ClassVar = [*check_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.rule or self.point} : {self.get_verdict_display()}"


class CheckedApplication(Application):
    """Files seen from here: never found complete while a point of the call has no answer."""

    class Meta:
        proxy = True
        verbose_name = "dossier"
        triggers: ClassVar = [*complete_guards()]
