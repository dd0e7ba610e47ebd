"""The format of the collectivity, kept version after version."""

from typing import Any

from django.db import transaction

from common.errors import DomainError, NotAllowed
from journal.services import record
from payments import layout, policies
from payments.models import ExportLayout


@transaction.atomic
def save_layout(chosen: layout.Layout, *, by: Any) -> ExportLayout:
    """A new version, in force for the files made from now on; the same again changes nothing."""
    if not policies.can_export_batches(by):
        raise NotAllowed("Le format des fichiers est réglé par les finances.")
    columns = layout.stored(chosen)
    if sentence := layout.problem(columns["columns"]):
        raise DomainError(sentence)
    last = ExportLayout.objects.order_by("-pk").first()
    if last is not None and layout.stored(layout.read(last)) == columns:
        return last
    made = ExportLayout.objects.create(made_by=by, **columns)
    record(made, by=by, verb="save_layout", data=columns)
    return made
