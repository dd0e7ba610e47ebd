"""Between the fund and finance: how its files are laid out, lines taken back, returns, and where exports were last known."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.states import FINANCE_ROLES, Role
from common.grants import Grants
from common.guards import append_only, no_delete
from common.hidden import Hidden, hidden_from
from common.workflow import StateField, StatefulModel
from fund.models import Movement
from journal.guards import state_guards
from payments.finance_guards import contrary_guards, difference_guards, return_guards, return_line_guards
from payments.models.paying import PaymentLine
from payments.states import DifferenceKind, LineState, ReturnOutcome, ReturnState

R = ReturnState


class ExportLayout(models.Model):
    """The collectivity's format of the « état liquidatif »; the last one written is in force. A file already made stays."""

    grants = Grants.APPEND_ONLY

    separator = models.CharField("séparateur", max_length=1)
    encoding = models.CharField("encodage", max_length=10)
    date_format = models.CharField("dates", max_length=10)
    decimal_mark = models.CharField("décimales", max_length=1)
    columns = models.JSONField("colonnes")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "format de la collectivité"
        verbose_name_plural = "formats de la collectivité"
        triggers: ClassVar = [*append_only()]

    def __str__(self) -> str:
        return f"Format n° {self.pk}"


class ContraryLine(models.Model):
    """What takes back one line of a sealed batch: cancelled by us, or rejected by the accountant. Sealed as it is born."""

    grants = Grants.APPEND_ONLY

    line = models.OneToOneField(PaymentLine, on_delete=models.PROTECT, related_name="contrary")
    number = models.CharField("numéro", max_length=20, unique=True)
    kind = models.CharField(max_length=10, choices=[(k.value, k.label) for k in LineState if k != LineState.LIVE])
    amount_cents = models.BigIntegerField("montant", help_text="Negative: copied by the database from the line.")
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("motif", max_length=300)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    content = models.TextField()
    sha256 = models.CharField("empreinte", max_length=64)
    csv = models.BinaryField()

    class Meta:
        verbose_name = "ligne contraire"
        verbose_name_plural = "lignes contraires"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__lt=0), name="contrary_negative"),
            models.CheckConstraint(condition=~Q(reason=""), name="contrary_has_a_reason"),
        ]
        triggers: ClassVar = [*contrary_guards(), *append_only()]

    def __str__(self) -> str:
        return self.number


class ReturnImportQuerySet(models.QuerySet["ReturnImport"]):
    def visible_to(self, user: Any) -> "ReturnImportQuerySet":
        """A return that speaks of a file hidden from this person is hidden whole, with its differences."""
        if not (user.is_authenticated and user.is_active and user.has_role(*FINANCE_ROLES, Role.AUDITOR)):
            return self.none()
        hidden = hidden_from(user)
        return self.exclude(pk__in=self.model.objects.speaking_of(hidden).values("pk")) if hidden else self.all()

    def speaking_of(self, hidden: Hidden) -> "ReturnImportQuerySet":
        """Those with a row or a difference of one of these files: by our line, or by the number the row gives."""
        named = Q(line__instalment__application__in=hidden.files)
        for number in hidden.numbers:
            named |= Q(reference__contains=number)
        rows = ReturnLine.objects.filter(named)
        apart = ReturnDifference.objects.filter(line__instalment__application__in=hidden.files)
        return self.filter(Q(pk__in=rows.values("imported")) | Q(pk__in=apart.values("imported")))


