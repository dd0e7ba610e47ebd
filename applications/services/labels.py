"""Labels: made and retired by the manager, put on files and taken off by those who instruct."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.states import Role
from applications.models import Application, FileLabel, Label
from applications.services.instruction import check_instructs, locked_for_desk
from common.errors import DomainError, NotAllowed
from common.search import fold
from fund.models import Fund
from journal.services import record

MOST = 60  # of a fund
MOST_ON_A_FILE = 10


@transaction.atomic
def make_label(name: str, *, by: Any) -> Label:
    """A new label, or the retired one of that name put back. One name, whatever its accents and its case."""
    _must_manage(by)
    name = " ".join(name.split())
    folded = fold(name)
    if not folded or len(name) > 40:
        raise DomainError("Une étiquette a un nom, de 40 caractères au plus.")
    fund = Fund.objects.select_for_update(no_key=True).order_by("pk").first()
    if fund is None:
        raise DomainError("Enregistrez d’abord les réglages du fonds.")
    found = Label.objects.filter(fund=fund, folded=folded).first()
    if found is not None and found.retired_at is None:
        raise DomainError(f"L’étiquette « {found.name} » existe déjà.")
    if found is not None:
        return list_label(found.pk, listed=True, by=by)
    if Label.objects.filter(fund=fund, retired_at=None).count() >= MOST:
        raise DomainError(f"Le fonds a déjà {MOST} étiquettes : retirez-en une avant d’en ajouter.")
    label = Label(fund=fund, name=name, folded=folded)
    label.save(force_insert=True)
    record(label, by=by, verb="make_label", data={"name": name})
    return label


@transaction.atomic
def list_label(pk: int, *, listed: bool, by: Any) -> Label:
    """Retire a label (it stays where it is, and is put on no other file), or put it back."""
    _must_manage(by)
    label = Label.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if label is None:
        raise DomainError("Cette étiquette n’existe pas.")
    if listed != (label.retired_at is None):
        label.retired_at = None if listed else timezone.now()
        label.save(update_fields=["retired_at"])
        record(label, by=by, verb="list_label" if listed else "retire_label", data={"name": label.name})
    return label


@transaction.atomic
def change_labels(
    pk: int, *, put: Collection[int] = (), take: Collection[int] = (), by: Any
) -> tuple[list[str], list[str]]:
    """Put these labels on a file and take those off; the names of what changed. Asked again, nothing changes."""
    application = locked_for_desk(pk, by=by)
    check_instructs(application, by=by)
    new, gone = difference(application, put, take)
    if FileLabel.objects.filter(application=application).count() + len(new) - len(gone) > MOST_ON_A_FILE:
        raise DomainError(f"Un dossier porte {MOST_ON_A_FILE} étiquettes au plus.")
    FileLabel.objects.filter(application=application, label__in=[one.pk for one in gone]).delete()
    for one in new:
        FileLabel.objects.create(application=application, label=one, put_by=by)
    names = [one.name for one in new], [one.name for one in gone]
    if new or gone:
        record(application, by=by, verb="label", data={"put": names[0], "taken": names[1]})
    return names


def difference(
    application: Application, put: Collection[int], take: Collection[int]
) -> tuple[list[Label], list[Label]]:
    """Of these labels, those the file does not bear yet, and those it bears. DomainError for one that cannot be put."""
    worn = {one.label_id: one.label for one in application.file_labels.select_related("label")}
    wanted = Label.objects.filter(pk__in=set(put) - set(worn))
    if len(wanted) != len(set(put) - set(worn)) or any(one.retired_at for one in wanted):
        raise DomainError("Une des étiquettes choisies n’existe plus, ou est retirée. Choisissez de nouveau.")
    return list(wanted), [label for pk, label in worn.items() if pk in set(take) - set(put)]


def _must_manage(by: Any) -> None:
    if not by.has_role(Role.FUND_MANAGER):
        raise NotAllowed("Le gestionnaire du fonds tient la liste des étiquettes.")
