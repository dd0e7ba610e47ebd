"""The money of the envelope, the year's budget, the life of a call, gapless numbers: every verb of the fund."""

from fund.services.budget import add_line, amend_line, create_budget, describe_line, fund_mark, save_fund
from fund.services.calls import (
    archive_call,
    finish_deciding,
    missing_to_publish,
    open_and_close_due_calls,
    publish_call,
    start_deciding,
)
from fund.services.ledger import balance_of, lock_envelope, move, reverse
from fund.services.numbers import next_number
from fund.services.questions import (
    add_question,
    copy_questions,
    edit_question,
    freeze_at_opening,
    in_service,
    move_question,
    prepare_questions,
    prepared,
    put_in_service,
    questions_of_new_file,
    remove_question,
)
from fund.services.rules import create_call, save_call, save_criteria, save_documents, save_plan, save_points
from fund.services.votes import close_budget, payment_ceiling, payments_voted, transfer, vote, vote_payments

__all__ = [
    "add_line",
    "add_question",
    "amend_line",
    "archive_call",
    "balance_of",
    "close_budget",
    "copy_questions",
    "create_budget",
    "create_call",
    "describe_line",
    "edit_question",
    "finish_deciding",
    "freeze_at_opening",
    "fund_mark",
    "in_service",
    "lock_envelope",
    "missing_to_publish",
    "move",
    "move_question",
    "next_number",
    "open_and_close_due_calls",
    "payment_ceiling",
    "payments_voted",
    "prepare_questions",
    "prepared",
    "publish_call",
    "put_in_service",
    "questions_of_new_file",
    "remove_question",
    "reverse",
    "save_call",
    "save_criteria",
    "save_documents",
    "save_fund",
    "save_plan",
    "save_points",
    "start_deciding",
    "transfer",
    "vote",
    "vote_payments",
]
