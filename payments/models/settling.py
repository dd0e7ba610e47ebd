"""The end of an award: the papers of each request, the account once the report is accepted, what is paid back."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Organisation
from accounts.states import READING_ROLES
from applications.models import Application, Decision
from common.grants import Grants
from common.guards import append_only, no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from fund.models import Movement
from journal.guards import state_guards
from payments.models.paying import Instalment
from payments.settling_guards import paper_guards, recovery_guards, settlement_guards
from payments.states import PaperKind, RecoveryState

V = RecoveryState


class PaymentPaper(models.Model):
    """A document of one payment: what its legal basis requires from the commune, or the statement the fund makes."""

    grants = Grants.APPEND_ONLY

    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="papers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("pièce", max_length=12, choices=PaperKind)
    reference = models.CharField("numéro", max_length=60, blank=True, default="")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField("jointe le", db_default=Now())

    class Meta:
        verbose_name = "pièce d’un versement"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instalment"], condition=Q(kind=PaperKind.STATEMENT), name="paper_one_statement"
            ),
        ]
        triggers: ClassVar = [*paper_guards(), *append_only()]

    def __str__(self) -> str:
        return self.get_kind_display()


class Settlement(models.Model):
    """The account of an award (« décompte du solde »), made once. The database writes its figures from where they stand.

    due = min(award, rate of what was justified); then what is left to pay, what is released, or what is to recover.
    """

    grants = Grants.NO_DELETE

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="settlement")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    granted_cents = models.BigIntegerField("aide accordée")
    planned_cents = models.BigIntegerField("dépenses prévues", default=0)
    spent_cents = models.BigIntegerField("dépenses justifiées", default=0)
    due_cents = models.BigIntegerField("aide due")
    gone_cents = models.BigIntegerField("déjà versé", default=0)
    balance_cents = models.BigIntegerField("solde", default=0)
    released_cents = models.BigIntegerField("somme désengagée", default=0)
    recover_cents = models.BigIntegerField("trop versé", default=0)
    explained = models.JSONField("calcul", default=list)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("arrêté le", db_default=Now())

    class Meta:
        verbose_name = "décompte"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(due_cents__gte=0, due_cents__lte=F("granted_cents"))
                & Q(balance_cents__gte=0, recover_cents__gte=0, released_cents__gte=0, gone_cents__gte=0)
                & Q(due_cents=F("gone_cents") + F("balance_cents") - F("recover_cents"))
                & Q(granted_cents=F("gone_cents") + F("balance_cents") + F("released_cents"))
                & (Q(balance_cents=0) | Q(recover_cents=0)),
                name="settlement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(released_cents=0, movement__isnull=True) | Q(released_cents__gt=0, movement__isnull=False),
                name="settlement_releases_by_movement",
            ),
        ]
        triggers: ClassVar = [*settlement_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Décompte de {self.application.reference}"


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    def visible_to(self, user: Any) -> "RecoveryQuerySet":
        if not user.is_authenticated or not user.is_active:
            return self.none()
        own = Q(organisation__in=user.organisation_ids())
        if user.has_role(*READING_ROLES):
            return self.filter(Q(application__in=Application.objects.visible_to(user)) | own)
        return self.filter(own)


class Recovery(StatefulModel):
    """What was paid too much and comes back: a title of receipt asked of finance, issued, received (or given up).

    Received once its year is closed, it is a receipt of the open year, which finance books: no `movement` then.
    """

    grants = Grants.NO_DELETE

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="recoveries")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    state = StateField("état", max_length=12, choices=RecoveryState, default=V.ASKED)
    amount_cents = models.BigIntegerField("montant")
    reason = models.CharField("motif", max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("demandé le", db_default=Now())
    title_number = models.CharField("numéro du titre de recettes", max_length=40, blank=True, default="")
    title_date = models.DateField("date du titre", null=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField("émis le", null=True)
    received_on = models.DateField("encaissé le", null=True)
    reference = models.CharField("référence de l’encaissement", max_length=60, blank=True, default="")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, null=True, related_name="+")
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    cancel_reason = models.CharField("motif de l’abandon", max_length=300, blank=True, default="")

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        verbose_name = "recouvrement"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="recovery_positive"),
            models.UniqueConstraint(fields=["decision"], condition=~Q(state=V.CANCELLED), name="recovery_one_live"),
            models.UniqueConstraint(fields=["title_number"], condition=~Q(title_number=""), name="recovery_title_once"),
            models.CheckConstraint(
                condition=~Q(state__in=(V.ISSUED, V.RECEIVED))
                | Q(issued_by__isnull=False, title_date__isnull=False)
                & ~Q(title_number="")
                & ~Q(issued_by=F("asked_by")),
                name="recovery_issued_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(state=V.RECEIVED, received_by__isnull=False, received_on__isnull=False)
                & ~Q(received_by=F("asked_by"))
                | ~Q(state=V.RECEIVED) & Q(received_by__isnull=True, movement__isnull=True),
                name="recovery_received_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state=V.CANCELLED) | Q(cancelled_by__isnull=False) & ~Q(cancel_reason=""),
                name="recovery_given_up_has_reason",
            ),
        ]
        triggers: ClassVar = [*state_guards(V.ASKED), *recovery_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Recouvrement de {self.application.reference}"

    @transition(state, source=V.ASKED, target=V.ISSUED)
    def issue(self, *, actor: Any, number: str, title_date: Any) -> None:
        self.issued_by, self.issued_at, self.title_number, self.title_date = actor, Now(), number, title_date

    @transition(state, source=V.ISSUED, target=V.RECEIVED)
    def receive(self, *, actor: Any, received_on: Any, reference: str, movement: Any) -> None:
        self.received_by, self.received_on, self.reference, self.movement = actor, received_on, reference, movement

    @transition(state, source=[V.ASKED, V.ISSUED], target=V.CANCELLED)
    def cancel(self, *, actor: Any, why: str) -> None:
        self.cancelled_by, self.cancel_reason = actor, why
