"""Stored files: deposited ones wait in quarantine until scanned; issued ones (receipts, letters) are made by us."""

import secrets
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Organisation
from common.grants import Grants
from common.guards import Guard, no_delete, refuse
from common.workflow import StateField, StatefulModel
from documents.states import FileState, Origin
from documents.visibility import visible
from journal.guards import state_guards

CONTENT_STAYS = f"""
IF (NEW.sha256, NEW.path, NEW.size, NEW.name, NEW.organisation_id, NEW.origin, NEW.content_type, NEW.key,
    NEW.uploaded_by_id, NEW.created_at)
    IS DISTINCT FROM (OLD.sha256, OLD.path, OLD.size, OLD.name, OLD.organisation_id, OLD.origin, OLD.content_type, OLD.key,
    OLD.uploaded_by_id, OLD.created_at)
THEN {refuse("the content of a stored file never changes")} END IF;
IF OLD.state <> 'quarantined' AND (NEW.scanned_at, NEW.scanned_sha256, NEW.scan_engine, NEW.scan_note)
    IS DISTINCT FROM (OLD.scanned_at, OLD.scanned_sha256, OLD.scan_engine, OLD.scan_note)
THEN {refuse("the verdict on a stored file stays")} END IF;
RETURN NEW;
"""


def new_key() -> str:
    return secrets.token_hex(32)


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def visible_to(self, user: Any) -> "StoredFileQuerySet":
        """What this person may download (documents.visibility); the rest is a 404."""
        seen = visible(user)
        return self.none() if seen is None else self.filter(seen)


class StoredFile(StatefulModel):
    """One file and what is known of it. Only `documents.services` changes its state; only `documents.views` serves it.

    Machine: quarantined -> clean | infected | unreadable -> discarded (the row and its hash stay, the bytes go once nothing
    refers to it). A file we issue is quarantined and cleared at once, by us.
    """

    grants = Grants.NO_DELETE

    state = StateField("état", max_length=20, choices=FileState, default=FileState.QUARANTINED)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.UPLOADED)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="files")
    key = models.CharField(max_length=64, unique=True, default=new_key)
    path = models.CharField(max_length=200, unique=True)
    name = models.CharField("nom", max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("taille (octets)")
    sha256 = models.CharField("empreinte", max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("déposé le", db_default=Now())
    scanned_at = models.DateTimeField("analysé le", null=True)
    scanned_sha256 = models.CharField(max_length=64, blank=True, default="")
    scan_engine = models.CharField(max_length=120, blank=True, default="")
    scan_note = models.CharField(max_length=200, blank=True, default="")

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier"
        verbose_name_plural = "fichiers"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state=FileState.CLEAN)
                | (Q(scanned_at__isnull=False) & ~Q(scan_engine="") & Q(scanned_sha256=F("sha256"))),
                name="file_clean_was_scanned",
            ),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="file_hash_shape"),
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
            models.CheckConstraint(
                condition=~Q(origin=Origin.UPLOADED) | Q(size__lte=20 * 1024 * 1024), name="file_upload_not_heavy"
            ),
            models.UniqueConstraint(fields=["id", "organisation"], name="file_tenant"),
        ]
        indexes: ClassVar = [models.Index(fields=["id"], condition=Q(state=FileState.QUARANTINED), name="file_waiting")]
        triggers: ClassVar = [
            *state_guards(FileState.QUARANTINED),
            Guard(name="content", when=pgtrigger.Before, operation=pgtrigger.Update, func=CONTENT_STAYS),
            *no_delete(),
        ]

    def __str__(self) -> str:
        return self.name

    @transition(state, source=FileState.QUARANTINED, target=FileState.CLEAN)
    def clear(self, *, engine: str, sha256: str) -> None:
        self.scanned_at, self.scan_engine, self.scanned_sha256 = Now(), engine, sha256

    @transition(state, source=FileState.QUARANTINED, target=FileState.INFECTED)
    def condemn(self, *, engine: str, note: str) -> None:
        self.scanned_at, self.scan_engine, self.scan_note = Now(), engine, note[:200]

    @transition(state, source=FileState.QUARANTINED, target=FileState.UNREADABLE)
    def reject(self, *, engine: str, note: str) -> None:
        self.scanned_at, self.scan_engine, self.scan_note = Now(), engine, note[:200]

    @transition(
        state,
        source=[FileState.QUARANTINED, FileState.CLEAN, FileState.INFECTED, FileState.UNREADABLE],
        target=FileState.DISCARDED,
    )
    def discard(self) -> None: ...
