"""Reading a file of communes: refused whole, with line numbers and reasons, before anything is compared."""

import csv
import io
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import tablib
from stdnum import luhn

COLUMNS = (
    "code_insee", "nom", "siren", "departement", "arrondissement", "codes_postaux", "population_municipale",
    "population_totale", "plan_local", "engagee_texte_source", "latitude", "longitude",
)  # fmt: skip
MAX_BYTES = 1_000_000
MAX_LINES = 5_000


@dataclass(frozen=True)
class Problem:
    """`line` counts from 1, the header is line 1; 0 speaks of the whole file."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = f"ligne {self.line}" if self.line else "fichier"
        return f"{place}, {self.column} : {self.reason}" if self.column else f"{place} : {self.reason}"


class BadFile(Exception):
    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


def read(content: bytes) -> tablib.Dataset:
    """The rows of a well-formed file. Raises BadFile with every problem that was found."""
    rows = list(csv.reader(io.StringIO(_text(content), newline=""), strict=True))
    header = [name.strip() for name in rows[0]]
    _check_header(header)
    lines = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not lines:
        raise BadFile(Problem(0, "", "il n’y a aucune commune sous la ligne de titres"))
    if len(lines) > MAX_LINES:
        raise BadFile(Problem(0, "", f"plus de {MAX_LINES} lignes"))
    problems = [
        Problem(number, "", f"{len(row)} cellules, il en faut {len(header)}")
        for number, row in lines
        if len(row) != len(header)
    ]
    if problems:
        raise BadFile(*problems)
    records = [(number, dict(zip(header, map(str.strip, row), strict=True))) for number, row in lines]
    problems = [problem for number, record in records for problem in _row_problems(number, record)]
    problems += _twice(records, "code_insee") + _twice(records, "siren")
    if problems:
        raise BadFile(*sorted(problems, key=lambda problem: problem.line))
    dataset = tablib.Dataset(headers=list(COLUMNS))
    for _, record in records:
        dataset.append([record[name] for name in COLUMNS])
    return dataset


def _text(content: bytes) -> str:
    if not content.strip():
        raise BadFile(Problem(0, "", "le fichier est vide"))
    if len(content) > MAX_BYTES:
        raise BadFile(Problem(0, "", "le fichier dépasse 1 Mo"))
    if b"\x00" in content:
        raise BadFile(
            Problem(content[: content.index(b"\x00")].count(b"\n") + 1, "", "caractère nul : ce n’est pas un CSV")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(Problem(line, "", "le fichier n’est pas en UTF-8 : enregistrez-le en « CSV UTF-8 »")) from error
    try:
        list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadFile(Problem(0, "", f"ce n’est pas un CSV lisible ({error})")) from error
    return text


def _check_header(header: list[str]) -> None:
    if len(header) == 1 and ";" in header[0]:
        raise BadFile(Problem(1, "", "les colonnes sont séparées par des points-virgules : il faut des virgules"))
    missing = [name for name in COLUMNS if name not in header]
    if len(missing) == len(COLUMNS):
        raise BadFile(Problem(1, "", "ce n’est pas un fichier de communes : aucune des colonnes attendues"))
    if missing:
        raise BadFile(
            Problem(
                1,
                "",
                f"colonne{'s' if len(missing) > 1 else ''} absente{'s' if len(missing) > 1 else ''} : {', '.join(missing)}",
            )
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadFile(Problem(1, "", f"colonne en double : {', '.join(twice)}"))


def _row_problems(line: int, record: dict[str, str]) -> list[Problem]:
    found = []
    insee, siren = record["code_insee"], record["siren"]
    if not record["nom"]:
        found.append(Problem(line, "nom", "il manque le nom de la commune"))
    if len(insee) != 5 or not insee.isalnum():
        found.append(Problem(line, "code_insee", f"« {insee} » n’a pas cinq caractères"))
    if len(siren) != 9 or not (siren.isascii() and siren.isdigit()):
        found.append(Problem(line, "siren", f"« {siren} » n’a pas neuf chiffres"))
    elif not luhn.is_valid(siren):
        found.append(Problem(line, "siren", f"« {siren} » ne passe pas le contrôle de clé : un chiffre est faux"))
    for name in ("population_municipale", "population_totale"):
        value = record[name]
        if not (value.isascii() and value.isdigit() and len(value) < 9):
            found.append(Problem(line, name, f"« {value} » n’est pas un nombre d’habitants"))
    found += [
        Problem(line, name, f"« {record[name]} » : il faut oui ou non")
        for name in ("plan_local", "engagee_texte_source")
        if record[name] not in ("oui", "non")
    ]
    found += [
        Problem(line, name, f"« {record[name]} » n’est pas une coordonnée en degrés")
        for name, limit in (("latitude", 90), ("longitude", 180))
        if not _is_degree(record[name], limit)
    ]
    codes = record["codes_postaux"].split("|")
    if not all(len(code) == 5 and code.isascii() and code.isdigit() for code in codes):
        found.append(Problem(line, "codes_postaux", f"« {record['codes_postaux']} » : cinq chiffres, séparés par |"))
    return found


def _is_degree(text: str, limit: int) -> bool:
    if text == "":
        return True
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and abs(value) <= limit


def _twice(records: list[tuple[int, dict[str, str]]], column: str) -> list[Problem]:
    seen: dict[str, int] = {}
    found = []
    for line, record in records:
        value = record[column]
        if value in seen:
            found.append(Problem(line, column, f"« {value} » est déjà à la ligne {seen[value]}"))
        seen.setdefault(value, line)
    return found
