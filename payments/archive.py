"""The ZIP of the supporting documents of a sealed batch: named by their id, with an index, always the same bytes."""

import io
import zipfile
from typing import Any

from defusedcsv import csv

from common.errors import DomainError
from documents.models import StoredFile
from documents.services import Altered, open_verified

MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can say: the archive tells nothing of when it was made
LIMIT = 400 * 1024 * 1024
HEADERS = ("IdUnique", "Fichier", "N° de dossier", "N° de ligne", "Pièce", "SHA-256", "Octets", "Présence")


def as_zip(data: dict[str, Any]) -> bytes:
    """Stored, not compressed: documents hardly shrink. Raises DomainError when a document was altered or all are too heavy."""
    papers = [(row, paper) for row in data["lignes"] for paper in row.get("justificatifs", ())]
    stored = StoredFile.objects.in_bulk({paper["cle"] for _, paper in papers})
    if sum(stored[paper["cle"]].size for _, paper in papers) > LIMIT:
        raise DomainError(
            "Les pièces de ce lot dépassent 400 Mo : préparez des lots plus petits, ou joignez-les une à une."
        )
    target, index = io.BytesIO(), io.StringIO(newline="")
    table = csv.writer(index, delimiter=";", lineterminator="\r\n")
    table.writerow(HEADERS)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for row, paper in papers:
            file = stored[paper["cle"]]
            _add(archive, paper["fichier"], _bytes_of(file, paper, row))
            table.writerow(
                [
                    paper["id"],
                    paper["fichier"],
                    row["dossier"],
                    row["ligne"],
                    paper["titre"],
                    file.sha256,
                    file.size,
                    "jointe",
                ]
            )
        for row in data["lignes"]:
            for title in row.get("absentes", ()):
                table.writerow(["", "", row["dossier"], row["ligne"], title, "", "", "absente au moment du sceau"])
        _add(archive, "index.csv", ("\ufeff" + index.getvalue()).encode())
    return target.getvalue()


def _bytes_of(file: StoredFile, paper: dict[str, Any], row: dict[str, Any]) -> bytes:
    try:
        if file.sha256 != paper["sha256"]:
            raise Altered("l’empreinte n’est plus celle du sceau")
        with open_verified(file) as content:
            return content.read()
    except Altered as error:
        raise DomainError(
            f"{row['dossier']}, « {paper['titre']} » : {error}. L’archive n’a pas été faite : prévenez l’administrateur."
        ) from error


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, MOMENT)
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)
