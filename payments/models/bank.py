"""Bank details and their versions; the rules of payment that the guards read."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django_fsm import transition

from accounts.models import Organisation
from accounts.states import READING_ROLES
from common.grants import Grants
from common.guards import append_only, no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from journal.guards import state_guards
from payments.bank_guards import LAPSE_DAYS, WARNED_DAYS, bank_guards, rules_guards
from payments.states import BankState

K = BankState


class PaymentRules(models.Model):
    """The rules of payment, version after version; the last that is in force is read by the guards themselves.

    `cooling_hours`: how long changed bank details wait. `visa_from_cents`: from which amount a payment wants the visa of the
    head of service; nobody's when empty. What loosens is in force later, by the database (`effective_from`).
    `lapse_days`: how long an award signed under these rules lives; `warned_days`: how long before, its commune is warned.
    """

    grants = Grants.APPEND_ONLY

    cooling_hours = models.PositiveSmallIntegerField("attente d’un compte changé, en heures")
    visa_from_cents = models.BigIntegerField("visa à partir de", null=True)
    lapse_days = models.PositiveSmallIntegerField("durée de vie d’une aide, en jours", default=LAPSE_DAYS)
    warned_days = models.PositiveSmallIntegerField("avertissement avant la caducité, en jours", default=WARNED_DAYS)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField("écrite le", db_default=Now())
    effective_from = models.DateTimeField("en vigueur à partir du", db_default=Now())

    class Meta:
        verbose_name = "règle de paiement"
        verbose_name_plural = "règles de paiement"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cooling_hours__gte=24, cooling_hours__lte=2160), name="rules_cooling"),
            models.CheckConstraint(
                condition=Q(visa_from_cents__isnull=True) | Q(visa_from_cents__gte=0), name="rules_visa"
            ),
            models.CheckConstraint(
                condition=Q(lapse_days__gte=90, lapse_days__lte=3650, warned_days__gte=1, warned_days__lte=365),
                name="rules_lapse",
            ),
        ]
        triggers: ClassVar = [*rules_guards(), *append_only()]

    def __str__(self) -> str:
        return f"Règles {self.pk}"


class BankVersionQuerySet(models.QuerySet["BankVersion"]):
    def visible_to(self, user: Any) -> "BankVersionQuerySet":
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(*READING_ROLES):
            return self.all()
        return self.filter(organisation__in=user.organisation_ids())


class BankVersion(StatefulModel):
    """One version of an organisation's bank details; a change is a new version, verified by another person."""

    grants = Grants.NO_DELETE

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="bank_versions")
    state = StateField("état", max_length=12, choices=BankState, default=K.DECLARED)
    iban = models.CharField("IBAN", max_length=34)
    bic = models.CharField("BIC", max_length=11, blank=True, default="")
    holder = models.CharField("titulaire", max_length=120)
    document = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="RIB")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="remplace")
    previous_document = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="ancien RIB"
    )
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField("déclaré le", db_default=Now())
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField("vérifié le", null=True)
    called_person = models.CharField("personne rappelée", max_length=120, blank=True, default="")
    called_number = models.CharField("numéro rappelé", max_length=30, blank=True, default="")
    called_on = models.DateField("rappelée le", null=True)
    warnings = models.JSONField("alertes montrées à la vérification", default=list)
    verification_note = models.CharField("comment", max_length=300, blank=True, default="")
    usable_from = models.DateTimeField("utilisable à partir du", null=True)
    refusal_reason = models.CharField("motif du refus", max_length=300, blank=True, default="")

    objects = BankVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "coordonnées bancaires"
        verbose_name_plural = "coordonnées bancaires"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(iban__regex=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$"), name="bank_iban_shape"
            ),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("declared_by")),
                name="bank_verified_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(K.VERIFIED, K.SUPERSEDED))
                | Q(verified_by__isnull=False, verified_at__isnull=False, usable_from__isnull=False),
                name="bank_verified_is_complete",
            ),
            models.UniqueConstraint(fields=["organisation"], condition=Q(state=K.VERIFIED), name="bank_one_verified"),
            models.UniqueConstraint(fields=["organisation"], condition=Q(state=K.DECLARED), name="bank_one_declared"),
            models.UniqueConstraint(fields=["id", "organisation"], name="bank_tenant"),
        ]
        triggers: ClassVar = [*state_guards(K.DECLARED), *bank_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.holder} ({self.masked})"

    @property
    def masked(self) -> str:
        return f"{self.iban[:4]} •••• •••• {self.iban[-4:]}"

    @property
    def cools(self) -> bool:
        """Verified, but too young to be paid (for the screen: the database decides by its own clock)."""
        return self.state == K.VERIFIED and self.usable_from is not None and self.usable_from > timezone.now()

    @transition(state, source=K.DECLARED, target=K.VERIFIED)
    def verify(
        self,
        *,
        verifier: Any,
        person: str = "",
        number: str = "",
        called_on: Any = None,
        note: str = "",
        warnings: Any = (),
        usable_from: Any = None,
    ) -> None:
        """When it may be paid is written by the database; `usable_from` serves the past."""
        self.verified_by, self.verified_at, self.usable_from = verifier, Now(), usable_from or Now()
        self.called_person, self.called_number, self.called_on = person, number, called_on
        self.verification_note, self.warnings = note, list(warnings)

    @transition(state, source=K.DECLARED, target=K.REFUSED)
    def refuse(self, *, why: str) -> None:
        self.refusal_reason = why

    @transition(state, source=K.VERIFIED, target=K.SUPERSEDED)
    def supersede(self) -> None: ...