class ReturnImport(StatefulModel):
    """A file that finance gave back: read, mapped, looked at, then applied once, whole."""

    grants = Grants.NO_DELETE

    state = StateField("état", max_length=10, choices=ReturnState, default=R.READ)
    name = models.CharField("fichier", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    content = models.BinaryField()
    mapping = models.JSONField("colonnes", default=dict)
    row_count = models.PositiveIntegerField("lignes", default=0)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField("importé le", db_default=Now())
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField("appliqué le", null=True)

    objects = ReturnImportQuerySet.as_manager()

    class Meta:
        verbose_name = "retour des finances"
        verbose_name_plural = "retours des finances"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sha256"], condition=~Q(state=R.DISCARDED), name="return_file_once"),
            models.CheckConstraint(
                condition=~Q(state=R.APPLIED) | Q(applied_by__isnull=False, applied_at__isnull=False),
                name="return_applied_has_author",
            ),
        ]
        triggers: ClassVar = [*state_guards(R.READ), *return_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.name

    @transition(state, source=R.READ, target=R.APPLIED)
    def apply(self, *, actor: Any, rows: int) -> None:
        self.applied_by, self.applied_at, self.row_count = actor, Now(), rows

    @transition(state, source=R.READ, target=R.DISCARDED)
    def discard(self) -> None: ...


class ReturnLine(models.Model):
    """One row of a return as it was understood, and what came of it. What it tells has its effect once, whatever the file."""

    grants = Grants.APPEND_ONLY

    imported = models.ForeignKey(ReturnImport, on_delete=models.PROTECT, related_name="lines")
    row = models.PositiveIntegerField("ligne du fichier")
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField("dossier", max_length=60, blank=True, default="")
    mandate = models.CharField("mandat", max_length=20, blank=True, default="")
    bordereau = models.CharField("bordereau", max_length=20, blank=True, default="")
    mandated_on = models.DateField("mandaté le", null=True)
    paid_on = models.DateField("payé le", null=True)
    amount_cents = models.BigIntegerField("montant")
    reason = models.CharField("motif", max_length=300, blank=True, default="")
    line = models.ForeignKey(PaymentLine, on_delete=models.PROTECT, null=True, related_name="returns")
    outcome = models.CharField(max_length=10, choices=ReturnOutcome)

    class Meta:
        verbose_name = "ligne de retour"
        verbose_name_plural = "lignes de retour"
        ordering: ClassVar = ["imported_id", "row"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["imported", "row"], name="return_row_once"),
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(outcome__in=(ReturnOutcome.PAID, ReturnOutcome.REJECTED)),
                name="return_settles_a_line_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=(ReturnOutcome.DIFFERENCE, ReturnOutcome.KNOWN)) | Q(line__isnull=False),
                name="return_effect_has_a_line",
            ),
        ]
        triggers: ClassVar = [*return_line_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.imported_id}, ligne {self.row}"


class ReturnDifference(models.Model):
    """Something finance says that the ledger does not. A person settles it, once, with a reason; nothing moves by itself."""

    grants = Grants.NO_DELETE

    imported = models.ForeignKey(ReturnImport, on_delete=models.PROTECT, related_name="differences")
    returned = models.OneToOneField(ReturnLine, on_delete=models.PROTECT, null=True, related_name="difference")
    line = models.ForeignKey(PaymentLine, on_delete=models.PROTECT, null=True, related_name="differences")
    kind = models.CharField(max_length=12, choices=DifferenceKind)
    detail = models.CharField(max_length=300)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField("réglé le", null=True)
    reason = models.CharField("motif", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "écart"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True, settled_at__isnull=True, reason="")
                | Q(settled_by__isnull=False, settled_at__isnull=False) & ~Q(reason=""),
                name="difference_settled_is_complete",
            ),
            models.UniqueConstraint(
                fields=["imported", "line"], condition=Q(returned__isnull=True), name="difference_missing_once"
            ),
        ]
        triggers: ClassVar = [*difference_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.detail


class ExportWitness(models.Model):
    """Where this base was when exports were last known to be right: in another place (a restore), they are held."""

    grants = Grants.APPEND_ONLY

    place = models.CharField(max_length=80, blank=True, default="", help_text="Empty: held by an operator.")
    last_number = models.CharField(max_length=20, blank=True, default="")
    last_total_cents = models.BigIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True, default="")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "témoin des exports"
        verbose_name_plural = "témoins des exports"
        triggers: ClassVar = [*append_only()]

    def __str__(self) -> str:
        return f"{self.last_number} {self.made_at:%Y-%m-%d}"
