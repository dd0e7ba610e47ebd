"""What lies in storage against what the database says: bytes without a row, rows without bytes, bytes that changed.

Nothing is deleted at once: an upload may be on its way, and a mistake must be seen before it is final.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.core.files.storage import Storage, default_storage
from django.db import transaction
from django.utils import timezone

from common.actors import MACHINE
from documents.models import StoredFile
from documents.services import Altered, open_verified
from documents.states import FileState, Origin
from journal.services import advance

DELAY = timedelta(days=30)
BATCH = 200
log = structlog.get_logger(__name__)


@dataclass
class Inventory:
    """`missing` and `altered` are ids of rows, `orphans` paths of bytes; the rest was cleaned, or waits for its delay."""

    files: int = 0
    missing: list[int] = field(default_factory=list)
    altered: list[int] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    discarded: list[int] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.missing or self.altered)


def take(*, now: datetime | None = None) -> Inventory:
    """Read everything, then clean what has been useless for long enough."""
    now, found = now or timezone.now(), Inventory()
    _read_rows(found)
    _discard_unused(found, now)
    _look_for_orphans(found, now)
    say = log.info if found.is_sound else log.error
    say(
        "inventory",
        files=found.files,
        missing=found.missing,
        altered=found.altered,
        orphans=len(found.orphans),
        deleted=len(found.deleted),
        discarded=found.discarded,
    )
    return found


def _read_rows(found: Inventory) -> None:
    for stored in StoredFile.objects.exclude(state=FileState.DISCARDED).order_by("pk").iterator(BATCH):
        found.files += 1
        if not default_storage.exists(stored.path):
            found.missing.append(stored.pk)
            continue
        try:
            open_verified(stored).close()
        except Altered:
            found.altered.append(stored.pk)


def _discard_unused(found: Inventory, now: datetime) -> None:
    """Deposits that nothing refers to any more, since the delay: the row and its hash stay, the bytes go."""
    unused = StoredFile.objects.filter(origin=Origin.UPLOADED, created_at__lt=now - DELAY).exclude(
        state=FileState.DISCARDED
    )
    for relation in StoredFile._meta.related_objects:
        field_ = relation.field
        used = field_.model._base_manager.filter(**{f"{field_.name}__isnull": False}).values(field_.attname)
        unused = unused.exclude(pk__in=used)
    for pk in list(unused.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        if path := _discard(pk):
            default_storage.delete(path)
            found.discarded.append(pk)


@transaction.atomic
def _discard(pk: int) -> str:
    """Locked against a new reference (a foreign key to the row waits), then asked again."""
    stored = StoredFile.objects.select_for_update().get(pk=pk)
    if stored.state == FileState.DISCARDED or _is_used(stored):
        return ""
    advance(stored, stored.discard, by=MACHINE, reason="plus aucun document ne s’y rapporte")
    return stored.path


def _is_used(stored: StoredFile) -> bool:
    return any(
        relation.field.model._base_manager.filter(**{relation.field.name: stored}).exists()
        for relation in StoredFile._meta.related_objects
    )


def _look_for_orphans(found: Inventory, now: datetime) -> None:
    """Bytes no row names: an upload cut short. Deleted after the delay; until then, only said."""
    for folder, names in _folders(default_storage):
        paths = [f"{folder}/{name}" if folder else name for name in names]
        known = set(
            StoredFile.objects.filter(path__in=paths).exclude(state=FileState.DISCARDED).values_list("path", flat=True)
        )
        for path in sorted(set(paths) - known):
            if default_storage.get_modified_time(path) < now - DELAY:
                default_storage.delete(path)
                found.deleted.append(path)
            else:
                found.orphans.append(path)


def _folders(storage: Storage, folder: str = "") -> Iterator[tuple[str, list[str]]]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return
    yield folder, names
    for name in folders:
        yield from _folders(storage, f"{folder}/{name}" if folder else name)
