"""Views of the queue that people keep: a name for an address, never what it showed."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.grants import Grants
from reviews.view_guards import view_guards


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> "SavedViewQuerySet":
        """One's own, and those that colleagues share."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(Q(owner=user) | Q(shared=True))


class SavedView(models.Model):
    """`query` is the address of the queue without its page. What it lists is read anew by each person, with their rights."""

    grants = Grants.OPEN

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views")
    name = models.CharField("nom", max_length=60)
    query = models.CharField("filtres", max_length=600)
    shared = models.BooleanField("partagée", default=False)
    is_default = models.BooleanField("ouverte d’abord", default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = "vue enregistrée"
        verbose_name_plural = "vues enregistrées"
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("owner", models.functions.Lower("name"), name="saved_view_name_once"),
            models.UniqueConstraint(fields=["owner"], condition=Q(is_default=True), name="saved_view_one_default"),
            models.CheckConstraint(
                condition=Q(name__regex=r"\S")
                & ~Q(query="")
                & ~Q(query__contains="apres=")
                & ~Q(query__contains="avant="),
                name="saved_view_says_something",
            ),
        ]
        triggers: ClassVar = [*view_guards()]

    def __str__(self) -> str:
        return self.name
