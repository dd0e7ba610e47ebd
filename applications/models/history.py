"""What a draft held before each sitting of each writer, and what people typed while nobody was signed in."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Length, Now
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from applications.guards import draft_version_guards
from applications.models.application import Application
from common.grants import Grants
from common.guards import append_only

KEPT_CHARACTERS = 400_000


class Version(models.Model):
    """One sitting of one person at one field or table of a draft: who, since when, and what stood there `before`.

    Saves that follow within a few minutes belong to the same sitting, so a row is never changed: what a sitting made is
    the `before` of the next one at the same unit, or what stands in the file now.
    """

    grants = Grants.APPEND_ONLY

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="sittings")
    section = models.CharField(max_length=40)
    unit = models.CharField("champ ou tableau", max_length=60)
    before = models.JSONField("avant")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(db_default=Now())
    restores = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "version"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(unit="") & ~models.Q(section=""), name="version_says_where"),
        ]
        indexes: ClassVar = [models.Index(fields=["application", "unit", "id"], name="version_unit")]
        triggers: ClassVar = [*draft_version_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.section}, {self.unit}, {self.begun_at:%d/%m/%Y %H:%M}"


class KeptText(models.Model):
    """A form that somebody sent when their session had ended: given back to that person alone, then forgotten."""

    grants = Grants.OPEN

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=200)
    body = models.TextField("formulaire")
    kept_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "texte gardé"
        verbose_name_plural = "textes gardés"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("body"), KEPT_CHARACTERS) & GreaterThan(Length("body"), 0),
                name="kept_text_is_bounded",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "path", "-id"], name="kept_text_of_person")]

    def __str__(self) -> str:
        return f"{self.path}, {self.kept_at:%d/%m/%Y %H:%M}"
