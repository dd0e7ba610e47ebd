"""Rows whose past the database keeps (pghistory): what somebody saw, so that two savers do not erase each other."""

from typing import Any


def mark(row: Any) -> str:
    """The number of the last change that the database kept of this row; « 0 » for none."""
    if row is None or row.pk is None:
        return "0"
    last = row.events.order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    return str(last or 0)
