"""What a person says of their interests, call by call: mandates, employers, relations, and the organisations concerned."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Organisation
from common.grants import Grants
from common.guards import append_only, no_delete
from fund.models import Call
from reviews.guards import named_guards


class InterestDeclaration(models.Model):
    """Said once for a call, and again when something changes: the last one is in force, the others stay in the register.

    Three empty parts and no organisation: « aucun intérêt ».
    """

    grants = Grants.APPEND_ONLY

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="declarations")
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="declarations")
    mandates = models.TextField("mandats", blank=True, default="")
    employers = models.TextField("employeurs", blank=True, default="")
    relations = models.TextField("liens", blank=True, default="")
    declared_at = models.DateTimeField("déclarée le", db_default=Now())

    class Meta:
        verbose_name = "déclaration d’intérêts"
        verbose_name_plural = "déclarations d’intérêts"
        indexes: ClassVar = [models.Index(fields=["user", "call", "-id"], name="declaration_latest")]
        triggers: ClassVar = [*append_only()]

    def __str__(self) -> str:
        return f"Déclaration de {self.user}"

    @property
    def parts(self) -> list[tuple[str, str]]:
        """(label, words) of what was written."""
        named = (("Mandats", self.mandates), ("Employeurs", self.employers), ("Liens", self.relations))
        return [(label, words) for label, words in named if words]


class DeclaredOrganisation(models.Model):
    """An organisation whose files of the call are closed to the person, until a manager lifts it with a reason."""

    grants = Grants.NO_DELETE

    declaration = models.ForeignKey(InterestDeclaration, on_delete=models.PROTECT, related_name="organisations")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField("levée le", null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    lift_reason = models.TextField("motif de la levée", blank=True, db_default="", default="")

    class Meta:
        verbose_name = "commune déclarée"
        verbose_name_plural = "communes déclarées"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["declaration", "organisation"], name="declared_organisation_once"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason=""),
                name="declared_organisation_lifted_with_reason",
            ),
        ]
        triggers: ClassVar = [*named_guards(), *no_delete()]

    def __str__(self) -> str:
        return str(self.organisation)
