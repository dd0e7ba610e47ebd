"""A long work on several files: one row a file, each concluded once, in the transaction that did it."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now

from accounts.states import Role
from applications.models import Application
from common.grants import Grants
from common.guards import no_delete
from reviews.job_guards import job_guards, row_guards
from reviews.states import RowState


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """Whoever asked for it, and the manager of the fund."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.has_role(Role.FUND_MANAGER) else self.filter(asked_by=user)

    def with_counts(self, user: Any = None) -> "JobQuerySet":
        """`total`, `done` and `refused`: counted from the rows, so that they cannot drift; for this person, those of the files
        they may see."""
        seen = Q() if user is None else Q(rows__application__in=Application.objects.visible_to(user))
        counted = {name: Count("rows", filter=seen & Q(rows__state=name)) for name in (RowState.DONE, RowState.REFUSED)}
        return self.annotate(total=Count("rows", filter=seen), **counted)


class Job(models.Model):
    """What was asked, of whom, by whom. `asked` is the form as it was read, `key` its address."""

    grants = Grants.NO_DELETE

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("geste", max_length=30)
    asked = models.JSONField("demandé", default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    asked_at = models.DateTimeField("demandé le", db_default=Now(), editable=False)
    finished_at = models.DateTimeField("terminé le", null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(kind=""), name="job_has_a_kind")]
        indexes: ClassVar = [
            models.Index(fields=["asked_by", "-id"], name="job_of_a_person"),
            models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="job_running"),
        ]
        triggers: ClassVar = [*job_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Travail {self.pk}"


class JobRow(models.Model):
    """One file of a job. `seen` is what the person was looking at (version, amount): done only if it still holds."""

    grants = Grants.NO_DELETE

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="rows")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    state = models.CharField("résultat", max_length=10, choices=RowState, default=RowState.WAITING)
    seen = models.JSONField(default=dict)
    reason = models.TextField("ce qui s’est passé", blank=True, default="")
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "ligne d’un travail"
        verbose_name_plural = "lignes d’un travail"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "application"], name="job_row_one_a_file"),
            models.CheckConstraint(
                condition=~Q(state=RowState.REFUSED) | ~Q(reason=""), name="job_row_refused_with_its_reason"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["job", "state", "id"], name="job_row_next")]
        triggers: ClassVar = [*row_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.application_id} : {self.get_state_display()}"
