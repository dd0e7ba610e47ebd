"""The fund, its yearly budget, its envelope and ledger, and its calls."""

from datetime import datetime
from typing import ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django_fsm import FSMField, transition

from common.grants import Grants
from common.guards import Guard, append_only, no_delete
from common.workflow import StatefulModel
from fund.guards import (
    BUDGET_STAYS,
    ENVELOPE_STAYS,
    LINE_STAYS,
    RULES_STAY,
    movement_guards,
    rule_rows_guard,
    stays_guard,
)
from fund.states import (
    MOVEMENTS,
    PUBLIC,
    Account,
    ActionType,
    Audience,
    BudgetLineKind,
    CallState,
    LegalBasis,
    Theme,
)
from journal.guards import state_guards


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
        triggers: ClassVar = [stays_guard(BUDGET_STAYS), *no_delete()]

    def __str__(self) -> str:
        return f"Budget {self.year}"


@pghistory.track(append_only=True)
class BudgetLine(models.Model):
    """A line of the year's budget, in cents, with its accounts (M57)."""

    grants = Grants.NO_DELETE

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField("nature de la ligne", max_length=20, choices=BudgetLineKind)
    label = models.CharField("intitulé", max_length=120)
    amount_cents = models.BigIntegerField("montant (centimes)")
    nature_account = models.CharField("compte par nature", max_length=12, blank=True, default="65734")
    function_account = models.CharField("fonction", max_length=12, blank=True, default="52")
    operation = models.CharField("opération", max_length=30, blank=True, default="")

    class Meta:
        verbose_name = "ligne de budget"
        verbose_name_plural = "lignes de budget"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["budget", "kind"], name="budget_line_one_a_kind"),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=0, amount_cents__lte=10**13), name="budget_line_amount_sane"
            ),
        ]
        triggers: ClassVar = [stays_guard(LINE_STAYS), *no_delete()]

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


class CallQuerySet(models.QuerySet["Call"]):
    def public(self) -> "CallQuerySet":
        return self.filter(state__in=PUBLIC)

    def open_now(self) -> "CallQuerySet":
        """Those that take applications at this instant, by the database's clock."""
        return self.filter(state__in=(CallState.PUBLISHED, CallState.OPEN), opens_at__lte=Now(), closes_at__gt=Now())


