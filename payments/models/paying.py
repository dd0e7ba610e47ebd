"""From a granted decision to a sealed batch: instalments, lines, batches, exports."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Organisation
from accounts.states import READING_ROLES
from applications.models import Application, ChangeRequest, Decision
from applications.states import DecisionState
from common.grants import Grants
from common.guards import append_only, no_delete
from common.hidden import Hidden, hidden_from
from common.workflow import StateField, StatefulModel
from fund.models import PlannedShare
from journal.guards import state_guards
from payments.credit_guards import credit_guards
from payments.guards import (
    award_change_guards,
    batch_guards,
    export_guards,
    instalment_guards,
    line_guards,
)
from payments.models.bank import BankVersion
from payments.states import BatchState, ExportFormat, InstalmentState, LineState

I = InstalmentState  # noqa: E741
B = BatchState


class InstalmentQuerySet(models.QuerySet["Instalment"]):
    def visible_to(self, user: Any) -> "InstalmentQuerySet":
        """Staff who read files see those of the files they see; a commune its own, once the decision is notified."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = Q(organisation__in=user.organisation_ids(), decision__state=DecisionState.NOTIFIED)
        if user.has_role(*READING_ROLES):
            return self.filter(Q(application__in=Application.objects.visible_to(user)) | own)
        return self.filter(own)


class Instalment(StatefulModel):
    """One payment planned for an award, in cents. Its state changes only by `payments.services`."""

    grants = Grants.NO_DELETE

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="instalments")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="instalments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="instalments")
    state = StateField("état", max_length=12, choices=InstalmentState, default=I.PLANNED)
    kind = models.CharField("sorte", max_length=10, choices=PlannedShare.Kind)
    position = models.PositiveSmallIntegerField(default=1)
    amount_cents = models.BigIntegerField("montant")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField("demandé le", null=True)
    certified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    certified_at = models.DateTimeField("service fait le", null=True)
    endorsed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    endorsed_at = models.DateTimeField("visé le", null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField("approuvé le", null=True)
    paid_on = models.DateField("payé le", null=True)
    mandate = models.CharField("numéro de mandat", max_length=20, blank=True, default="")
    return_reason = models.CharField("motif du renvoi", max_length=300, blank=True, default="")

    objects = InstalmentQuerySet.as_manager()

    class Meta:
        verbose_name = "versement"
        ordering: ClassVar = ["application_id", "position"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="instalment_positive"),
            models.UniqueConstraint(fields=["decision", "position"], name="instalment_position_once"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("certified_by")),
                name="instalment_approved_by_another",
            ),
            models.CheckConstraint(
                condition=(
                    Q(endorsed_by__isnull=True)
                    | (Q(approved_by__isnull=True) | ~Q(endorsed_by=F("approved_by")))
                    & ~Q(endorsed_by=F("certified_by"))
                ),
                name="instalment_endorsed_by_another",
            ),
            models.CheckConstraint(
                condition=(
                    Q(requested_by__isnull=True)
                    | (Q(certified_by__isnull=True) | ~Q(certified_by=F("requested_by")))
                    & (Q(endorsed_by__isnull=True) | ~Q(endorsed_by=F("requested_by")))
                    & (Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")))
                ),
                name="instalment_not_by_who_asked",
            ),
            models.CheckConstraint(
                condition=~Q(state=I.ENDORSED) | Q(endorsed_by__isnull=False), name="instalment_endorsed_has_author"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(I.CERTIFIED, I.ENDORSED, I.APPROVED, I.ORDERED, I.PAID))
                | Q(certified_by__isnull=False),
                name="instalment_certified_has_author",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(I.APPROVED, I.ORDERED, I.PAID)) | Q(approved_by__isnull=False),
                name="instalment_approved_has_author",
            ),
            models.UniqueConstraint(fields=["id", "organisation"], name="instalment_tenant"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="instalment_state")]
        triggers: ClassVar = [*state_guards(I.PLANNED), *instalment_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} de {self.application.reference}"

    @transition(state, source=I.PLANNED, target=I.REQUESTED)
    def request(self, *, actor: Any) -> None:
        self.requested_by, self.requested_at, self.return_reason = actor, Now(), ""

    @transition(state, source=I.REQUESTED, target=I.CERTIFIED)
    def certify(self, *, actor: Any) -> None:
        self.certified_by, self.certified_at, self.return_reason = actor, Now(), ""
        self.endorsed_by = self.endorsed_at = self.approved_by = self.approved_at = None

    @transition(state, source=I.CERTIFIED, target=I.ENDORSED)
    def endorse(self, *, actor: Any) -> None:
        self.endorsed_by, self.endorsed_at, self.return_reason = actor, Now(), ""

    @transition(state, source=I.REQUESTED, target=I.PLANNED)
    def return_to_commune(self, *, why: str) -> None:
        self.requested_by, self.requested_at, self.return_reason = None, None, why

    @transition(state, source=[I.CERTIFIED, I.ENDORSED], target=I.APPROVED)
    def approve(self, *, actor: Any) -> None:
        self.approved_by, self.approved_at, self.return_reason = actor, Now(), ""

    @transition(state, source=[I.CERTIFIED, I.ENDORSED, I.APPROVED], target=I.REQUESTED)
    def return_to_desk(self, *, why: str) -> None:
        self.certified_by = self.certified_at = None
        self._back(why)

    @transition(state, source=I.APPROVED, target=I.ORDERED)
    def order(self) -> None: ...

    @transition(state, source=I.PLANNED, target=I.VOID)
    def void(self, *, why: str) -> None:
        """Nothing is due of it: the account of the award says so."""
        self.return_reason = why

    def _back(self, why: str) -> None:
        self.endorsed_by = self.endorsed_at = self.approved_by = self.approved_at = None
        self.return_reason = why

    @transition(state, source=I.ORDERED, target=I.PAID)
    def pay(self, *, paid_on: Any, mandate: str) -> None:
        self.paid_on, self.mandate = paid_on, mandate

    @transition(state, source=I.ORDERED, target=I.CERTIFIED)
    def reject(self, *, why: str) -> None:
        self._back(why)

    @transition(state, source=I.ORDERED, target=I.CERTIFIED)
    def cancel_order(self, *, why: str) -> None:
        self._back(why)


