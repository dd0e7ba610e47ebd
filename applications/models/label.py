"""Labels that the desk puts on files, to sort them its own way. Communes never see them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from applications.label_guards import file_label_guards, label_guards
from applications.models.application import Application
from common.grants import Grants
from common.guards import no_delete
from fund.models import Fund


class Label(models.Model):
    """A label of the fund: one name whatever its accents and its case. Retired, it stays on the files that bear it."""

    grants = Grants.NO_DELETE

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="labels")
    name = models.CharField("nom", max_length=40)
    folded = models.CharField(max_length=60, editable=False)
    retired_at = models.DateTimeField("retirée le", null=True)

    class Meta:
        verbose_name = "étiquette"
        ordering: ClassVar = ["folded"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fund", "folded"], name="label_name_once"),
            models.CheckConstraint(condition=Q(name__regex=r"\S") & Q(folded__regex=r"\S"), name="label_has_a_name"),
        ]
        triggers: ClassVar = [*label_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.name


class FileLabel(models.Model):
    """A label on a file: put and taken off by the desk, each told in the journal of the file."""

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="file_labels")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="on_files")
    put_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    put_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "étiquette d’un dossier"
        verbose_name_plural = "étiquettes d’un dossier"
        constraints: ClassVar = [models.UniqueConstraint(fields=["application", "label"], name="file_label_once")]
        indexes: ClassVar = [models.Index(fields=["label", "application"], name="file_label_files")]
        triggers: ClassVar = [*file_label_guards()]

    def __str__(self) -> str:
        return str(self.label)
