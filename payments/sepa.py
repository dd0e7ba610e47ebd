"""SEPA transfers (pain.001.001.09), for a fund that holds its own account. A métropole pays through its accountant."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sepaxml
from django.conf import settings
from sepaxml import SepaTransfer

from common.errors import DomainError
from payments.pes import plain
from payments.xml import validate

FORMAT = "pain.001.001.09"
SCHEMA = Path(sepaxml.__file__).with_name("schemas") / f"{FORMAT}.xsd"


def is_set() -> bool:
    return bool(settings.SEPA["holds_account"] and settings.SEPA["iban"] and settings.SEPA["name"])


def as_sepa(data: dict[str, Any], *, sealed_at: datetime) -> bytes:
    """One transfer a line, asked for the day after the seal; the number of the batch is the number of the message."""
    if not is_set():
        raise DomainError("Ce fonds ne tient pas son propre compte : ses paiements passent par le comptable public.")
    config: dict[str, Any] = {
        "name": plain(str(settings.SEPA["name"])),
        "IBAN": settings.SEPA["iban"],
        "batch": True,
        "currency": "EUR",
        **({"BIC": settings.SEPA["bic"]} if settings.SEPA["bic"] else {}),
    }
    transfer = _Transfer(config, schema=FORMAT, number=data["lot"], at=sealed_at)
    for row in data["lignes"]:
        transfer.add_payment(_payment(row, sealed_at.date() + timedelta(days=1)))
    written: bytes = transfer.export(validate=False)
    validate(written, SCHEMA, what="fichier SEPA")
    return written


def _payment(row: dict[str, Any], day: date) -> dict[str, Any]:
    return {
        "name": plain(row["titulaire"]),
        "IBAN": row["iban"],
        **({"BIC": row["bic"]} if row["bic"] else {}),
        "amount": row["montant"],
        "execution_date": day,
        "description": plain(row["libelle"]),
        "endtoend_id": f"{row['lot']}-{row['ligne']}",
    }


class _Transfer(SepaTransfer):
    """The library numbers and dates its message by chance and by the clock; here by the batch."""

    def __init__(self, config: dict[str, Any], *, schema: str, number: str, at: datetime) -> None:
        self.number, self.at = number, at
        super().__init__(config, schema=schema)

    def _create_header(self) -> None:
        self.msg_id = self.number
        super()._create_header()
        self._xml.find("CstmrCdtTrfInitn/GrpHdr/CreDtTm").text = self.at.strftime("%Y-%m-%dT%H:%M:%S")

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for position, part in enumerate(self._xml.iter("PmtInfId"), start=1):
            part.text = f"{self.number}-P{position}"
