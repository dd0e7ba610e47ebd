"""A gracious appeal of a commune: received, then accepted or rejected by somebody who did not take the decision."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from applications.appeal_guards import appeal_guards
from applications.models.application import Application
from applications.models.decision import Decision
from applications.models.file_letter import FileLetter
from applications.states import AppealState
from common.dates import day
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from journal.guards import state_guards

A = AppealState


class Appeal(StatefulModel):
    """Against a notified decision, or against the finding that the file is inadmissible (`decision` is then None).

    `last_day` is the last day it could be received in (two clear months, CJA R. 421-1), `due_on` the day from which the silence
    of the fund is a refusal (two months, CRPA L. 231-4).
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="appeals")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="appeals")
    state = StateField("état", max_length=10, choices=AppealState, default=A.RECEIVED)
    words = models.TextField("ce que la commune demande")
    received_on = models.DateField("reçu le")
    by_post = models.BooleanField("reçu par courrier", default=False)
    last_day = models.DateField("recevable jusqu’au")
    due_on = models.DateField("réponse avant le")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField("enregistré le", db_default=Now())
    answer = models.TextField("réponse", blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField("répondu le", null=True)
    letter = models.OneToOneField(FileLetter, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "recours gracieux"
        verbose_name_plural = "recours gracieux"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application"], condition=Q(state=A.RECEIVED), name="appeal_one_open"),
            models.UniqueConstraint(fields=["decision"], condition=~Q(state=A.WITHDRAWN), name="appeal_once"),
            models.CheckConstraint(condition=Q(words__regex=r"\S"), name="appeal_says_something"),
            models.CheckConstraint(
                condition=Q(state__in=(A.RECEIVED, A.WITHDRAWN), answered_by__isnull=True, letter__isnull=True)
                | Q(state__in=(A.ACCEPTED, A.REJECTED), answered_by__isnull=False, answered_at__isnull=False)
                & Q(letter__isnull=False)
                & Q(answer__regex=r"\S")
                & ~Q(answered_by=F("filed_by")),
                name="appeal_answered_by_another",
            ),
        ]
        triggers: ClassVar = [*state_guards(A.RECEIVED), *appeal_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Recours sur {self.application.reference}"

    @property
    def is_late(self) -> bool:
        return self.received_on > self.last_day

    @property
    def contested(self) -> str:
        """The decision it is about, in words."""
        if self.decision is None:
            return "la décision qui a déclaré ce dossier irrecevable"
        what = {"grant": "attribuant une aide", "waitlist": "de mise en liste d’attente"}.get(
            self.decision.kind, "de refus"
        )
        dated = f" du {day(self.decision.act_date)}" if self.decision.act_date else ""
        return f"la décision {what} (acte n° {self.decision.act_number}{dated})"

    @transition(state, source=A.RECEIVED, target=A.ACCEPTED)
    def accept(self, *, actor: Any, answer: str, letter: FileLetter) -> None:
        self.answered_by, self.answered_at, self.answer, self.letter = actor, Now(), answer, letter

    @transition(state, source=A.RECEIVED, target=A.REJECTED)
    def reject(self, *, actor: Any, answer: str, letter: FileLetter) -> None:
        self.answered_by, self.answered_at, self.answer, self.letter = actor, Now(), answer, letter

    @transition(state, source=A.RECEIVED, target=A.WITHDRAWN)
    def withdraw(self) -> None: ...
