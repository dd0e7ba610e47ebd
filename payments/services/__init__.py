"""Every verb of the payments: instalments, bank details, batches and their files."""

from payments.services.bank import declare_bank, refuse_bank, reveal_bank, verify_bank
from payments.services.batches import (
    add_lines,
    create_batch,
    mark_transmitted,
    remove_line,
    seal_batch,
)
from payments.services.exports import export_batch
from payments.services.instalments import (
    approve,
    certify,
    request_instalment,
    return_to_commune,
    return_to_desk,
)
from payments.services.planning import plan_instalments, plan_missing_instalments

__all__ = [
    "add_lines",
    "approve",
    "certify",
    "create_batch",
    "declare_bank",
    "export_batch",
    "mark_transmitted",
    "plan_instalments",
    "plan_missing_instalments",
    "refuse_bank",
    "remove_line",
    "request_instalment",
    "return_to_commune",
    "return_to_desk",
    "reveal_bank",
    "seal_batch",
    "verify_bank",
]
