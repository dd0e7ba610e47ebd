"""Somebody asks to join a commune: the address is confirmed first, then a person of the commune or of the fund answers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django_fsm import transition

from accounts.guards import join_guards
from accounts.models.people import Organisation, User
from accounts.states import FILE_ROLES, JoinState
from common.grants import Grants
from common.workflow import StateField, StatefulModel
from journal.guards import state_guards

ANSWERED = (JoinState.ACCEPTED, JoinState.REFUSED)


class JoinRequest(StatefulModel):
    """What was typed never changes. The link of the mail is kept as a SHA-256, serves once and for 72 hours.

    Where it never served, the request is forgotten some days later.
    """

    grants = Grants.OPEN

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="join_requests")
    email = models.EmailField("adresse électronique")
    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    job = models.CharField("fonction", max_length=120)
    token_hash = models.CharField(max_length=64, unique=True, null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField("adresse confirmée le", null=True)
    confirmed_through = models.CharField("confirmée par", max_length=20, blank=True, default="")
    state = StateField("état", choices=JoinState, default=JoinState.UNCONFIRMED)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    role = models.CharField(
        "rôle donné", max_length=20, blank=True, default="", choices=[(r.value, r.label) for r in FILE_ROLES]
    )
    as_administrator = models.BooleanField("administre la commune", default=False)
    checked_by_phone = models.BooleanField("vérifié par téléphone au numéro connu", default=False)
    reason = models.CharField("motif du refus", max_length=500, blank=True, default="")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="join_requests")

    class Meta:
        verbose_name = "demande d’entrée"
        verbose_name_plural = "demandes d’entrée"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=JoinState.values), name="join_state_known"),
            models.UniqueConstraint(
                Lower("email"), "organisation", condition=Q(state=JoinState.WAITING), name="join_waiting_once"
            ),
            models.CheckConstraint(
                condition=Q(state=JoinState.UNCONFIRMED, confirmed_at__isnull=True)
                | ~Q(state=JoinState.UNCONFIRMED) & Q(confirmed_at__isnull=False) & ~Q(confirmed_through=""),
                name="join_confirmed_first",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ANSWERED) & Q(decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=ANSWERED, decided_by__isnull=False, decided_at__isnull=False),
                name="join_answer_has_author",
            ),
            models.CheckConstraint(
                condition=Q(state=JoinState.ACCEPTED, user__isnull=False, role__in=FILE_ROLES)
                | ~Q(state=JoinState.ACCEPTED) & Q(user__isnull=True, role="", as_administrator=False),
                name="join_accepted_gives_a_role",
            ),
            models.CheckConstraint(
                condition=Q(state=JoinState.REFUSED) & ~Q(reason="") | ~Q(state=JoinState.REFUSED) & Q(reason=""),
                name="join_refusal_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(user__isnull=True) | ~Q(user=models.F("decided_by")),
                name="join_answered_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "id"], condition=Q(state=JoinState.WAITING), name="join_waiting")
        ]
        triggers: ClassVar = [*state_guards(JoinState.UNCONFIRMED), *join_guards()]

    def __str__(self) -> str:
        return f"{self.full_name}, {self.organisation}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def is_open(self) -> bool:
        """The link of its mail may still serve."""
        return self.state == JoinState.UNCONFIRMED and self.expires_at > timezone.now()

    @transition(field=state, source=JoinState.UNCONFIRMED, target=JoinState.WAITING)
    def confirm(self, *, through: str) -> None:
        self.confirmed_at, self.confirmed_through = Now(), through

    @transition(field=state, source=JoinState.WAITING, target=JoinState.ACCEPTED)
    def accept(self, *, user: User, role: str, as_administrator: bool, checked_by_phone: bool, actor: User) -> None:
        self.user, self.role, self.as_administrator = user, role, as_administrator
        self.checked_by_phone = checked_by_phone
        self.decided_by, self.decided_at = actor, Now()

    @transition(field=state, source=JoinState.WAITING, target=JoinState.REFUSED)
    def refuse(self, *, motive: str, actor: User) -> None:
        self.reason = motive
        self.decided_by, self.decided_at = actor, Now()
