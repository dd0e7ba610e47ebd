"""What the public company directory answered about a commune. It proposes; a person takes it over or not."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.guards import lookup_guards
from accounts.models.people import Organisation, User
from accounts.states import LookupState
from common.grants import Grants
from common.guards import no_delete

PROPOSED = (LookupState.FOUND, LookupState.KEPT)


class CompanyLookup(models.Model):
    """One question to the directory, answered once by a task."""

    grants = Grants.NO_DELETE

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="lookups")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    state = models.CharField("état", max_length=10, choices=LookupState, default=LookupState.ASKED)
    answered_at = models.DateTimeField(null=True)
    siret = models.CharField("SIRET", max_length=14, blank=True, default="")
    address = models.TextField("adresse", blank=True, default="", max_length=300)
    trouble = models.CharField("ennui", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "recherche dans l’annuaire des entreprises"
        verbose_name_plural = "recherches dans l’annuaire des entreprises"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=LookupState.values), name="lookup_state_known"),
            models.CheckConstraint(
                condition=Q(state=LookupState.ASKED, answered_at__isnull=True)
                | ~Q(state=LookupState.ASKED) & Q(answered_at__isnull=False),
                name="lookup_answer_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PROPOSED, siret__regex=r"^\d{14}$")
                | ~Q(state__in=PROPOSED) & Q(siret="", address=""),
                name="lookup_found_has_siret",
            ),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(state=LookupState.ASKED), name="lookup_one_at_a_time"
            ),
        ]
        triggers: ClassVar = [*lookup_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.organisation} : {self.get_state_display()}"
