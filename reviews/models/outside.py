"""Opinions asked outside the fund: a service of the State, a co-funder, the local delegate of the Défenseur des droits…"""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.states import DESK_ROLES, Role
from applications.models import Application
from common.clock import database_now
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from journal.guards import state_guards
from reviews.outside_guards import outside_guards
from reviews.outside_states import OutsideAdvice, OutsideState, Quality

S = OutsideState


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


class OutsideQuerySet(models.QuerySet["OutsideOpinion"]):
    def visible_to(self, user: Any) -> "OutsideQuerySet":
        """The desk and the auditor, on the files they see. Evaluators get `for_the_committee` of theirs."""
        if not user.is_authenticated or not user.has_role(*DESK_ROLES, Role.AUDITOR):
            return self.none()
        seen = Application.objects.visible_to(user).exclude(organisation__in=user.organisation_ids())
        return self.filter(application__in=seen)

    def for_the_committee(self) -> "OutsideQuerySet":
        """What evaluators and the committee read: given, and confided neither by who asked nor by who answered."""
        return self.filter(state=S.ANSWERED, desk_only=False, confidential=False)


class OutsideOpinion(StatefulModel):
    """One question to one person who has no account, on one file, by a personal link. Its state changes by `reviews.services`.

    The link is signed by the secret key over the id and the `nonce`: a reminder can repeat it, a new nonce makes it void.
    `papers` are the ids of the documents of the file shown with the question. `desk_only` is who asked keeping the answer to the
    desk, `confidential` who answers.
    """

    grants = Grants.NO_DELETE

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="outside_opinions")
    state = StateField("état", max_length=10, choices=S, default=S.ASKED)
    quality = models.CharField("qualité", max_length=12, choices=Quality)
    organism = models.CharField("organisme", max_length=120)
    contact_name = models.CharField("personne", max_length=120)
    contact_email = models.EmailField("adresse électronique")
    question = models.TextField("question")
    papers = ArrayField(models.BigIntegerField(), default=list, verbose_name="pièces montrées")
    desk_only = models.BooleanField("réponse réservée au service", default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("demandé le", db_default=Now())
    due_on = models.DateField("attendu le")
    expires_at = models.DateTimeField("fin du lien")
    nonce = models.CharField(max_length=32, default=new_nonce)
    opened_at = models.DateTimeField("ouvert le", null=True)
    advice = models.CharField("avis", max_length=12, choices=OutsideAdvice, blank=True, default="")
    text = models.TextField("réponse", blank=True, default="")
    signed_name = models.CharField("signé", max_length=120, blank=True, default="")
    confidential = models.BooleanField("confidentiel", default=False)
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, null=True, related_name="outside_opinion")
    answered_at = models.DateTimeField("rendu le", null=True)
    withdrawn_reason = models.CharField("motif du retrait", max_length=300, blank=True, default="")

    objects = OutsideQuerySet.as_manager()

    class Meta:
        verbose_name = "avis extérieur"
        verbose_name_plural = "avis extérieurs"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(question__regex=r"\S", organism__regex=r"\S"), name="outside_asks"),
            models.CheckConstraint(
                condition=Q(state=S.ANSWERED, text__regex=r"\S", signed_name__regex=r"\S", answered_at__isnull=False)
                & ~Q(advice="")
                | ~Q(state=S.ANSWERED)
                & Q(advice="", text="", answered_at__isnull=True, file__isnull=True, confidential=False),
                name="outside_answer_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=S.WITHDRAWN) & ~Q(withdrawn_reason="")
                | ~Q(state=S.WITHDRAWN) & Q(withdrawn_reason=""),
                name="outside_withdrawn_with_reason",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="outside_link_ends"),
            models.UniqueConstraint(
                fields=["application", "contact_email"],
                condition=Q(state=S.ASKED),
                name="outside_one_open_a_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_on"], condition=Q(state=S.ASKED), name="outside_waiting"),
        ]
        triggers: ClassVar = [*state_guards(S.ASKED), *outside_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Avis de {self.organism}"

    @property
    def is_over(self) -> bool:
        """Asked, and its link opens no more."""
        return self.state == S.ASKED and self.expires_at <= database_now()

    @property
    def who(self) -> str:
        return f"{self.contact_name}, {self.organism}"

    @transition(state, source=S.ASKED, target=S.ANSWERED)
    def answer(self, *, advice: str, text: str, signed_name: str, confidential: bool, file: StoredFile | None) -> None:
        self.advice, self.text, self.signed_name = advice, text, signed_name
        self.confidential, self.file, self.answered_at = confidential, file, database_now()

    @transition(state, source=S.ASKED, target=S.WITHDRAWN)
    def withdraw(self, *, motive: str) -> None:
        self.withdrawn_reason = motive
