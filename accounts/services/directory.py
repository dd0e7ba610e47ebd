"""The communes: their import, their local plan, their contacts."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction

from accounts import policies
from accounts.directory_file import BadFile, Problem, read
from accounts.models import Organisation
from accounts.resources import OrganisationResource
from common.actors import Actor
from common.errors import NotAllowed, Stale
from common.history import mark
from journal.models import Kind
from journal.services import record

LOCK = 720_201
OWN_CONTACTS = ("address", "phone", "siret")


@dataclass
class ImportReport:
    """What an import does or would do. `problems` not empty: the file is refused whole and nothing was changed."""

    applied: bool = False
    problems: list[Problem] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    changed: list[tuple[int, str, list[tuple[str, str, str]]]] = field(default_factory=list)
    unchanged: int = 0

    @property
    def is_refused(self) -> bool:
        return bool(self.problems)


def import_communes(content: bytes, *, by: Actor, apply: bool = False, derive_siret: bool = False) -> ImportReport:
    """Bring a file of communes in, all or nothing; a dry run unless `apply`.

    A commune is recognised by its INSEE code. The state of a local plan is only set for a new commune: later it is kept
    by hand, dated and justified. `derive_siret` proposes a town hall's SIRET, marked to be checked (demonstration).
    """
    if not by.is_machine and not policies.can_manage_directory(by):
        raise NotAllowed("Seuls l’administrateur et la gestionnaire du fonds importent les communes.")
    report = ImportReport()
    try:
        dataset = read(content)
    except BadFile as refusal:
        report.problems = refusal.problems
        return report
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        resource = OrganisationResource(derive_siret=derive_siret)
        result = resource.import_data(dataset, dry_run=not apply, use_transactions=True, raise_errors=False)
        _fill(report, result, resource)
        if report.is_refused:
            transaction.set_rollback(True)
            return report
        report.applied = apply
        if apply and (report.created or report.changed):
            _record(report, by)
    return report


def _fill(report: ImportReport, result: Any, resource: OrganisationResource) -> None:
    for number, errors in result.row_errors():
        report.problems += [Problem(number + 1, "", str(error.error)) for error in errors]
    for row in result.invalid_rows:
        for name, messages in row.error.message_dict.items():
            report.problems += [Problem(row.number + 1, name, text) for text in messages]
    for error in result.base_errors:
        report.problems.append(Problem(0, "", str(error.error)))
    for line, row in enumerate(result.rows, start=2):
        if row.import_type == "new":
            report.created.append(row.object_repr)
        elif row.import_type == "update":
            differences = [
                (column.column_name, str(column.export(row.original)), str(column.export(row.instance)))
                for column in resource.get_user_visible_fields()
                if column.get_value(row.original) != column.get_value(row.instance)
            ]
            report.changed.append((line, row.object_repr, differences))
        else:
            report.unchanged += 1
    report.problems.sort(key=lambda problem: problem.line)


def _record(report: ImportReport, by: Actor) -> None:
    first = Organisation.objects.communes().order_by("pk").first()
    if first:
        data = {"created": len(report.created), "changed": [name for _, name, _ in report.changed]}
        record(first, by=by, verb="import_communes", kind=Kind.CONTENT, data=data, chain="directory")


@transaction.atomic
def save_plan(
    pk: int, *, plan_status: str, plan_adopted_on: date | None, plan_reference: str, seen: str, by: Any
) -> Organisation:
    """The state of a commune's local plan, with the act that proves it. The database keeps every earlier state."""
    if not policies.can_edit_plan(by):
        raise NotAllowed("Votre rôle ne permet pas de modifier le plan local d’une commune.")
    commune = _locked(pk, seen)
    before = commune.plan_status
    commune.plan_status, commune.plan_adopted_on, commune.plan_reference = plan_status, plan_adopted_on, plan_reference
    commune.save(update_fields=["plan_status", "plan_adopted_on", "plan_reference"])
    data = {"from": before, "to": plan_status, "reference": plan_reference, "adopted_on": plan_adopted_on}
    record(commune, by=by, verb="save_plan", data=data)
    return commune


@transaction.atomic
def save_contacts(pk: int, *, seen: str, by: Any, **fields: Any) -> Organisation:
    """Address, contacts and SIRET of a commune; its own administrator changes only what is in OWN_CONTACTS."""
    commune = _locked(pk, seen)
    if not policies.can_edit_contacts(by, commune):
        raise NotAllowed("Votre rôle ne permet pas de modifier les coordonnées d’une commune.")
    if not policies.can_manage_directory(by):
        fields = {name: fields[name] for name in OWN_CONTACTS if name in fields}
        if fields.get("siret", commune.siret) != commune.siret:
            fields["siret_checked"] = False
    changed = sorted(name for name, value in fields.items() if getattr(commune, name) != value)
    for name in changed:
        setattr(commune, name, fields[name])
    if changed:
        commune.save(update_fields=changed)
        record(commune, by=by, verb="save_contacts", data={"fields": changed})
    return commune


def _locked(pk: int, seen: str) -> Organisation:
    commune = Organisation.objects.select_for_update(no_key=True).get(pk=pk)
    if mark(commune) != seen:
        raise Stale("Quelqu’un a modifié cette commune entre-temps. Relisez-la, puis recommencez si besoin.")
    return commune
