"""Neither reasons nor data here: the administrator has no right on files. The auditor reads them in /journal/."""

from common.admin import show
from journal.models import Entry, Head, Seal

show(
    Entry,
    "recorded_at",
    "chain",
    "sequence",
    "kind",
    "verb",
    "from_state",
    "to_state",
    "actor_label",
    "hash",
    search=("chain",),
)
show(Head, "chain", "sequence", "hash", search=("chain",))
show(Seal, "number", "sealed_at", "hash")
