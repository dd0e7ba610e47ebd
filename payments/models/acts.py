"""The life of an award after its decision: each change is an act, prepared by one person and signed by another."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Organisation
from applications.models import Application, Decision
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from fund.models import Movement
from journal.guards import state_guards
from payments.act_guards import act_guards, ended_guards
from payments.states import ENDING_ACTS, ActKind, ActState

A = ActState


class AwardAct(StatefulModel):
    """An extension of the lapse date, a reduction, the cancellation of an award, or its lapse. An award never ends by itself.

    A cancellation or a lapse frees what is not paid: the planned instalments fall, their money comes back (`movement`).
    A reduction takes `reduction_cents` from `award_cents`, what the award was when the act was prepared (by the database).
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="acts")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="acts")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = StateField("état", max_length=12, choices=ActState, default=A.PREPARED)
    kind = models.CharField("acte", max_length=12, choices=ActKind)
    reason = models.TextField("motifs")
    before = models.DateField("caducité d’avant", null=True)
    until = models.DateField("nouvelle caducité", null=True)
    award_cents = models.BigIntegerField("aide en vigueur", default=0)
    reduction_cents = models.BigIntegerField("réduction", default=0)
    released_cents = models.BigIntegerField("somme libérée", default=0)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("préparé le", db_default=Now())
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField("signé le", null=True)
    act_number = models.CharField("numéro d’acte", max_length=60, blank=True, default="")
    act_date = models.DateField("date de l’acte", null=True)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, null=True, related_name="+")
    letter = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "acte sur une aide"
        verbose_name_plural = "actes sur les aides"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision"], condition=Q(state=A.PREPARED), name="act_one_prepared"),
            models.UniqueConstraint(
                fields=["decision"], condition=Q(state=A.SIGNED, kind__in=ENDING_ACTS), name="act_ends_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="act_has_reasons"),
            models.CheckConstraint(
                condition=~Q(kind=ActKind.EXTENSION)
                | Q(until__isnull=False, before__isnull=False, until__gt=F("before")),
                name="act_extends",
            ),
            models.CheckConstraint(
                condition=Q(kind=ActKind.REDUCTION, reduction_cents__gt=0, reduction_cents__lt=F("award_cents"))
                | ~Q(kind=ActKind.REDUCTION) & Q(reduction_cents=0),
                name="act_reduces",
            ),
            models.CheckConstraint(
                condition=~Q(state=A.SIGNED) & Q(signed_by__isnull=True)
                | Q(state=A.SIGNED, signed_by__isnull=False, signed_at__isnull=False, act_date__isnull=False)
                & ~Q(act_number="")
                & ~Q(signed_by=F("prepared_by")),
                name="act_signed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(released_cents=0, movement__isnull=True) | Q(released_cents__gt=0, movement__isnull=False),
                name="act_frees_by_movement",
            ),
        ]
        triggers: ClassVar = [*state_guards(A.PREPARED), *act_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.application.reference}"

    @transition(state, source=A.PREPARED, target=A.SIGNED)
    def sign(self, *, signatory: Any, act_number: str, act_date: Any, released: int, movement: Any) -> None:
        self.signed_by, self.signed_at = signatory, Now()
        self.act_number, self.act_date = act_number, act_date
        self.released_cents, self.movement = released, movement

    @transition(state, source=A.PREPARED, target=A.WITHDRAWN)
    def withdraw(self) -> None: ...


class EndedApplication(Application):
    """The file seen from here: it is cancelled or lapses by a signed act."""

    class Meta:
        proxy = True
        verbose_name = "dossier"
        triggers: ClassVar[list[Any]] = [*ended_guards()]
