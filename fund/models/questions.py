"""The questions a call adds to the form, in versions: a version in service never changes, each file keeps its own."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from fund.models.calls import Call
from fund.questions.guards import question_guards, set_guards
from fund.questions.states import (
    FIGURES,
    LISTS,
    MOST_ROWS,
    TEXTS,
    Operator,
    QuestionKind,
    QuestionSection,
    QuestionSetState,
)
from journal.guards import state_guards

K = QuestionKind
S = QuestionSetState
COMPARISONS = (Operator.EQUALS, Operator.CONTAINS, Operator.LEAST, Operator.MOST)


class QuestionSet(StatefulModel):
    """One version of a call's questions: prepared, then in service. `reason` says why it replaces the one before."""

    grants = Grants.NO_DELETE

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="question_sets")
    number = models.PositiveSmallIntegerField("version", default=1)
    state = StateField("état", max_length=10, choices=S, default=S.DRAFT)
    reason = models.TextField("motif", blank=True, default="")
    frozen_at = models.DateTimeField("en service depuis le", null=True, editable=False)

    class Meta:
        verbose_name = "questions d’un appel"
        verbose_name_plural = "questions des appels"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "number"], name="question_set_number_once"),
            models.UniqueConstraint(fields=["call"], condition=Q(state=S.DRAFT), name="question_set_one_prepared"),
            models.CheckConstraint(condition=Q(number__gte=1), name="question_set_counts_from_one"),
            models.CheckConstraint(
                condition=Q(state=S.DRAFT, frozen_at__isnull=True) | Q(state=S.FROZEN, frozen_at__isnull=False),
                name="question_set_frozen_when",
            ),
        ]
        triggers: ClassVar = [*state_guards(S.DRAFT), *set_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Questions, version {self.number}"

    @transition(state, source=S.DRAFT, target=S.FROZEN)
    def freeze(self, *, why: str = "") -> None:
        self.reason, self.frozen_at = why, Now()


class Question(models.Model):
    """A question of a set. `position` is its place in the whole set; a block's questions have it as `parent`.

    `minimum` and `maximum` bound a number (units) or an amount (cents). `asked_if` with `operator` and `value` says when
    it is asked; the condition looks at an earlier question.
    """

    grants = Grants.OPEN

    set = models.ForeignKey(QuestionSet, on_delete=models.PROTECT, related_name="questions")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.SlugField(max_length=36)
    kind = models.CharField("sorte de réponse", max_length=10, choices=QuestionKind)
    label = models.CharField("question", max_length=200)
    help = models.TextField("aide", blank=True, default="")
    required = models.BooleanField("réponse obligatoire", default=False)
    section = models.CharField("section", max_length=20, choices=QuestionSection, default=QuestionSection.QUESTIONS)
    position = models.PositiveSmallIntegerField(default=0)
    limit_words = models.PositiveSmallIntegerField("nombre de mots au plus", null=True, blank=True)
    minimum = models.BigIntegerField("au moins", null=True, blank=True)
    maximum = models.BigIntegerField("au plus", null=True, blank=True)
    earliest = models.DateField("au plus tôt", null=True, blank=True)
    latest = models.DateField("au plus tard", null=True, blank=True)
    choices = ArrayField(models.CharField(max_length=200), default=list, blank=True, verbose_name="choix")
    rows_min = models.PositiveSmallIntegerField("fois au moins", null=True, blank=True)
    rows_max = models.PositiveSmallIntegerField("fois au plus", null=True, blank=True)
    asked_if = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="opens")
    operator = models.CharField(max_length=10, choices=Operator, blank=True, default="")
    value = models.CharField("valeur", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "question"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["set", "code"], name="question_code_once"),
            models.UniqueConstraint(
                fields=["set", "position"], name="question_position_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=~Q(label="") & ~Q(code=""), name="question_says_something"),
            models.CheckConstraint(
                condition=Q(kind__in=LISTS, choices__len__gte=2) | ~Q(kind__in=LISTS) & Q(choices__len=0),
                name="question_choices_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(limit_words__isnull=True) | Q(kind__in=TEXTS, limit_words__gte=1, limit_words__lte=2000),
                name="question_words_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(minimum__isnull=True, maximum__isnull=True)
                | Q(kind__in=FIGURES)
                & (Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lte=F("maximum"))),
                name="question_bounds_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(earliest__isnull=True, latest__isnull=True)
                | Q(kind=K.DATE) & (Q(earliest__isnull=True) | Q(latest__isnull=True) | Q(earliest__lte=F("latest"))),
                name="question_days_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind=K.BLOCK, required=False, rows_min__lte=F("rows_max"), rows_max__gte=1)
                & Q(rows_max__lte=MOST_ROWS)
                & Q(rows_min__isnull=False, rows_max__isnull=False)
                | ~Q(kind=K.BLOCK) & Q(rows_min__isnull=True, rows_max__isnull=True),
                name="question_rows_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(asked_if__isnull=True, operator="", value="")
                | Q(asked_if__isnull=False, operator=Operator.FILLED, value="")
                | Q(asked_if__isnull=False, operator__in=COMPARISONS) & ~Q(value=""),
                name="question_condition_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(kind__in=(K.FILE, K.BLOCK)), name="question_no_block_in_a_block"
            ),
        ]
        triggers: ClassVar = [*question_guards()]

    def __str__(self) -> str:
        return self.label

    @property
    def is_block(self) -> bool:
        return self.kind == K.BLOCK

    @property
    def is_file(self) -> bool:
        return self.kind == K.FILE

    @property
    def file_code(self) -> str:
        """The code of the documents that answer it."""
        return f"q-{self.code}"
