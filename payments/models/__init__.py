"""Payments: what is owed and ordered (`paying`), what leaves towards finance and comes back (`finance`)."""

from payments.models.acts import AwardAct
from payments.models.bank import BankVersion, PaymentRules
from payments.models.finance import (
    ContraryLine,
    ExportLayout,
    ExportWitness,
    ReturnDifference,
    ReturnImport,
    ReturnLine,
)
from payments.models.paying import Batch, BatchExport, Instalment, PaymentLine
from payments.models.settling import PaymentPaper, Recovery, Settlement

__all__ = [
    "AwardAct",
    "BankVersion",
    "Batch",
    "BatchExport",
    "ContraryLine",
    "ExportLayout",
    "ExportWitness",
    "Instalment",
    "PaymentLine",
    "PaymentPaper",
    "PaymentRules",
    "Recovery",
    "ReturnDifference",
    "ReturnImport",
    "ReturnLine",
    "Settlement",
]
