"""The calls for applications and their rules."""

from datetime import datetime
from typing import ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from common.grants import Grants
from common.guards import Guard, no_delete
from common.workflow import StateField, StatefulModel
from fund.guards import RULES_STAY, rule_rows_guard
from fund.models.money import Envelope, Fund
from fund.states import PUBLIC, ActionType, Audience, CallState, LegalBasis, Theme
from journal.guards import state_guards


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
    state = StateField("état", max_length=20, choices=CallState, default=CallState.DRAFT)
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
    # Of the evaluation: under this note a comment is asked (0: never); over this spread of the grids, one more reading.
    comment_under = models.PositiveSmallIntegerField("commentaire demandé sous la note", default=3, db_default=3)
    second_reading_over = models.PositiveSmallIntegerField(
        "écart qui demande une seconde lecture", default=30, db_default=30
    )
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
                condition=Q(comment_under__lte=5, second_reading_over__lte=100), name="call_reading_sane"
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

    def takes_applications(self, at: datetime) -> bool:
        """At this instant of the database's clock, which also decides when a file is sent."""
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
    valid_months = models.PositiveSmallIntegerField("validité, en mois", null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "pièce demandée"
        verbose_name_plural = "pièces demandées"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["call", "code"], name="call_document_code_once"),
            models.CheckConstraint(
                condition=models.Q(valid_months__isnull=True) | models.Q(valid_months__range=(1, 120)),
                name="call_document_validity_sane",
            ),
        ]
        triggers: ClassVar = [rule_rows_guard()]

    def __str__(self) -> str:
        return self.label

    @property
    def age(self) -> str:
        """How recent it must be, in words; empty when it does not expire."""
        return f"de moins de {self.valid_months} mois" if self.valid_months else ""


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


class CallPoint(models.Model):
    """A point that a person checks on each file before it is found admissible; what can be computed is not listed here."""

    grants = Grants.OPEN

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="points")
    code = models.SlugField(max_length=40)
    label = models.CharField("point à vérifier", max_length=200)
    help = models.TextField("où regarder", blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "point à vérifier"
        verbose_name_plural = "points à vérifier"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["call", "code"], name="call_point_code_once")]
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
    # From the act of award for an advance or an interim payment, from the day the report is due for the others.
    days_after = models.PositiveSmallIntegerField("jours après", null=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "versement prévu"
        verbose_name_plural = "versements prévus"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(share_bp__gt=0, share_bp__lte=10000), name="planned_share_sane"),
            models.CheckConstraint(condition=Q(days_after__lte=1100), name="planned_share_day_sane"),
        ]
        triggers: ClassVar = [rule_rows_guard()]

    def __str__(self) -> str:
        return self.get_kind_display()
