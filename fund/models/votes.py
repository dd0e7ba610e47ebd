"""What the assembly voted: credits of each line, and the payments of each year. Never changed: a correction is a vote."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from common.grants import Grants
from common.guards import append_only
from fund.models.money import Budget, BudgetLine, Movement
from fund.states import VoteKind
from fund.vote_guards import payment_credit_guards, vote_guards, voted_guards


class Voted(models.Model):
    """A signed amount, dated, with the deliberation that says so and the person who wrote it down."""

    amount_cents = models.BigIntegerField("montant (centimes)")
    deliberation = models.CharField("délibération", max_length=120)
    voted_on = models.DateField("votée le")
    label = models.CharField("objet", max_length=200, blank=True, default="")
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    occurred_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def at(self) -> datetime | None:
        return self.occurred_at or self.recorded_at


class BudgetVote(Voted):
    """Credits given to a line or taken from it: the amount of a line is the sum of its votes.

    A transfer or a carry-over is two votes of one `operation`, of opposite amounts. On the fund's line each vote has its
    movement of the ledger, and each movement of credits its vote.
    """

    grants = Grants.APPEND_ONLY

    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="votes")
    kind = models.CharField("sorte", max_length=12, choices=VoteKind)
    operation = models.UUIDField("opération")
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, null=True, related_name="vote")

    class Meta:
        verbose_name = "vote de crédits"
        verbose_name_plural = "votes de crédits"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(amount_cents=0) & Q(amount_cents__gte=-(10**13), amount_cents__lte=10**13),
                name="vote_amount_sane",
            ),
            models.CheckConstraint(condition=~Q(deliberation=""), name="vote_has_deliberation"),
            models.UniqueConstraint(fields=["operation", "line"], name="vote_once_an_operation"),
            models.UniqueConstraint(fields=["line"], condition=Q(kind=VoteKind.INITIAL), name="vote_one_initial"),
        ]
        triggers: ClassVar = [*vote_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_cents} ({self.deliberation})"


class PaymentCredit(Voted):
    """Crédits de paiement of a year: the ceiling of what its batches may order, where the fund counts in AE/CP."""

    grants = Grants.APPEND_ONLY

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="payment_credits")
    key = models.UUIDField("opération", unique=True)

    class Meta:
        verbose_name = "crédit de paiement"
        verbose_name_plural = "crédits de paiement"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(amount_cents=0) & Q(amount_cents__gte=-(10**13), amount_cents__lte=10**13),
                name="payment_credit_amount_sane",
            ),
            models.CheckConstraint(condition=~Q(deliberation=""), name="payment_credit_has_deliberation"),
        ]
        triggers: ClassVar = [*payment_credit_guards(), *append_only()]

    def __str__(self) -> str:
        return f"Crédits de paiement {self.budget.year} : {self.amount_cents}"


class CreditMovement(Movement):
    """The ledger seen from here: credits enter and leave an envelope by a vote only."""

    class Meta:
        proxy = True
        verbose_name = "mouvement"
        triggers: ClassVar[list[Any]] = [*voted_guards()]
