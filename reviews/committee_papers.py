"""The papers of a closed session, all from its snapshot: the minutes (PDF), the list of decisions (CSV, XLSX)."""

import io
from decimal import Decimal
from typing import Any

from defusedcsv import csv
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.dateparse import parse_datetime

from applications.listing import BOM, plain_text
from applications.models import Application
from common.actors import MACHINE
from common.money import euros
from common.sheets import a_book, as_text, write_table
from common.typography import counted
from documents import letters
from documents import services as documents
from journal.services import locked
from reviews.committee import DECIDED
from reviews.committee_snapshot import theme_label
from reviews.committee_states import Attendance, Choice, Outcome
from reviews.models import AgendaItem, CommitteeSession

LEFT = "quitte la salle et ne prend part ni au débat ni au vote"


def make(pk: int) -> bool:
    """Make and keep the minutes of a closed session; False when already done. Outside the lock, kept once."""
    session = CommitteeSession.objects.select_related("call__fund").get(pk=pk)
    if session.state not in DECIDED or session.minutes_id:
        return False
    content = letters.render("minutes", minutes_data(session))
    with transaction.atomic():
        session = locked(CommitteeSession.objects.all(), pk)
        if session.minutes_id:
            return False
        name = f"Procès-verbal {session.title}.pdf"
        session.minutes = documents.issue(content, name=name, organisation=None, by=MACHINE)
        session.save(update_fields=["minutes"])
    return True


def waiting() -> list[int]:
    """Closed sessions whose minutes are not made: lost tasks, found again every minute."""
    found = CommitteeSession.objects.filter(state__in=DECIDED, minutes=None)
    return list(found.order_by("pk").values_list("pk", flat=True)[:50])


def minutes_seen(user: Any) -> Q:
    """Who may download minutes: whoever sees the session and each of its files (documents.visibility)."""
    seen = Application.objects.visible_to(user).exclude(organisation__in=user.organisation_ids())
    hidden = AgendaItem.objects.filter(session=OuterRef("pk")).exclude(application__in=seen)
    sessions = CommitteeSession.objects.visible_to(user).filter(~Exists(hidden), minutes__isnull=False)
    return Q(pk__in=sessions.values("minutes"))


def minutes_data(session: CommitteeSession) -> dict[str, Any]:
    seen: dict[str, Any] = session.snapshot or {}
    return {
        "head": letters.letterhead(session.call.fund),
        "date": session.closed_at,
        "title": seen["title"],
        "call_title": seen["call"],
        "held_at": parse_datetime(seen["held_at"]),
        "place": seen["place"],
        "quorum": quorum_words(seen),
        "present": [_named(one) for one in _with(seen, Attendance.PRESENT)],
        "excused": [_named(one) for one in _with(seen, Attendance.EXCUSED)],
        "files": [_file(one) for one in seen["files"]],
        "out": [f"{one['number']}, {one['commune']} ({one['state'].lower()})" for one in seen["out"]],
        "totals": [{"label": label, "amount": euros(cents)} for label, cents in totals(seen)],
        "fingerprint": session.snapshot_sha256,
    }


def quorum_words(seen: dict[str, Any]) -> str:
    there = len(_with(seen, Attendance.PRESENT))
    words = f"{counted(there, 'membre présent,membres présents')} sur {len(seen['members'])}, pour un quorum de {seen['quorum']}."
    if seen["quorum_waiver"]:
        return f"{words} La séance s’est tenue sans quorum : {seen['quorum_waiver']}"
    return f"{words} Le quorum est atteint."


def totals(seen: dict[str, Any]) -> list[tuple[str, int]]:
    return [
        ("Demandé par les dossiers de la séance", sum(one["requested_cents"] for one in seen["files"])),
        ("Accordé par le comité", seen["granted_cents"]),
        ("Disponible dans l’enveloppe avant la séance", seen["available_cents"]),
        ("Disponible après la séance", seen["available_cents"] - seen["granted_cents"]),
    ]


def answer_words(one: dict[str, Any]) -> str:
    if one["outcome"] == Outcome.GRANTED:
        return f"Accordé, {euros(one['amount_cents'])}"
    return str(Outcome(one["outcome"]).label) if one["outcome"] else "Sans réponse"


def said_of(one: dict[str, Any]) -> list[str]:
    """What is written under a file: who left, how it was voted, why."""
    said = [
        f"{name} {LEFT}{f' ({reason[0].lower()}{reason[1:]})' if reason else ''}." for name, reason in one["recusals"]
    ]
    said += [
        f"{name} a déclaré un intérêt après avoir noté ce dossier : ses notes ont été retirées de la moyenne."
        for name in one["declared_late"]
    ]
    for past in one["passages"]:
        label = str(Outcome(past["outcome"]).label).lower()
        said.append(f"Premier passage : {label}. {past['reasons']}")
    if one["votes"]:
        yes, no, neither = one["votes"]
        said.append(
            f"Vote, {counted(one['voters'] or 0, 'votant')} : {yes} pour, {no} contre, {neither} en abstention."
        )
    if one["named"]:
        said.append(
            "Vote nominatif : " + ", ".join(f"{name} {Choice(said).label.lower()}" for name, said in one["named"]) + "."
        )
    if one["reasons"]:
        said.append(f"Motifs : {one['reasons']}")
    return said


def _file(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": one["number"],
        "commune": one["commune"],
        "title": one["title"],
        "asked": euros(one["requested_cents"]),
        "answer": answer_words(one),
        "lines": said_of(one),
    }


def _with(seen: dict[str, Any], attendance: str) -> list[dict[str, Any]]:
    return [one for one in seen["members"] if one["attendance"] == attendance]


def _named(one: dict[str, Any]) -> str:
    return f"{one['name']}, {one['capacity']}" if one["capacity"] else str(one["name"])


# --- Sheets ------------------------------------------------------------------------------------------------------

HEADERS = (
    "Ordre",
    "Numéro",
    "Commune",
    "Action",
    "Thème",
    "Note sur 100",
    "Demandé",
    "Proposé",
    "Réponse",
    "Accordé",
    "Pour",
    "Contre",
    "Abstentions",
    "Déports",
    "Motifs",
)


def rows_of(files: list[dict[str, Any]]) -> list[list[Any]]:
    return [
        [
            one["position"],
            one["number"],
            plain_text(one["commune"]),
            plain_text(one["title"]),
            theme_label(one["theme"]),
            one["points"],
            _amount(one["requested_cents"]),
            _amount(one["proposed_cents"]),
            str(Outcome(one["outcome"]).label),
            _amount(one["amount_cents"]),
            *(one["votes"] or ["", "", ""]),
            plain_text(", ".join(name for name, _ in one["recusals"])),
            plain_text(one["reasons"]),
        ]
        for one in files
    ]


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def csv_of(files: list[dict[str, Any]]) -> bytes:
    mark = "." if settings.CSV_SEPARATOR == "," else ","
    target = io.StringIO()
    pen = csv.writer(target, delimiter=settings.CSV_SEPARATOR, lineterminator="\r\n")
    pen.writerow(HEADERS)
    for row in rows_of(files):
        pen.writerow([as_text(one, mark) for one in row])
    return (BOM + target.getvalue()).encode()


def xlsx_of(files: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    book = a_book(target, in_memory=True)
    write_table(book, "Décisions du comité", HEADERS, rows_of(files))
    book.close()
    return target.getvalue()
