"""No IBAN here, not even masked: who reads one goes through the page that writes it in the journal."""

from common.admin import show
from payments.models import BankVersion, Batch, Instalment, PaymentLine

show(
    BankVersion,
    "organisation",
    "state",
    "version",
    "declared_at",
    "verified_at",
    "usable_from",
    related=("organisation",),
)
show(Instalment, "id", "organisation", "kind", "amount_cents", "state", "version", "paid_on", related=("organisation",))
show(Batch, "number", "year", "state", "version", "line_count", "total_cents", "sealed_at", search=("number",))
show(
    PaymentLine, "id", "batch", "organisation", "amount_cents", "state", "created_at", related=("batch", "organisation")
)
