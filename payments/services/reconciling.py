"""When a batch is done: each of its lines is paid, or was taken back."""

from typing import Any

from journal.services import advance
from payments.models import Batch
from payments.states import BatchState, InstalmentState, LineState


def reconcile_if_done(batch: Batch, *, by: Any) -> None:
    """For a batch the caller has locked."""
    waiting = batch.lines.filter(state=LineState.LIVE).exclude(instalment__state=InstalmentState.PAID)
    if batch.state in (BatchState.SEALED, BatchState.TRANSMITTED) and not waiting.exists():
        advance(batch, batch.reconcile, by=by)
