"""Payments: what is owed and ordered (`paying`), what leaves towards finance and comes back (`finance`)."""

from payments.models.finance import (
    ContraryLine,
    ExportLayout,
    ExportWitness,
    ReturnDifference,
    ReturnImport,
    ReturnLine,
)
from payments.models.paying import BankVersion, Batch, BatchExport, Instalment, PaymentLine

__all__ = [
    "BankVersion",
    "Batch",
    "BatchExport",
    "ContraryLine",
    "ExportLayout",
    "ExportWitness",
    "Instalment",
    "PaymentLine",
    "ReturnDifference",
    "ReturnImport",
    "ReturnLine",
]
