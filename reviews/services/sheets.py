"""A spreadsheet of decisions: read and kept as it is, looked at by the rules of the screen, then done once, row by row."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.states import Role
from applications.models import Application, Ground
from common.errors import DomainError, NotAllowed
from documents.names import display_name
from journal.services import record
from reviews.bulk import KINDS
from reviews.bulk.preflight import Preflight, look
from reviews.decision_sheet import by_number, key_of_file, read_lines
from reviews.models import DecisionSheet, Job
from reviews.services.jobs import start_job

KIND = "tableur"
UNKNOWN = "Aucun dossier de ce numéro ne vous est ouvert."


@dataclass
class Looked:
    """What a sheet would do today: `found` file by file, `unread` the lines that lead to none, with why."""

    found: Preflight
    unread: list[dict[str, Any]]


@transaction.atomic
def read_sheet(content: bytes, name: str, *, by: Any) -> DecisionSheet:
    """Keep what a spreadsheet says, deciding nothing. DomainError when it is no table of decisions."""
    _must_decide(by)
    lines = read_lines(content, name)
    sheet = DecisionSheet(
        name=display_name(name)[:200], sha256=hashlib.sha256(content).hexdigest(), lines=lines, read_by=by
    )
    sheet.save(force_insert=True)
    record(sheet, by=by, verb="read_sheet", data={"name": sheet.name, "sha256": sheet.sha256, "lines": len(lines)})
    return sheet


def look_at(sheet: DecisionSheet, *, by: Any) -> Looked:
    """Nothing is written. Before the work only: afterwards its rows tell what became of each file."""
    lines = by_number(sheet.lines)
    seen = Application.objects.on_desk_of(by).sent()
    pks = {key_of_file(str(number)): pk for number, pk in seen.filter(number__in=lines).values_list("number", "pk")}
    asked = {"lines": lines, "grounds": {one.code.lower(): one for one in Ground.objects.filter(retired_at=None)}}
    found = look(KINDS[KIND], pks.values(), by=by, asked=asked)
    unread = [line for line in sheet.lines if line["error"]]
    unread += [line | {"error": UNKNOWN} for number, line in lines.items() if number not in pks]
    return Looked(found, sorted(unread, key=lambda line: line["row"]))


@transaction.atomic
def do_sheet(pk: int, *, versions: Mapping[int, int], by: Any) -> Job:
    """Record the decisions of the files that were ready when this person looked (`versions`, by id of file). Asked again,
    the same work answers. A file that changed since is refused in its row."""
    _must_decide(by)
    sheet = DecisionSheet.objects.visible_to(by).select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
    if sheet is None:
        raise NotAllowed("Ce tableau a été lu par une autre personne.")
    if sheet.job is not None:
        return sheet.job
    ready = look_at(sheet, by=by).found.ready
    files = {one.pk: told.seen | {"version": versions[one.pk]} for one, told in ready if one.pk in versions}
    if not files:
        raise DomainError("Aucune ligne de ce tableau ne peut être enregistrée. Rien n’a été lancé.")
    job = start_job(kind=KIND, files=files, data={"sheet": sheet.pk}, by=by, key=sheet.key)
    sheet.job = job
    sheet.save(update_fields=["job"])
    return job


def _must_decide(by: Any) -> None:
    if not by.has_role(Role.FUND_MANAGER):
        raise NotAllowed("Le gestionnaire du fonds enregistre les décisions.")