@pghistory.track(append_only=True)
class Call(StatefulModel):
    """A call for applications, with its rules. Its state changes only by `fund.services`.

    Rates are basis points (6000 = 60 %), amounts cents. It opens and closes by its dates (Europe/Paris on screen).
    """

    grants = Grants.NO_DELETE

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="calls")
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="calls")
    year = models.PositiveSmallIntegerField("année")
    state = FSMField("état", max_length=20, choices=CallState, default=CallState.DRAFT, protected=True)
    title = models.CharField("titre", max_length=160)
    slug = models.SlugField(max_length=80, unique=True)
    summary = models.TextField("présentation")
    rules = models.TextField("règlement", blank=True, default="")
    opens_at = models.DateTimeField("ouverture")
    closes_at = models.DateTimeField("clôture")
    decision_expected_on = models.DateField("décision prévue le", null=True, blank=True)
    audience = models.CharField("communes concernées", max_length=20, choices=Audience, default=Audience.ALL)
    themes = ArrayField(models.CharField(max_length=30, choices=Theme), verbose_name="thèmes")
    action_types = ArrayField(models.CharField(max_length=30, choices=ActionType), verbose_name="types d’action")
    max_rate_bp = models.PositiveIntegerField("taux maximum")
    ceiling_cents = models.BigIntegerField("plafond d’une aide")
    floor_cents = models.BigIntegerField("plancher d’une aide")
    min_own_share_bp = models.PositiveIntegerField("part minimale de la commune")
    legal_basis = models.CharField("base juridique", max_length=20, choices=LegalBasis)
    report_due_on = models.DateField("bilan attendu le")
    number_prefix = models.CharField(max_length=6, default="FI")
    contact = models.CharField("contact", max_length=200, blank=True, default="")
    published_at = models.DateTimeField(null=True, editable=False)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = "appel"
        ordering: ClassVar = ["-year", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="call_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(max_rate_bp__gt=0, max_rate_bp__lte=10000, min_own_share_bp__lte=10000),
                name="call_rates_sane",
            ),
            models.CheckConstraint(
                condition=Q(floor_cents__gt=0, ceiling_cents__gte=F("floor_cents"), ceiling_cents__lte=10**13),
                name="call_amounts_sane",
            ),
        ]
        triggers: ClassVar = [
            *state_guards(CallState.DRAFT),
            Guard(name="rules", when=pgtrigger.Before, operation=pgtrigger.Update, func=RULES_STAY),
            *no_delete(),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def theme_labels(self) -> list[str]:
        return [Theme(theme).label for theme in self.themes]

    @property
    def action_type_labels(self) -> list[str]:
        return [ActionType(kind).label for kind in self.action_types]

    def takes_applications(self, at: datetime | None = None) -> bool:
        """By the clock of this process; the database has the last word when a file is sent."""
        at = at or timezone.now()
        return self.state in (CallState.PUBLISHED, CallState.OPEN) and self.opens_at <= at < self.closes_at

    @transition(state, source=CallState.DRAFT, target=CallState.PUBLISHED)
    def publish(self) -> None:
        self.published_at = Now()

    @transition(state, source=CallState.PUBLISHED, target=CallState.OPEN)
    def open(self) -> None: ...

    @transition(state, source=CallState.OPEN, target=CallState.CLOSED)
    def close(self) -> None: ...

    @transition(state, source=CallState.CLOSED, target=CallState.DECIDING)
    def start_deciding(self) -> None: ...

    @transition(state, source=CallState.DECIDING, target=CallState.DECIDED)
    def finish_deciding(self) -> None: ...

    @transition(state, source=CallState.DECIDED, target=CallState.ARCHIVED)
    def archive(self) -> None: ...


class CallDocument(models.Model):
    """A document the call asks for."""

    grants = Grants.OPEN

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="documents")
    code = models.SlugField(max_length=40)
    label = models.CharField("pièce", max_length=160)
    help = models.TextField("aide", blank=True, default="")
    required = models.BooleanField("obligatoire", default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "pièce demandée"
        verbose_name_plural = "pièces demandées"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["call", "code"], name="call_document_code_once")]
        triggers: ClassVar = [rule_rows_guard()]

    def __str__(self) -> str:
        return self.label


class Criterion(models.Model):
    """A criterion of the evaluation grid, scored 0 to 5; the weights of a call sum to 100."""

    grants = Grants.OPEN

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="criteria")
    code = models.SlugField(max_length=40)
    label = models.CharField("critère", max_length=160)
    help = models.TextField("ce qu’on regarde", blank=True, default="")
    weight = models.PositiveSmallIntegerField("poids")
    anchors = models.JSONField("repères par note", default=list, help_text="six phrases, de 0 à 5")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "critère"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "code"], name="criterion_code_once"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="criterion_weight_sane"),
        ]
        triggers: ClassVar = [rule_rows_guard()]

    def __str__(self) -> str:
        return self.label


class PlannedShare(models.Model):
    """One instalment of the call's plan: a share of the award, in basis points; the shares of a call sum to 10 000."""

    grants = Grants.OPEN

    class Kind(models.TextChoices):
        ADVANCE = "advance", "Acompte"
        INTERIM = "interim", "Acompte intermédiaire"
        BALANCE = "balance", "Solde"
        SINGLE = "single", "Versement unique"

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="plan")
    kind = models.CharField("sorte", max_length=10, choices=Kind)
    share_bp = models.PositiveIntegerField("part")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "versement prévu"
        verbose_name_plural = "versements prévus"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(share_bp__gt=0, share_bp__lte=10000), name="planned_share_sane")
        ]
        triggers: ClassVar = [rule_rows_guard()]

    def __str__(self) -> str:
        return self.get_kind_display()


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
