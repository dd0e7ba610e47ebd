"""The decision on a file."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Delegation
from applications.appeal_guards import revoked_guards
from applications.guards import award_guards, decision_guards
from applications.letter_guards import text_signed_guards
from applications.models.application import Application
from applications.models.letter_text import LetterText
from applications.states import GONE, DecisionKind, DecisionState, LetterKind
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from fund.models import Movement
from journal.guards import state_guards

D = DecisionState
GIVEN_BACK = "decommit"  # the movement by which money of an award returns to its envelope


class Decision(StatefulModel):
    """What was decided, by whom, signed by another person. Its state changes only by `applications.services`.

    Recording a grant commits the money (`movement`). Once signed it never changes. One effective decision a file.
    The bounds (`requested_cents`, `allowed_cents`) are copied from the file by the database.
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    state = StateField("état", max_length=12, choices=DecisionState, default=D.RECORDED)
    kind = models.CharField("sens", max_length=10, choices=DecisionKind)
    amount_cents = models.BigIntegerField("montant accordé", default=0)
    requested_cents = models.BigIntegerField(default=0, editable=False)
    allowed_cents = models.BigIntegerField(default=0, editable=False)
    reasons = models.TextField("motifs", blank=True, default="")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("enregistrée le", db_default=Now())
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField("signée le", null=True)
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, null=True, related_name="+")
    act_number = models.CharField("numéro d’acte", max_length=60, blank=True, default="")
    act_date = models.DateField("date de l’acte", null=True)
    notified_at = models.DateTimeField("notifiée le", null=True)
    text = models.ForeignKey(LetterText, on_delete=models.PROTECT, null=True, related_name="decisions")
    letter = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "décision"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind=DecisionKind.GRANT, amount_cents__gt=0, movement__isnull=False)
                & Q(amount_cents__lte=F("requested_cents"))
                & Q(amount_cents__lte=F("allowed_cents"))
                | ~Q(kind=DecisionKind.GRANT) & Q(amount_cents=0, movement__isnull=True),
                name="decision_amount_fits",
            ),
            models.CheckConstraint(
                condition=~Q(kind=DecisionKind.REJECT) | ~Q(reasons=""), name="decision_refusal_has_reasons"
            ),
            models.CheckConstraint(
                condition=~Q(kind=DecisionKind.GRANT) | Q(amount_cents=F("requested_cents")) | ~Q(reasons=""),
                name="decision_reduction_has_reasons",
            ),
            models.CheckConstraint(
                condition=Q(state__in=(D.RECORDED, D.WITHDRAWN), signed_by__isnull=True)
                | Q(state__in=(D.SIGNED, D.NOTIFIED, D.REVOKED), signed_by__isnull=False, act_date__isnull=False)
                & Q(signed_at__isnull=False)
                & ~Q(act_number="")
                & ~Q(signed_by=F("recorded_by")),
                name="decision_signed_by_another",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=~Q(state__in=GONE) & ~Q(kind=DecisionKind.WAITLIST),
                name="decision_one_effective",
            ),
            models.UniqueConstraint(fields=["movement"], name="decision_movement_once"),
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=~Q(state__in=GONE),
                name="decision_one_a_kind",
            ),
        ]
        triggers: ClassVar = [
            *state_guards(D.RECORDED),
            *decision_guards(),
            *text_signed_guards(),
            *revoked_guards(),
            *no_delete(),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.application.reference}"

    @property
    def letter_kind(self) -> LetterKind:
        if self.kind == DecisionKind.GRANT:
            return LetterKind.REDUCED if self.amount_cents < self.requested_cents else LetterKind.AWARD
        return LetterKind.WAITLIST if self.kind == DecisionKind.WAITLIST else LetterKind.REFUSAL

    @property
    def now_cents(self) -> int:
        """What the award amounts to today: less what went back to the envelope (`awards.given_back_of` spares a query)."""
        given_back = self.__dict__.get("given_back")
        if given_back is None and self.kind == DecisionKind.GRANT:
            given = Movement.objects.filter(verb=GIVEN_BACK, subject=self.application.number)
            given_back = given.aggregate(cents=Sum("amount_cents"))["cents"]
        return self.amount_cents - int(given_back or 0)

    @transition(state, source=D.RECORDED, target=D.SIGNED)
    def sign(
        self,
        *,
        signatory: Any,
        act_number: str,
        act_date: Any,
        text: LetterText | None = None,
        delegation: Delegation | None = None,
    ) -> None:
        self.signed_by, self.signed_at, self.text = signatory, Now(), text
        self.act_number, self.act_date, self.delegation = act_number, act_date, delegation

    @transition(state, source=D.SIGNED, target=D.NOTIFIED)
    def notify(self) -> None:
        self.notified_at = Now()

    @transition(state, source=D.RECORDED, target=D.WITHDRAWN)
    def withdraw(self) -> None: ...

    @transition(state, source=D.NOTIFIED, target=D.REVOKED)
    def revoke(self) -> None:
        """A refusal taken back on an appeal that was accepted: the file is decided again."""


class AwardMovement(Movement):
    """The ledger seen from here: the money of a standing award is not given back behind its decision."""

    class Meta:
        proxy = True
        verbose_name = "mouvement"
        triggers: ClassVar = [*award_guards()]
