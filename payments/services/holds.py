"""After a restore, nothing is exported until an operator has compared the last batch with the one known outside.

The base remembers the place where exports were last right: the server, the database and its timeline. A restored copy
is in another place. A copy of the disks is not: there the operator holds the exports himself (`manage.py hold_exports`).
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.states import FINANCE_ROLES, Role
from common.actors import Actor
from common.errors import DomainError, NotAllowed
from common.money import euros
from journal.services import record
from payments.models import Batch, ExportWitness
from payments.states import BatchState

LOCK = 720_501
HELD = (
    "Les exports sont retenus : cette base vient d’une restauration. Comparez d’abord le dernier lot avec celui que les "
    "finances connaissent, à la page « Après une restauration »."
)


@dataclass(frozen=True)
class Hold:
    """Why exports are held, and the last batch that this base knows."""

    witness: ExportWitness
    last: Batch | None


def place() -> str:
    """Server, database and timeline: a dump restored elsewhere, or a return to a point in time, changes one of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()) || ':' || d.oid || ':'"
            " || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_database d WHERE d.datname = current_database()"
        )
        return str(cursor.fetchone()[0])


def held() -> Hold | None:
    """The hold in force, or nothing."""
    witness = ExportWitness.objects.order_by("-pk").first()
    if witness is None or witness.place == place():
        return None
    return Hold(witness, last_batch())


def last_batch() -> Batch | None:
    return Batch.objects.exclude(state=BatchState.OPEN).order_by("-sealed_at", "-pk").first()


def require_not_held() -> None:
    if held() is not None:
        raise DomainError(HELD)
    remember()


def remember() -> None:
    """Write where we are, the first time that something leaves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if not ExportWitness.objects.exists():
        ExportWitness.objects.create(place=place(), note="Premier export")


@transaction.atomic
def hold(*, by: Actor, note: str) -> ExportWitness:
    """Hold the exports, whatever the place says."""
    witness = ExportWitness.objects.create(place="", note=note[:300], made_by_id=by.actor_id)
    record(witness, by=by, verb="hold_exports", reason=note)
    return witness


@transaction.atomic
def release(*, number: str, total_cents: int, note: str, by: Any) -> ExportWitness:
    """Let exports leave again: the last batch known outside stands here, with its total.

    Raises DomainError when it does not. A batch known outside and lost here is prepared and sealed again, which is not
    held: its payments have left, they must stand in the ledger.
    """
    if not by.has_role(*FINANCE_ROLES, Role.ADMINISTRATOR):
        raise NotAllowed("La reprise des exports est confirmée par les finances ou par l’administrateur technique.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    found = held()
    if found is None:
        raise DomainError("Les exports ne sont pas retenus.")
    _compare(number.strip().upper(), total_cents)
    witness = ExportWitness.objects.create(
        place=place(), last_number=number.strip().upper(), last_total_cents=total_cents, note=note[:300], made_by=by
    )
    data = {"last": witness.last_number, "cents": total_cents, "held_since": found.witness.pk}
    record(witness, by=by, verb="release_exports", reason=note, data=data)
    return witness


def _compare(number: str, total_cents: int) -> None:
    """What finance knows stands here; later batches of ours, if any, never left."""
    known = Batch.objects.filter(number=number).exclude(state=BatchState.OPEN).first()
    if known is None and not (number == "" and last_batch() is None):
        raise DomainError(
            f"Le lot {number or 'que vous indiquez'} n’existe pas ici : il a été perdu par la restauration, mais ses versements sont "
            "partis. Préparez-le et scellez-le à nouveau avec les mêmes lignes (sceller n’est pas retenu), puis revenez ici."
        )
    if known is not None and total_cents != known.total_cents:
        raise DomainError(
            f"Le lot {number} fait {euros(known.total_cents)} ici et {euros(total_cents)} aux finances : "
            "ce n’est pas le même lot. Ne débloquez rien et prévenez l’administrateur."
        )
