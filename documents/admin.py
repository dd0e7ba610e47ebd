"""Neither the key nor the path: a file is fetched through its one door."""

from common.admin import show
from documents.models import StoredFile

show(
    StoredFile,
    "id",
    "origin",
    "state",
    "organisation",
    "content_type",
    "size",
    "created_at",
    "scanned_at",
    "scan_engine",
    "sha256",
    related=("organisation",),
)
