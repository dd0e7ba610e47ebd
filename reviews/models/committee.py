"""The committee: a session, who sits, the files of its agenda, who steps aside, the votes."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.states import DESK_ROLES, Role
from applications.models import Application, Decision
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from fund.models import Call
from journal.guards import state_guards
from reviews.committee_guards import item_guards, member_guards, recusal_guards, session_guards, vote_guards
from reviews.committee_states import Attendance, Choice, Outcome, SessionState, VoteMode
from reviews.models.scenario import Scenario

S = SessionState


class SessionQuerySet(models.QuerySet["CommitteeSession"]):
    def visible_to(self, user: Any) -> "SessionQuerySet":
        """The desk, the auditor, and whoever sits there, once invited or once it opened."""
        if not user.is_authenticated or not user.is_active or not user.is_fund_staff:
            return self.none()
        if user.has_role(*DESK_ROLES, Role.AUDITOR):
            return self
        mine = CommitteeMember.objects.filter(session=OuterRef("pk"), user=user)
        return self.filter(Exists(mine)).exclude(state=S.PLANNED, invited_at=None)


class CommitteeSession(StatefulModel):
    """A sitting of the committee on files of a call. Its state changes only by `reviews.services.committee`.

    Closed, it is frozen as it was seen: `snapshot` and its SHA-256. Signed, it has its deliberation.
    """

    grants = Grants.NO_DELETE

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="committees", verbose_name="appel")
    state = StateField("état", max_length=10, choices=S, default=S.PLANNED)
    title = models.CharField("intitulé", max_length=120)
    held_at = models.DateTimeField("date et heure")
    place = models.CharField("lieu", max_length=200)
    quorum = models.PositiveSmallIntegerField("quorum", default=1)
    vote_mode = models.CharField("vote", max_length=10, choices=VoteMode, default=VoteMode.NONE)
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField("convoquée le", null=True)
    quorum_waiver = models.TextField("ouverture sans quorum", blank=True, default="")
    opened_at = models.DateTimeField("ouverte à", null=True)
    closed_at = models.DateTimeField("close à", null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    snapshot = models.JSONField(null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True, default="")
    minutes = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    deliberation_number = models.CharField("numéro de délibération", max_length=60, blank=True, default="")
    deliberation_date = models.DateField("date de la délibération", null=True)
    executory_on = models.DateField("exécutoire le", null=True)
    act_reference = models.CharField("référence de l’acte", max_length=80, blank=True, default="")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField("signée le", null=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "séance de comité"
        ordering: ClassVar = ["-held_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quorum__gte=1, quorum__lte=200), name="session_quorum_sane"),
            models.CheckConstraint(
                condition=Q(state__in=(S.PLANNED, S.OPEN, S.CANCELLED), snapshot__isnull=True)
                | Q(snapshot__isnull=False, snapshot_sha256__regex=r"^[0-9a-f]{64}$", closed_by__isnull=False),
                name="session_closed_is_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state=S.SIGNED)
                | Q(signed_by__isnull=False, deliberation_date__isnull=False, executory_on__isnull=False)
                & Q(executory_on__gte=models.F("deliberation_date"))
                & ~Q(deliberation_number="")
                & ~Q(act_reference="")
                & ~Q(signed_by=models.F("closed_by")),
                name="session_signed_by_another",
            ),
        ]
        triggers: ClassVar = [*state_guards(S.PLANNED), *session_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.title

    @property
    def is_closed(self) -> bool:
        return self.state in (S.CLOSED, S.SIGNED)

    @transition(state, source=S.PLANNED, target=S.OPEN)
    def open(self, *, waiver: str = "") -> None:
        """`waiver` says why it sits without its quorum."""
        self.opened_at, self.quorum_waiver = Now(), waiver

    @transition(state, source=S.PLANNED, target=S.CANCELLED)
    def cancel(self) -> None: ...

    @transition(state, source=S.OPEN, target=S.CLOSED)
    def close(self, *, closer: Any, snapshot: dict[str, Any], sha256: str) -> None:
        self.closed_at, self.closed_by = Now(), closer
        self.snapshot, self.snapshot_sha256 = snapshot, sha256

    @transition(state, source=S.CLOSED, target=S.SIGNED)
    def sign(self, *, signatory: Any, act: dict[str, Any]) -> None:
        self.signed_by, self.signed_at = signatory, Now()
        for name, value in act.items():
            setattr(self, name, value)


class CommitteeMember(models.Model):
    """Who is invited, and whether they came. `capacity` is what they sit as: « conseillère déléguée »."""

    grants = Grants.OPEN

    session = models.ForeignKey(CommitteeSession, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="committee_seats")
    capacity = models.CharField("qualité", max_length=120, blank=True, default="")
    attendance = models.CharField("présence", max_length=10, choices=Attendance, default=Attendance.EXPECTED)

    class Meta:
        verbose_name = "membre du comité"
        ordering: ClassVar = ["user__last_name", "user__first_name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "user"], name="committee_member_once"),
        ]
        triggers: ClassVar = [*member_guards()]

    def __str__(self) -> str:
        return str(self.user)


class AgendaItem(models.Model):
    """A file before the committee: what is proposed, what is answered, how it was voted.

    `version` counts the changes: two people who write at once do not overwrite each other. `voters` is how many could vote
    when it was answered; `passages` keeps the answers of the passages before, when an adjourned file comes back.
    """

    grants = Grants.OPEN

    session = models.ForeignKey(CommitteeSession, on_delete=models.PROTECT, related_name="items")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="agenda_items")
    position = models.PositiveSmallIntegerField("ordre", default=0)
    proposed_cents = models.BigIntegerField("montant proposé", default=0)
    outcome = models.CharField("décision", max_length=10, choices=Outcome, blank=True, default="")
    amount_cents = models.BigIntegerField("montant accordé", default=0)
    reasons = models.TextField("motifs", blank=True, default="")
    notes = models.TextField("notes du rapporteur", blank=True, default="")
    votes_for = models.PositiveSmallIntegerField("pour", null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField("contre", null=True, blank=True)
    abstentions = models.PositiveSmallIntegerField("abstentions", null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="agenda_item"
    )
    voters = models.PositiveSmallIntegerField("votants", null=True, blank=True)
    passages = models.JSONField("passages précédents", default=list, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "point de l’ordre du jour"
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "application"], name="agenda_item_once"),
            models.CheckConstraint(
                condition=Q(proposed_cents__gte=0)
                & (
                    Q(outcome=Outcome.GRANTED, amount_cents__gt=0, decided_by__isnull=False)
                    | Q(outcome="", amount_cents=0)
                    | Q(outcome=Outcome.WAITLISTED, amount_cents=0, decided_by__isnull=False)
                    | Q(outcome__in=(Outcome.REFUSED, Outcome.ADJOURNED), amount_cents=0, decided_by__isnull=False)
                    & ~Q(reasons="")
                ),
                name="agenda_item_answer_holds",
            ),
            models.CheckConstraint(
                condition=Q(votes_for__isnull=True, votes_against__isnull=True, abstentions__isnull=True)
                | Q(votes_for__isnull=False, votes_against__isnull=False, abstentions__isnull=False),
                name="agenda_item_votes_whole",
            ),
        ]
        triggers: ClassVar = [*item_guards()]

    def __str__(self) -> str:
        return f"{self.position}. {self.application_id}"


class Recusal(models.Model):
    """A member who leaves the room for one file."""

    grants = Grants.OPEN

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="recusals")
    member = models.ForeignKey(CommitteeMember, on_delete=models.CASCADE, related_name="recusals")
    reason = models.CharField("motif", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "déport en séance"
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "member"], name="recusal_once")]
        triggers: ClassVar = [*recusal_guards()]

    def __str__(self) -> str:
        return f"{self.member_id}, {self.item_id}"


class Vote(models.Model):
    """The vote of a member on a file, by name."""

    grants = Grants.OPEN

    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="votes")
    member = models.ForeignKey(CommitteeMember, on_delete=models.CASCADE, related_name="votes")
    choice = models.CharField("vote", max_length=10, choices=Choice)

    class Meta:
        verbose_name = "vote"
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "member"], name="vote_once")]
        triggers: ClassVar = [*vote_guards()]

    def __str__(self) -> str:
        return f"{self.member_id} : {self.choice}"
