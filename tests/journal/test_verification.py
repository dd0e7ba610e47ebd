"""What tampering leaves behind: a superuser sets every trigger aside, the verifier finds it."""

from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from common.actors import MACHINE
from journal.models import Entry
from journal.services import record, seal
from journal.verification import verify, verify_chain
from tests.factories.accounts import a_commune

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chain() -> str:
    commune = a_commune()
    for number in range(5):
        record(commune, by=MACHINE, verb="edit", reason=f"motif {number}", data={"n": number})
    return f"accounts.organisation:{commune.pk}"


def tamper(superuser: psycopg.Connection[Any], statement: str) -> None:
    """With every trigger set aside, as somebody with the whole server in hand."""
    superuser.execute("SET session_replication_role = replica")
    assert superuser.execute(statement).rowcount >= 1
    superuser.execute("SET session_replication_role = origin")


# A forger who knows the recipe writes the right hash of a false entry, and the head after it.
REHASH = """
WITH forged AS (
    UPDATE journal_entry SET reason = 'autre motif' WHERE sequence = 5
    RETURNING *
) UPDATE journal_head h SET hash = 'f' || substr(h.hash, 2) FROM forged f WHERE f.chain = h.chain
"""
ATTACKS = {
    "flipped bit in the text": ("UPDATE journal_entry SET reason = 'Motif 2' WHERE sequence = 3", "altered entry"),
    "flipped bit in the data": ("UPDATE journal_entry SET data = '{\"n\": 9}' WHERE sequence = 3", "altered entry"),
    "flipped time": (
        "UPDATE journal_entry SET recorded_at = recorded_at + interval '1 microsecond' WHERE sequence = 3",
        "altered entry",
    ),
    "another author": ("UPDATE journal_entry SET actor_label = 'Personne' WHERE sequence = 2", "altered entry"),
    "removed line": ("DELETE FROM journal_entry WHERE sequence = 3", "removed entry"),
    "removed first line": ("DELETE FROM journal_entry WHERE sequence = 1", "removed entry"),
    "cut tail": ("DELETE FROM journal_entry WHERE sequence >= 4", "cut tail"),
    "cut whole chain": ("DELETE FROM journal_entry", "cut tail"),
    "rewritten head": ("UPDATE journal_head SET hash = repeat('0', 64)", "rewritten head"),
    "head pulled back": (
        "UPDATE journal_head h SET sequence = 4, hash = e.hash FROM journal_entry e"
        " WHERE e.chain = h.chain AND e.sequence = 4",
        "cut tail",
    ),
    "removed head": ("DELETE FROM journal_head", "entry without a head"),
    "entry and head rewritten together": (REHASH, "altered entry"),
}
SAID = {
    "flipped bit in the text": "modifiée",
    "removed line": "retirée",
    "cut tail": "coupée",
    "rewritten head": "coupée",
    "removed head": "coupée",
}


def test_an_untouched_journal_holds(chain: str) -> None:
    seal()
    assert verify() == {}
    assert verify_chain(chain) == {}
    said = StringIO()
    call_command("verify_journal", stdout=said)
    assert "The journal holds: 5 entries, 1 seals." in said.getvalue()


@pytest.mark.parametrize("attack", ATTACKS)
def test_tampering_is_found(attack: str, chain: str, superuser_connection: psycopg.Connection[Any]) -> None:
    statement, finding = ATTACKS[attack]
    tamper(superuser_connection, statement)
    found = verify()
    assert any(name.startswith(finding) for name in found), found
    if attack in SAID:
        assert any(SAID[attack] in name for name in verify_chain(chain))
    with pytest.raises(CommandError, match="does not hold"):
        call_command("verify_journal", stdout=StringIO())


def test_a_chain_forged_whole_is_found_by_its_seal(chain: str, superuser_connection: psycopg.Connection[Any]) -> None:
    """The forger recomputes every hash and the head: only what was sealed, and sent out, tells."""
    seal()
    cut = Entry.objects.get(chain=chain, sequence=4)
    tamper(superuser_connection, "DELETE FROM journal_entry WHERE sequence = 5")
    tamper(superuser_connection, f"UPDATE journal_head SET sequence = 4, hash = '{cut.hash}'")
    found = verify()
    assert list(found) == ["entry rewritten after its seal"]
    assert "une inscription a été réécrite après son scellé" in verify_chain(chain)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE journal_seal SET heads = '[]' WHERE number = 2", "altered seal"),
        ("DELETE FROM journal_seal WHERE number = 2", "removed seal"),
        ("UPDATE journal_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 1", "altered seal"),
    ],
)
def test_a_touched_seal_is_found(
    chain: str, superuser_connection: psycopg.Connection[Any], statement: str, finding: str
) -> None:
    for _ in range(3):
        seal()
        record(a_commune(), by=MACHINE, verb="edit")
    tamper(superuser_connection, statement)
    assert finding in verify()
