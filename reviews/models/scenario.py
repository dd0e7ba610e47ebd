"""Scenarios: how the money of a call could be shared, file by file. Advice until one is retained for a committee."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.states import DESK_ROLES, Role
from applications.models import Application
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from fund.models import Call
from journal.guards import state_guards
from reviews.committee_guards import line_guards, scenario_guards
from reviews.committee_states import ScenarioState

S = ScenarioState


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def visible_to(self, user: Any) -> "ScenarioQuerySet":
        """The desk and the auditor: one's own drafts, and what is shared or retained."""
        if not user.is_authenticated or not user.is_active or not user.has_role(*DESK_ROLES, Role.AUDITOR):
            return self.none()
        return self.filter(Q(author=user) | ~Q(state=S.DRAFT))


class Scenario(StatefulModel):
    """A named way of sharing the envelope of a call. Its state changes only by `reviews.services.scenario`.

    `envelope_cents` is the figure it was drawn for; `rules` those of the proposal it came from (reviews.allocation), with
    the reason given for each file. It may go above the envelope while it is drafted; retained, never.
    """

    grants = Grants.NO_DELETE

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="scenarios", verbose_name="appel")
    state = StateField("état", max_length=10, choices=S, default=S.DRAFT)
    name = models.CharField("nom", max_length=80)
    note = models.CharField("en une phrase", max_length=300, blank=True, default="")
    envelope_cents = models.BigIntegerField("enveloppe")
    rules = models.JSONField("règles", default=dict, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("créé le", db_default=Now())

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = "scénario"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(envelope_cents__gte=0, envelope_cents__lte=10**13) & ~Q(name=""), name="scenario_sane"
            ),
            models.UniqueConstraint(fields=["call"], condition=Q(state=S.RETAINED), name="scenario_one_retained"),
        ]
        triggers: ClassVar = [*state_guards(S.DRAFT), *scenario_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.name

    @property
    def is_retained(self) -> bool:
        return bool(self.state == S.RETAINED)

    @transition(state, source=S.DRAFT, target=S.SHARED)
    def share(self) -> None: ...

    @transition(state, source=[S.DRAFT, S.SHARED], target=S.RETAINED)
    def retain(self) -> None: ...

    @transition(state, source=S.RETAINED, target=S.SHARED)
    def let_go(self) -> None:
        """Another one is retained, or this one is to be changed."""


class ScenarioLine(models.Model):
    """What a scenario gives one file: an amount, or a rank on the reserve list; no line gives nothing."""

    grants = Grants.OPEN

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="lines")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="scenario_lines")
    proposed_cents = models.BigIntegerField("montant proposé", default=0)
    reserve_rank = models.PositiveSmallIntegerField("rang de réserve", null=True, blank=True)
    remark = models.CharField("remarque", max_length=200, blank=True, default="")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "ligne de scénario"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scenario", "application"], name="scenario_line_once"),
            models.CheckConstraint(
                condition=Q(proposed_cents__gte=0)
                & (Q(reserve_rank__isnull=True) | Q(proposed_cents=0, reserve_rank__gte=1)),
                name="scenario_line_sane",
            ),
            models.UniqueConstraint(
                fields=["scenario", "reserve_rank"],
                name="scenario_rank_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        triggers: ClassVar = [*line_guards()]

    def __str__(self) -> str:
        return f"{self.scenario_id}, {self.application_id}"
