"""The money of the envelope, the year's budget, the life of a call, gapless numbers: every verb of the fund."""

from fund.services.budget import amend_line, create_budget, describe_line, fund_mark, save_fund
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
from fund.services.rules import create_call, save_call, save_criteria, save_documents, save_plan

__all__ = [
    "amend_line",
    "archive_call",
    "balance_of",
    "create_budget",
    "create_call",
    "describe_line",
    "finish_deciding",
    "fund_mark",
    "lock_envelope",
    "missing_to_publish",
    "move",
    "next_number",
    "open_and_close_due_calls",
    "publish_call",
    "reverse",
    "save_call",
    "save_criteria",
    "save_documents",
    "save_fund",
    "save_plan",
    "start_deciding",
    "vote",
]
