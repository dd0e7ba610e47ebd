"""The fund, its yearly budget, its envelope and ledger, gapless numbers."""

from datetime import datetime
from typing import ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from common.grants import Grants
from common.guards import Guard, append_only, no_delete
from fund.guards import BUDGET_STAYS, ENVELOPE_STAYS, LINE_STAYS, movement_guards, stays_guard
from fund.states import MOVEMENTS, Account, BudgetLineKind, CreditMode
from fund.vote_guards import closing_guards, line_guards


@pghistory.track(append_only=True)
class Fund(models.Model):
    """The fund and the authority that holds it: names, contacts and legal mentions are data, not code."""

    grants = Grants.NO_DELETE

    name = models.CharField("nom du fonds", max_length=120)
    authority_name = models.CharField("collectivité", max_length=120)
    authority_siret = models.CharField("SIRET", max_length=14, blank=True, default="")
    service_name = models.CharField("service", max_length=120)
    address = models.TextField("adresse", blank=True, default="")
    contact_email = models.EmailField("adresse électronique du service")
    contact_phone = models.CharField("téléphone du service", max_length=30, blank=True, default="")
    signatory_title = models.CharField("qualité du signataire des décisions", max_length=160, blank=True, default="")
    court = models.CharField("tribunal administratif", max_length=200, blank=True, default="")
    credit_mode = models.CharField("crédits", max_length=10, choices=CreditMode, default=CreditMode.ANNUAL)
    legal_mentions = models.TextField("mentions légales", blank=True, default="")
    privacy_notice = models.TextField("données personnelles", blank=True, default="")
    accessibility_statement = models.TextField("déclaration d’accessibilité", blank=True, default="")

    class Meta:
        verbose_name = "fonds"
        verbose_name_plural = "fonds"
        triggers: ClassVar = [*no_delete()]

    def __str__(self) -> str:
        return self.name


class Budget(models.Model):
    """The credits of a year, as voted. Closed: no movement any more."""

    grants = Grants.NO_DELETE

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="budgets")
    year = models.PositiveSmallIntegerField("exercice")
    deliberation = models.CharField("délibération", max_length=120, blank=True, default="")
    voted_on = models.DateField("votée le", null=True, blank=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "budget"
        ordering: ClassVar = ["-year"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fund", "year"], name="budget_one_a_year"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=2100), name="budget_year_sane"),
        ]
        triggers: ClassVar = [stays_guard(BUDGET_STAYS), *closing_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Budget {self.year}"


@pghistory.track(append_only=True)
class BudgetLine(models.Model):
    """A line of the year's budget, with its accounts (M57). Its amount, in cents, is the sum of its votes."""

    grants = Grants.NO_DELETE

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField("nature de la ligne", max_length=20, choices=BudgetLineKind)
    label = models.CharField("intitulé", max_length=120)
    amount_cents = models.BigIntegerField("montant (centimes)", default=0)
    nature_account = models.CharField("compte par nature", max_length=12, blank=True, default="65734")
    function_account = models.CharField("fonction", max_length=12, blank=True, default="52")
    operation = models.CharField("opération", max_length=30, blank=True, default="")

    class Meta:
        verbose_name = "ligne de budget"
        verbose_name_plural = "lignes de budget"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["budget", "kind"], condition=~Q(kind=BudgetLineKind.OTHER), name="budget_line_one_a_kind"
            ),
            models.UniqueConstraint("budget", Lower("label"), name="budget_line_one_a_label"),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=0, amount_cents__lte=10**13), name="budget_line_amount_sane"
            ),
        ]
        triggers: ClassVar = [stays_guard(LINE_STAYS), *line_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.label


class Envelope(models.Model):
    """The euros a call may give: one line of the budget, counted by its ledger. Locked before any decision."""

    grants = Grants.NO_DELETE

    line = models.OneToOneField(BudgetLine, on_delete=models.PROTECT, related_name="envelope")

    class Meta:
        verbose_name = "enveloppe"
        triggers: ClassVar = [stays_guard(ENVELOPE_STAYS), *no_delete()]

    def __str__(self) -> str:
        return f"Enveloppe {self.line.budget.year}"

    @property
    def year(self) -> int:
        return self.line.budget.year


class EnvelopeBalance(models.Model):
    """What stands on each account of an envelope, in cents. The application may only read it: the ledger writes it.

    voted = available + reserved + committed + ordered + paid + recovered, each at least 0.
    """

    grants = Grants.READ_ONLY

    envelope = models.OneToOneField(Envelope, on_delete=models.PROTECT, primary_key=True, related_name="balance")
    voted = models.BigIntegerField("voté", default=0)
    available = models.BigIntegerField("disponible", default=0)
    reserved = models.BigIntegerField("réservé", default=0)
    committed = models.BigIntegerField("engagé", default=0)
    ordered = models.BigIntegerField("ordonnancé", default=0)
    paid = models.BigIntegerField("payé", default=0)
    recovered = models.BigIntegerField("recouvré", default=0)

    class Meta:
        verbose_name = "solde d’enveloppe"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *(
                models.CheckConstraint(condition=Q(**{f"{account}__gte": 0}), name=f"balance_{account}_not_negative")
                for account in Account.values
            ),
            models.CheckConstraint(
                condition=Q(
                    voted=F("available") + F("reserved") + F("committed") + F("ordered") + F("paid") + F("recovered")
                ),
                name="balance_sums_to_voted",
            ),
        ]
        triggers: ClassVar = [*no_delete()]

    def __str__(self) -> str:
        return f"Solde de {self.envelope_id}"