class AwardChange(ChangeRequest):
    """A reduced award seen from here: the plan of its instalments follows."""

    class Meta:
        proxy = True
        verbose_name = "demande de modification"
        triggers: ClassVar = [*award_change_guards()]


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, user: Any) -> "BatchQuerySet":
        """A batch with a line hidden from this person is hidden whole: its total and its count would tell the line."""
        if not (user.is_authenticated and user.is_active and user.has_role(*READING_ROLES)):
            return self.none()
        hidden = hidden_from(user)
        return self.exclude(pk__in=self.model.objects.holding(hidden).values("pk")) if hidden else self.all()

    def holding(self, hidden: Hidden) -> "BatchQuerySet":
        """Those with a line of one of these files."""
        lines = PaymentLine.objects.filter(instalment__application__in=hidden.files)
        return self.filter(pk__in=lines.values("batch"))


class Batch(StatefulModel):
    """Payments put together for finance. Sealed: number without gaps, totals, SHA-256 of the canonical content; immutable."""

    grants = Grants.NO_DELETE

    state = StateField("état", max_length=12, choices=BatchState, default=B.OPEN)
    year = models.PositiveSmallIntegerField("exercice")
    number = models.CharField("numéro", max_length=20, unique=True, null=True)
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("ouvert le", db_default=Now())
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField("scellé le", null=True)
    line_count = models.PositiveIntegerField("lignes", default=0)
    total_cents = models.BigIntegerField("total", default=0)
    content = models.TextField(blank=True, default="")
    sha256 = models.CharField("empreinte", max_length=64, blank=True, default="")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "lot de versements"
        verbose_name_plural = "lots de versements"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=B.OPEN, number__isnull=True)
                | ~Q(state=B.OPEN)
                & Q(number__isnull=False, sealed_by__isnull=False, sealed_at__isnull=False, line_count__gt=0)
                & Q(sha256__regex=r"^[0-9a-f]{64}$", total_cents__gt=0)
                & ~Q(content=""),
                name="batch_sealed_is_complete",
            ),
        ]
        triggers: ClassVar = [*state_guards(B.OPEN), *batch_guards(), *credit_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.number or f"Lot en préparation n° {self.pk}"

    @transition(state, source=B.OPEN, target=B.SEALED)
    def seal(self, *, actor: Any) -> None:
        self.sealed_by, self.sealed_at = actor, Now()

    @transition(state, source=B.SEALED, target=B.TRANSMITTED)
    def transmit(self) -> None: ...

    @transition(state, source=[B.SEALED, B.TRANSMITTED], target=B.RECONCILED)
    def reconcile(self) -> None: ...


class PaymentLine(models.Model):
    """One instalment in one batch, for ever. The database copies the amount and the persons, and keeps them apart."""

    grants = Grants.OPEN

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="lines")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    bank_version = models.ForeignKey(BankVersion, on_delete=models.PROTECT, related_name="lines")
    state = models.CharField("état", max_length=10, choices=LineState, default=LineState.LIVE)
    amount_cents = models.BigIntegerField("montant")
    decision_recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    iban_verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    certified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    endorsed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "ligne de versement"
        verbose_name_plural = "lignes de versement"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instalment"], condition=Q(state=LineState.LIVE), name="line_one_live_an_instalment"
            ),
            models.UniqueConstraint(fields=["instalment", "batch"], name="line_once_a_batch"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="payment_line_positive"),
            models.CheckConstraint(
                condition=~Q(prepared_by=F("approved_by"))
                & ~Q(prepared_by=F("iban_verified_by"))
                & ~Q(prepared_by=F("decision_recorded_by"))
                & ~Q(approved_by=F("iban_verified_by"))
                & ~Q(approved_by=F("decision_recorded_by"))
                & ~Q(iban_verified_by=F("decision_recorded_by"))
                & ~Q(certified_by=F("approved_by"))
                & ~Q(certified_by=F("prepared_by"))
                & ~Q(certified_by=F("iban_verified_by"))
                & ~Q(certified_by=F("decision_recorded_by")),
                name="line_persons_differ",
            ),
            models.CheckConstraint(
                condition=Q(endorsed_by__isnull=True)
                | ~Q(endorsed_by=F("certified_by"))
                & ~Q(endorsed_by=F("approved_by"))
                & ~Q(endorsed_by=F("prepared_by"))
                & ~Q(endorsed_by=F("decision_recorded_by")),
                name="line_endorsed_by_another",
            ),
        ]
        triggers: ClassVar = [*line_guards()]

    def __str__(self) -> str:
        return f"Ligne {self.pk} : {self.instalment_id}"


class BatchExport(models.Model):
    """The file of a sealed batch, made once: downloading again gives these bytes."""

    grants = Grants.APPEND_ONLY

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="exports")
    format = models.CharField(max_length=10, choices=ExportFormat)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_default=Now())
    layout = models.ForeignKey("payments.ExportLayout", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "fichier d’un lot"
        verbose_name_plural = "fichiers des lots"
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "format"], name="export_once_a_format")]
        triggers: ClassVar = [*export_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.batch} ({self.format})"
