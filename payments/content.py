"""What a sealed batch says: one object a line with every exported column. Written once, at the seal, then only read."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from django.db.models import Sum

from applications.models import Attachment
from common.dates import local
from documents.models import StoredFile
from documents.states import FileState
from payments.models import Batch, Instalment, PaymentLine, PaymentPaper
from payments.states import InstalmentState, PaperKind

TRANSFER_LABEL = 70
PURPOSE = 100


@dataclass(frozen=True)
class Column:
    key: str
    header: str
    kind: Literal["text", "money", "date", "number"] = "text"


# The « état liquidatif ». Headers are a contract with the finance software: add at the end, never rename.
COLUMNS = (
    Column("exercice", "Exercice", "number"),
    Column("dossier", "N° de dossier"),
    Column("decision", "N° de décision"),
    Column("date_decision", "Date de décision", "date"),
    Column("engagement", "N° d’engagement"),
    Column("type", "Type"),
    Column("montant", "Montant", "money"),
    Column("deja_verse", "Montant déjà versé", "money"),
    Column("reste", "Reste à verser", "money"),
    Column("siret", "SIRET"),
    Column("nom", "Nom"),
    Column("adresse", "Adresse"),
    Column("iban", "IBAN"),
    Column("bic", "BIC"),
    Column("titulaire", "Titulaire"),
    Column("nature", "Nature"),
    Column("fonction", "Fonction"),
    Column("operation", "Opération"),
    Column("libelle", "Libellé de virement"),
    Column("objet", "Objet"),
    Column("base_juridique", "Base juridique"),
    Column("pieces", "Pièces"),
    Column("service_fait_le", "Service fait le", "date"),
    Column("service_fait_par", "Service fait par"),
    Column("lot", "N° de lot"),
    Column("ligne", "N° de ligne", "number"),
)
# What a line also holds: not in the default file, may be chosen in the format of the collectivity.
MORE_COLUMNS = (Column("voie", "Adresse, voie"), Column("code_postal", "Code postal"), Column("ville", "Ville"))


def one_line(text: str) -> str:
    """No tab, no end of line, no control character inside a cell."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def canonical(data: dict[str, Any]) -> str:
    """The one text of these data: keys sorted, no spaces, accents as they are."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def build(batch: Batch, lines: Sequence[PaymentLine], *, number: str, sealed_by: Any) -> dict[str, Any]:
    """The content of a batch about to be sealed. Lines come with what `lines_of` selects; instalments not yet paid."""
    before = _ordered_before(batch, lines)
    awards = _in_force(lines)
    attached = _attached(lines)
    papers = _papers_of(lines)
    rows = []
    for position, line in enumerate(lines, start=1):
        decision_id = line.instalment.decision_id
        pieces = papers.get(line.instalment_id, []) + attached[line.instalment.application_id]
        names = "; ".join(["Décision", *(title for title, _ in pieces), "RIB"])
        row = _row(line, position, number, before.get(decision_id, 0), awards[decision_id], names)
        rows.append(row | _papers(line, row, pieces))
        before[decision_id] = before.get(decision_id, 0) + line.amount_cents
    return {
        "lot": number,
        "prepare_par": batch.prepared_by.get_full_name(),
        "scelle_par": sealed_by.get_full_name(),
        "nombre": len(rows),
        "total": sum(row["montant"] for row in rows),
        "lignes": rows,
    }


def lines_of(batch: Batch) -> list[PaymentLine]:
    return list(
        batch.lines.select_related(
            "instalment__decision__recorded_by",
            "instalment__decision__letter",
            "instalment__application__call__envelope__line__budget",
            "instalment__application__call__fund",
            "instalment__application__organisation",
            "instalment__certified_by",
            "instalment__approved_by",
            "certified_by",
            "organisation",
            "bank_version__verified_by",
            "bank_version__document",
        ).order_by("pk")
    )


def _ordered_before(batch: Batch, lines: Sequence[PaymentLine]) -> dict[int, int]:
    """Decision -> cents ordered or paid by earlier batches."""
    gone = (
        Instalment.objects.filter(
            decision__in={line.instalment.decision_id for line in lines},
            state__in=(InstalmentState.ORDERED, InstalmentState.PAID),
        )
        .exclude(lines__batch=batch)
        .order_by()
    )
    return dict(gone.values_list("decision").annotate(Sum("amount_cents")))


def _in_force(lines: Sequence[PaymentLine]) -> dict[int, int]:
    """Decision -> cents of its plan: the award, less what was reduced or released since."""
    plans = Instalment.objects.filter(decision__in={line.instalment.decision_id for line in lines})
    live = plans.exclude(state=InstalmentState.VOID).order_by()
    return dict(live.values_list("decision").annotate(Sum("amount_cents")))


Papers = list[tuple[str, StoredFile]]


def _attached(lines: Sequence[PaymentLine]) -> dict[int, Papers]:
    """What each file holds, by title: the accountant asks for what the decision requires."""
    found: dict[int, Papers] = {line.instalment.application_id: [] for line in lines}
    for piece in Attachment.objects.filter(application__in=found).select_related("file").order_by("pk"):
        found[piece.application_id].append((piece.title or piece.file.name, piece.file))
    return found


def _papers_of(lines: Sequence[PaymentLine]) -> dict[int, Papers]:
    """The papers of each payment: its statement, the title of the commune, the agreement (once an award)."""
    decisions = {line.instalment.decision_id for line in lines}
    latest: dict[tuple[int, str], PaymentPaper] = {}
    of_awards = PaymentPaper.objects.filter(instalment__decision__in=decisions).select_related("file", "instalment")
    for paper in of_awards.order_by("pk"):
        whole = paper.kind == PaperKind.AGREEMENT
        latest[paper.instalment.decision_id if whole else -paper.instalment_id, paper.kind] = paper
    found: dict[int, Papers] = {}
    for line in lines:
        keys = (line.instalment.decision_id, -line.instalment_id)
        kept = [paper for (key, _kind), paper in latest.items() if key in keys]
        found[line.instalment_id] = [(paper.get_kind_display(), paper.file) for paper in kept]
    return found


def _papers(line: PaymentLine, row: dict[str, Any], pieces: Papers) -> dict[str, Any]:
    """The supporting documents of a line as they stand at the seal, each with an id that is unique for ever."""
    given = [("Décision", line.instalment.decision.letter), *pieces, ("RIB", line.bank_version.document)]
    joined, absent = [], []
    for position, (title, file) in enumerate(given, start=1):
        if file is None or file.state != FileState.CLEAN:
            absent.append(one_line(title))
            continue
        unique = f"{row['lot'].replace('-', '')}L{row['ligne']}P{position}"
        name = unique + (PurePosixPath(file.name).suffix.lower() or ".pdf")
        paper = {"id": unique, "titre": one_line(title), "fichier": name, "cle": file.pk, "sha256": file.sha256}
        joined.append(paper)
    return {"justificatifs": joined, "absentes": absent}


def _row(line: PaymentLine, position: int, number: str, before: int, award: int, pieces: str) -> dict[str, Any]:
    instalment, account, organisation = line.instalment, line.bank_version, line.organisation
    application, decision = instalment.application, instalment.decision
    budget_line = application.call.envelope.line
    kind = instalment.get_kind_display()
    return {
        "exercice": budget_line.budget.year,
        "dossier": application.number,
        "decision": decision.act_number,
        "date_decision": _iso(decision.act_date),
        "engagement": f"{application.number}-E{decision.movement_id}",
        "type": kind,
        "montant": line.amount_cents,
        "deja_verse": before,
        "reste": award - before - line.amount_cents,
        "siret": organisation.siret or organisation.siren,
        "nom": one_line(organisation.name),
        "adresse": one_line(", ".join(application.organisation.postal_lines)),
        **_place(application.organisation.postal_lines),
        "iban": account.iban,
        "bic": account.bic,
        "titulaire": one_line(account.holder),
        "nature": budget_line.nature_account,
        "fonction": budget_line.function_account,
        "operation": budget_line.operation,
        "libelle": f"Fonds d’initiative {application.number} {kind.lower()}"[:TRANSFER_LABEL],
        "objet": one_line(f"{kind} : {application.title}")[:PURPOSE],
        "base_juridique": application.call.get_legal_basis_display(),
        "pieces": one_line(pieces),
        "service_fait_le": _iso(instalment.certified_at),
        "service_fait_par": line.certified_by.get_full_name(),
        "lot": number,
        "ligne": position,
    }


def _place(lines: list[str]) -> dict[str, str]:
    """The street, the post code and the town of an address."""
    for position, line in enumerate(lines):
        if found := re.fullmatch(r"(.*?)[,\s]*\b([0-9]{5})\s+(.+)", line):
            street = ", ".join([*lines[:position], found[1]]).strip(" ,")
            return {"voie": one_line(street), "code_postal": found[2], "ville": one_line(found[3])}
    return {"voie": one_line(", ".join(lines)), "code_postal": "", "ville": ""}


def _iso(value: Any) -> str:
    if value is None:
        return ""
    return (local(value).date() if hasattr(value, "hour") else value).isoformat()
