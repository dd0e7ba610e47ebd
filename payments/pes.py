"""The PES « dépense » pre-flow of a sealed batch: what the finance software needs, without the numbers that it alone gives."""

import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from lxml import etree
from stdnum.fr import siret

from common.errors import DomainError
from payments.xml import validate

NAMESPACE = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller"
SCHEMA = Path(__file__).with_name("schemas") / "pes_depense_pre_flux.xsd"
LABEL = (
    "PRE-FLUX, SANS NUMERO DEFINITIF : les numeros de bordereau et de mandat sont donnes par le logiciel de finances"
)
TRANSFER = "03"  # virement, Banque de France
COMMUNE, LOCAL_BODY = "23", "09"
WANTED = ("codique", "siret", "collectivity", "budget")


def is_set() -> bool:
    """The four codes that the accountant knows are in the settings."""
    return all(settings.PES[name] for name in WANTED)


def as_pes(data: dict[str, Any], *, sealed_on: date) -> bytes:
    """The pre-flow, validated by our schema. Raises DomainError with what is missing or wrong."""
    if not is_set():
        raise DomainError(
            "Le pré-flux PES demande le codique, le SIRET, la collectivité et le budget : "
            "donnez-les dans les réglages du serveur (PES_CODIQUE, PES_SIRET, PES_COLLECTIVITY, PES_BUDGET)."
        )
    root = etree.Element(f"{{{NAMESPACE}}}PES_Aller", nsmap={"n": NAMESPACE})
    root.append(etree.Comment(f" {LABEL} "))
    _envelope(root, data, sealed_on)
    flow = etree.SubElement(root, "PES_DepenseAller")
    head = etree.SubElement(flow, "EnTeteDepense")
    _put(head, IdVer="2", InfoDematerialisee="0")
    rows = sorted(data["lignes"], key=lambda row: (row["exercice"], row["ligne"]))
    for number, (year, of_year) in enumerate(groupby(rows, key=lambda row: row["exercice"]), start=1):
        _bordereau(flow, list(of_year), year=year, number=number, sealed_on=sealed_on)
    written: bytes = etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True, pretty_print=True)
    validate(written, SCHEMA, what="pré-flux PES")
    return written


def _put(parent: Any, **values: Any) -> None:
    for name, value in values.items():
        if value != "":
            etree.SubElement(parent, name, V=str(value))


def _envelope(root: Any, data: dict[str, Any], sealed_on: date) -> None:
    pes = settings.PES
    envelope = etree.SubElement(root, "Enveloppe")
    _put(
        etree.SubElement(envelope, "Parametres"),
        Version="2",
        TypFic=pes["flow"],
        NomFic=plain(f"PREFLUX {data['lot']}"),
    )
    _put(etree.SubElement(envelope, "Emetteur"), Sigle="Fonds d'initiative", Adresse="Fonds d'initiative 1")
    _put(
        etree.SubElement(root, "EnTetePES"),
        DteStr=sealed_on.isoformat(),
        IdPost=pes["codique"],
        IdColl=pes["siret"],
        CodCol=pes["collectivity"],
        CodBud=pes["budget"],
    )


def _bordereau(flow: Any, rows: list[dict[str, Any]], *, year: int, number: int, sealed_on: date) -> None:
    bordereau = etree.SubElement(flow, "Bordereau")
    _put(
        etree.SubElement(bordereau, "BlocBordereau"),
        Exer=year,
        IdBord=number,
        DteBordEm=sealed_on.isoformat(),
        TypBord="01",
        NbrPce=len(rows),
        MtBordHT=amount(sum(row["montant"] for row in rows)),
    )
    for row in rows:
        _piece(etree.SubElement(bordereau, "Piece"), row)


def _piece(piece: Any, row: dict[str, Any]) -> None:
    about = etree.SubElement(etree.SubElement(piece, "BlocPiece"), "InfoPce")
    spending = "02" if row["nature"].startswith("2") else "01"
    _put(about, IdPce=row["ligne"], TypPce="01", NatPce=spending, Obj=plain(row["objet"])[:100])
    for paper in row.get("justificatifs", ()):
        reference = etree.SubElement(about, "PJRef")
        _put(reference, Support="01", IdUnique=paper["id"], NomPJ=paper["fichier"], TypePJ="003")
    line = etree.SubElement(piece, "LigneDePiece")
    _put(
        etree.SubElement(etree.SubElement(line, "BlocLignePiece"), "InfoLignePce"),
        IdLigne="1",
        Nature=row["nature"],
        Fonction=row["fonction"],
        LibVir1=plain(row["libelle"])[:70],
        ModRegl=TRANSFER,
        TVAIntraCom="0",
        MtHT=amount(row["montant"]),
    )
    _third(etree.SubElement(line, "Tiers"), row)


def _third(third: Any, row: dict[str, Any]) -> None:
    number = row["siret"]
    if len(number) == 14 and not siret.is_valid(number):
        raise DomainError(
            f"{row['dossier']} : le SIRET {number} n’a pas la bonne clé. Corrigez la fiche de la commune."
        )
    _put(
        etree.SubElement(third, "InfoTiers"),
        IdTiers=number,
        NatIdTiers="01" if len(number) == 14 else "02",
        CatTiers=COMMUNE,
        NatJur=LOCAL_BODY,
        Nom=plain(row["nom"]).upper()[:38].strip(),
    )
    _put(
        etree.SubElement(third, "Adresse"),
        TypAdr="1",
        Adr2=plain(row.get("voie", "")).upper()[:38].strip() or "MAIRIE",
        CP=row.get("code_postal", ""),
        Ville=plain(row.get("ville", "")).upper()[:38].strip(),
        CodRes="0",
    )
    _put(
        etree.SubElement(third, "CpteBancaire"),
        BIC=row["bic"].upper(),
        IBAN=row["iban"].upper(),
        TitCpte=plain(row["titulaire"]).upper()[:32].strip(),
    )


def amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def plain(text: str) -> str:
    """Letters that every accounting software reads: no accent, no typographic mark, single spaces."""
    marks = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0x0153: "oe"})
    kept = unicodedata.normalize("NFKD", marks).encode("ascii", "ignore").decode()
    return " ".join("".join(_printable(kept)).split())


def _printable(text: str) -> Iterable[str]:
    return (character if " " <= character <= "~" else " " for character in text)
