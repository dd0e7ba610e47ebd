"""Every verb of the payments: instalments, bank details, batches and their files."""

from payments.services.acts import prepare_act, sign_act, withdraw_act
from payments.services.attaching import attach, candidates, may_be_attached
from payments.services.bank import declare_bank, refuse_bank, reveal_bank, verify_bank
from payments.services.batches import (
    add_lines,
    create_batch,
    mark_transmitted,
    remove_line,
    seal_batch,
)
from payments.services.exports import export_batch
from payments.services.holds import held, hold, release
from payments.services.instalments import (
    approve,
    certify,
    endorse,
    request_instalment,
    return_to_commune,
    return_to_desk,
)
from payments.services.layouts import save_layout
from payments.services.papers import join_paper
from payments.services.planning import plan_instalments, plan_missing_instalments
from payments.services.reports import report_reconciliation, warn_of_lapse
from payments.services.returns import (
    apply_return,
    discard_return,
    map_columns,
    read_return,
    require_neutral_reader,
    settle_difference,
    table_of,
)
from payments.services.rules import set_rules
from payments.services.settling import cancel_recovery, issue_recovery, receive_recovery, settle
from payments.services.taking_back import cancel_line, export_contrary

__all__ = [
    "add_lines",
    "apply_return",
    "approve",
    "attach",
    "cancel_line",
    "cancel_recovery",
    "candidates",
    "certify",
    "create_batch",
    "declare_bank",
    "discard_return",
    "endorse",
    "export_batch",
    "export_contrary",
    "held",
    "hold",
    "issue_recovery",
    "join_paper",
    "map_columns",
    "mark_transmitted",
    "may_be_attached",
    "plan_instalments",
    "plan_missing_instalments",
    "prepare_act",
    "read_return",
    "receive_recovery",
    "refuse_bank",
    "release",
    "remove_line",
    "report_reconciliation",
    "request_instalment",
    "require_neutral_reader",
    "return_to_commune",
    "return_to_desk",
    "reveal_bank",
    "save_layout",
    "seal_batch",
    "set_rules",
    "settle",
    "settle_difference",
    "sign_act",
    "table_of",
    "verify_bank",
    "warn_of_lapse",
    "withdraw_act",
]
