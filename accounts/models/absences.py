"""Who is away and who stands in; who signs by delegation. Neither gives a role to anybody."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.absence_guards import absence_guards, delegation_guards
from common.grants import Grants
from common.guards import no_delete


class Absence(models.Model):
    """A colleague is away from one day to another. The substitute sees their files among their own, with their own rights."""

    grants = Grants.NO_DELETE

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences")
    substitute = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(db_default=Now())
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "absence"
        ordering: ClassVar = ["starts_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(substitute__isnull=True) | ~Q(substitute=F("person")), name="absence_substitute_is_another"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "ends_on"], name="absence_of_person")]
        triggers: ClassVar = [*absence_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.person}, du {self.starts_on:%d/%m/%Y} au {self.ends_on:%d/%m/%Y}"


class Delegation(models.Model):
    """The head of service lets a colleague sign decisions in their own name, under an act, between two days."""

    grants = Grants.NO_DELETE

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField("arrêté de délégation", max_length=120)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    given_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "délégation de signature"
        verbose_name_plural = "délégations de signature"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")) & ~Q(reference="") & ~Q(delegate=F("giver")),
                name="delegation_sane",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["delegate", "ends_on"], name="delegation_of_person")]
        triggers: ClassVar = [*delegation_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.delegate}, {self.reference}"
