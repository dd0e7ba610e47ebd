"""The change of an awarded action: asked by the commune, accepted or refused by the fund."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from applications.guards import change_guards
from applications.models.application import Application
from applications.models.decision import Decision
from applications.states import ChangeState
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from fund.models import Movement
from journal.guards import state_guards

C = ChangeState
OPEN = (C.REQUESTED, C.AGREED)


class ChangeRequest(StatefulModel):
    """New dates, another content or a lower amount for an awarded action. The decision itself never changes.

    `before` and `award_cents` are what stands, copied by the database. `after` names only what changes; `reduction_cents` is
    what the commune gives back. A lower amount is agreed by the fund manager, then signed under an act by another person:
    the money comes back to the envelope (`movement`), and the award is from then on the sum of both.
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="changes")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="changes")
    state = StateField("état", max_length=12, choices=ChangeState, default=C.REQUESTED)
    before = models.JSONField("avant", default=dict)
    after = models.JSONField("après", default=dict)
    award_cents = models.BigIntegerField("aide en vigueur", default=0)
    reduction_cents = models.BigIntegerField("somme rendue", default=0)
    reason = models.TextField("pourquoi")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("demandée le", db_default=Now())
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField("accord le", null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("répondue le", null=True)
    answer = models.TextField("réponse", blank=True, default="")
    act_number = models.CharField("numéro d’acte", max_length=60, blank=True, default="")
    act_date = models.DateField("date de l’acte", null=True)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, null=True, related_name="+")
    letter = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "demande de modification"
        verbose_name_plural = "demandes de modification"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application"], condition=Q(state__in=OPEN), name="change_one_open"),
            models.CheckConstraint(condition=~Q(reason=""), name="change_has_reason"),
            models.CheckConstraint(
                condition=Q(reduction_cents__gte=0) & Q(reduction_cents__lt=F("award_cents")), name="change_lowers_only"
            ),
            models.CheckConstraint(
                condition=(Q(agreed_by__isnull=True) | ~Q(agreed_by=F("asked_by")))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by"))),
                name="change_answered_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=C.AGREED) | Q(reduction_cents__gt=0, agreed_by__isnull=False), name="change_agreed"
            ),
            models.CheckConstraint(
                condition=~Q(state=C.REFUSED) | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(answer=""),
                name="change_refusal_has_reasons",
            ),
            models.CheckConstraint(
                condition=~Q(state=C.ACCEPTED)
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & (
                    Q(reduction_cents=0, movement__isnull=True)
                    | Q(reduction_cents__gt=0, movement__isnull=False, agreed_by__isnull=False)
                    & Q(act_date__isnull=False)
                    & ~Q(act_number="")
                    & ~Q(agreed_by=F("decided_by"))
                ),
                name="change_reduction_is_signed",
            ),
        ]
        triggers: ClassVar = [*state_guards(C.REQUESTED), *change_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Modification de {self.application.reference}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def new_award_cents(self) -> int:
        return self.award_cents - self.reduction_cents

    @transition(state, source=C.REQUESTED, target=C.AGREED)
    def agree(self, *, actor: Any) -> None:
        self.agreed_by, self.agreed_at = actor, Now()

    @transition(state, source=[C.REQUESTED, C.AGREED], target=C.ACCEPTED)
    def accept(self, *, actor: Any, answer: str) -> None:
        self.decided_by, self.decided_at, self.answer = actor, Now(), answer

    @transition(state, source=[C.REQUESTED, C.AGREED], target=C.REFUSED)
    def refuse(self, *, actor: Any, answer: str) -> None:
        self.decided_by, self.decided_at, self.answer = actor, Now(), answer

    @transition(state, source=[C.REQUESTED, C.AGREED], target=C.WITHDRAWN)
    def withdraw(self) -> None: ...
