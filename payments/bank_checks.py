"""What an account number says by itself, and what should make the person who verifies it look twice."""

import unicodedata
from dataclasses import dataclass

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from common.errors import DomainError
from payments.models import BankVersion

# A commune's account is held at the Banque de France, through its public accountant.
PUBLIC_ACCOUNTANT = "BDFEFRPP"
BANK_CODE = "30001"
LINKING_WORDS = {"la", "le", "les", "l", "de", "du", "des", "d", "sur", "en", "commune", "ville", "mairie"}


@dataclass(frozen=True)
class Warning:
    title: str
    detail: str


def read_iban(text: str) -> IBAN:
    """An IBAN as people type it (spaces, lower case), length and key checked. Raises DomainError."""
    typed = "".join(text.split()).upper()
    try:
        if not typed.isascii():  # figures of other alphabets count as figures for the library
            raise SchwiftyException
        return IBAN(typed, validate_bban=True)
    except SchwiftyException as error:
        raise DomainError(
            "Cet IBAN n’est pas valable : recopiez-le depuis le RIB, lettres et chiffres (27 caractères en France)."
        ) from error


def read_bic(text: str, iban: IBAN) -> str:
    """The BIC as typed, else the one of the bank of the IBAN where it is known. Raises DomainError."""
    typed = "".join(text.split()).upper()
    if not typed:
        return str(iban.bic or "")
    try:
        if not typed.isascii():
            raise SchwiftyException
        return str(BIC(typed))
    except SchwiftyException as error:
        raise DomainError("Ce BIC n’est pas valable : 8 ou 11 caractères, comme BDFEFRPPCCT.") from error


def warnings(bank: BankVersion) -> list[Warning]:
    """Nothing here refuses: a person looks, calls back and decides. One query."""
    found = []
    if not bank.iban.startswith("FR"):
        found.append(Warning("Compte à l’étranger", f"L’IBAN commence par {bank.iban[:2]}."))
    elif not bank.bic.startswith(PUBLIC_ACCOUNTANT) or bank.iban[4:9] != BANK_CODE:
        found.append(
            Warning(
                "Pas à la Banque de France",
                f"Le compte d’une commune est tenu par son comptable public (banque {BANK_CODE}, BIC {PUBLIC_ACCOUNTANT}…) ; "
                f"celui-ci est à la banque {bank.iban[4:9]}, BIC {bank.bic or 'inconnu'}.",
            )
        )
    if not _names(bank.organisation.name) <= _names(bank.holder):
        found.append(
            Warning(
                "Titulaire différent de la commune",
                f"Le titulaire est « {bank.holder} », la commune « {bank.organisation.name} ».",
            )
        )
    others = (
        BankVersion.objects.filter(iban=bank.iban)
        .exclude(organisation=bank.organisation_id)
        .order_by("organisation__sort_name")
        .values_list("organisation__name", flat=True)
        .distinct()
    )
    if shared := list(others[:3]):
        found.append(Warning("Compte déjà déclaré par une autre commune", ", ".join(shared)))
    return found


def _names(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "".join(character if character.isalnum() else " " for character in plain).split()
    return {"saint" if word == "st" else "sainte" if word == "ste" else word for word in words} - LINKING_WORDS