class Movement(models.Model):
    """One line of the ledger: so many cents from one account of the envelope to another. Balanced by construction.

    `subject` is the public number of what moved the money (FI-2026-0001). Never changed: a mistake is reversed.
    """

    grants = Grants.APPEND_ONLY

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="movements")
    operation = models.UUIDField("opération")
    verb = models.CharField("mouvement", max_length=20, choices=[(verb, verb) for verb in MOVEMENTS])
    from_account = models.CharField("de", max_length=10, choices=Account)
    to_account = models.CharField("vers", max_length=10, choices=Account)
    amount_cents = models.BigIntegerField("montant (centimes)")
    subject = models.CharField("objet", max_length=60, db_index=True)
    label = models.CharField("libellé", max_length=200, blank=True, default="")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    occurred_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True, editable=False)
    transaction_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = "mouvement"
        verbose_name_plural = "grand livre"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0, amount_cents__lte=10**13), name="movement_positive"),
            models.CheckConstraint(condition=~Q(from_account=F("to_account")), name="movement_moves"),
            models.UniqueConstraint(fields=["operation", "verb", "subject"], name="movement_once_an_operation"),
        ]
        indexes: ClassVar = [models.Index(fields=["envelope", "-id"], name="movement_envelope")]
        triggers: ClassVar = [*movement_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.verb} {self.amount_cents} ({self.subject})"

    @property
    def at(self) -> datetime | None:
        return self.occurred_at or self.recorded_at


class Counter(models.Model):
    """The last number given in a series and year; taken last in a transaction, so that no number is ever missing."""

    grants = Grants.NO_DELETE

    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    value = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "compteur"
        constraints: ClassVar = [models.UniqueConstraint(fields=["series", "year"], name="counter_once")]
        triggers: ClassVar = [
            Guard(
                name="up_by_one",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                IF TG_OP = 'UPDATE' AND session_user <> current_user
                    AND (NEW.value <> OLD.value + 1 OR (NEW.series, NEW.year) IS DISTINCT FROM (OLD.series, OLD.year))
                    OR TG_OP = 'INSERT' AND session_user <> current_user AND NEW.value > 1 THEN
                    RAISE EXCEPTION 'a counter goes up by one' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
                """,
            ),
            *no_delete(),
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"
