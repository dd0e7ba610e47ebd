"""The money of the envelope, the year's budget, the life of a call, gapless numbers: every verb of the fund."""

from fund.services.calls import (
    archive_call,
    finish_deciding,
    missing_to_publish,
    open_and_close_due_calls,
    publish_call,
    start_deciding,
)
from fund.services.ledger import balance_of, lock_envelope, move, reverse, vote
from fund.services.numbers import next_number

__all__ = [
    "archive_call",
    "balance_of",
    "finish_deciding",
    "lock_envelope",
    "missing_to_publish",
    "move",
    "next_number",
    "open_and_close_due_calls",
    "publish_call",
    "reverse",
    "start_deciding",
    "vote",
]
