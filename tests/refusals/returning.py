"""Lines taken back, what finance returns, differences, and the format of the collectivity."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, change
from tests.refusals.paying import BATCH, INSTALMENT

SHA = "encode(sha256('x'), 'hex')"
COUNTED = "INSERT INTO fund_counter (series, year, value) VALUES ('ANN', $year, 1)"
BACK_TO_COMMITTED = (
    "INSERT INTO fund_movement (envelope_id, operation, verb, from_account, to_account, amount_cents, subject, label, actor_label)"
    " SELECT envelope_id, gen_random_uuid(), 'reject', 'ordered', 'committed', amount_cents, subject, '', 'x'"
    " FROM fund_movement WHERE verb = 'order'"
)
LAST_MOVEMENT = "(SELECT max(id) FROM fund_movement)"


def contrary(
    kind: str = "cancelled", who: str = "$approver", number: str = "'ANN-' || $year || '-001'", **over: str
) -> str:
    fields = {
        "line_id": "$sealed_line",
        "number": number,
        "kind": f"'{kind}'",
        "amount_cents": "-1",
        "movement_id": LAST_MOVEMENT,
        "reason": "'x'",
        "made_by_id": who,
        "content": "'x'",
        "sha256": SHA,
        "csv": "'x'",
        **over,
    }
    return f"INSERT INTO payments_contraryline ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


LINE_BACK = "UPDATE payments_paymentline SET state = 'cancelled' WHERE id = $sealed_line"
INSTALMENT_BACK = change(
    "payments_instalment",
    INSTALMENT,
    "$ordered",
    6,
    "ordered",
    "certified",
    approved_by_id="NULL",
    approved_at="NULL",
)
TAKEN_BACK = (BACK_TO_COMMITTED, COUNTED, contrary(), LINE_BACK, *INSTALMENT_BACK)
CONTRARIES = [
    Case("by who sealed", contrary(who="$preparer"), REFUSED, "neither prepared nor sealed", TAKEN_BACK[:2]),
    Case("with another movement", contrary(movement_id="(SELECT min(id) FROM fund_movement)"), REFUSED, "its movement", TAKEN_BACK[:2]),
    Case("with another hash", contrary(sha256="repeat('0', 64)"), REFUSED, "hash of its content", TAKEN_BACK[:2]),
    Case("with a number of its own", contrary(number="'ANN-2026-777'"), REFUSED, "counter has just given", TAKEN_BACK[:2]),
    Case("of a line of an open batch", contrary(line_id="$line"), REFUSED, "sealed batch is taken back", TAKEN_BACK[:2]),
    Case("without a reason", contrary(reason="''"), CHECK, "has_a_reason", TAKEN_BACK[:2]),
    Case("that takes nothing back", contrary(), REFUSED, "takes back its line", TAKEN_BACK[:2], "payments_contraryline.done"),
    Case("a line cancelled without its contrary", LINE_BACK, REFUSED, "by its contrary line"),
    Case("cancelled, with a contrary that says rejected", LINE_BACK, REFUSED, "by its contrary line",
         (*TAKEN_BACK[:2], contrary("rejected"))),
    Case("an ordered instalment back without its line", INSTALMENT_BACK[1], REFUSED, "by the contrary of its line",
         INSTALMENT_BACK[:1]),
    Case("taken back twice", contrary(number="'ANN-' || $year || '-002'"), REFUSED, "is taken back",
         (*TAKEN_BACK, "UPDATE fund_counter SET value = 2 WHERE series = 'ANN'")),
    Case("live again", "UPDATE payments_paymentline SET state = 'live' WHERE id = $sealed_line", REFUSED, "of a sealed batch",
         TAKEN_BACK),
    Case("a contrary edited", "UPDATE payments_contraryline SET reason = 'y'", DENIED, "", TAKEN_BACK),
    Case("a contrary removed", "DELETE FROM payments_contraryline", DENIED, "", TAKEN_BACK),
]  # fmt: skip


def returned(outcome: str = "paid", line: str = "$sealed_line", cents: str = "50000", **over: str) -> str:
    fields = {
        "imported_id": "$read_return",
        "row": "2",
        "fingerprint": "'x'",
        "reference": "''",
        "mandate": "'12'",
        "bordereau": "''",
        "paid_on": "(now() AT TIME ZONE 'Europe/Paris')::date",
        "amount_cents": cents,
        "reason": "''",
        "line_id": line,
        "outcome": f"'{outcome}'",
        **over,
    }
    return f"INSERT INTO payments_returnline ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


PAID = change(
    "payments_instalment",
    INSTALMENT,
    "$ordered",
    6,
    "ordered",
    "paid",
    paid_on="(now() AT TIME ZONE 'Europe/Paris')::date",
    mandate="'12'",
)
APPLIED = change(
    "payments_returnimport", "payments.returnimport", "$read_return", 2, "read", "applied",
    applied_by_id="$preparer", applied_at="now()",
)  # fmt: skip
SETTLED = "UPDATE payments_returndifference SET settled_by_id = $preparer, settled_at = now(), reason = 'vu' WHERE id = $difference"
RETURNS = [
    Case("paid without a return", PAID[1], REFUSED, "by a line of a return", PAID[:1]),
    Case("paid on another day than the return says", PAID[1].replace("(now() AT TIME ZONE 'Europe/Paris')::date", "(now() AT TIME ZONE 'Europe/Paris')::date - 1"), REFUSED,
         "by a line of a return", (returned(), *PAID[:1])),
    Case("for another amount", returned(cents="49999"), REFUSED, "for its amount", guard="payments_returnline.settles"),
    Case("of a line that is not ordered", returned(line="$line"), REFUSED, "settles an ordered line"),
    Case("paid on no day", returned(paid_on="NULL"), REFUSED, "settles an ordered line"),
    Case("told twice", returned(row="3"), UNIQUE, "settles_a_line_once", (returned(),)),
    Case("noted of no line", returned("noted", line="NULL"), CHECK, "effect_has_a_line"),
    Case("more lines once applied", returned(), REFUSED, "no more lines", APPLIED),
    Case("a row edited", "UPDATE payments_returnline SET amount_cents = 1", DENIED, "", (returned(),)),
    Case("a row removed", "DELETE FROM payments_returnline", DENIED, "", (returned(),)),
    Case("another file in an import", "UPDATE payments_returnimport SET content = 'y' WHERE id = $read_return", REFUSED,
         "keeps its file", guard="payments_returnimport.stays"),
    Case("another mapping once applied", "UPDATE payments_returnimport SET mapping = '{}', row_count = 9 WHERE id = $read_return",
         REFUSED, "never changes", APPLIED),
    Case("applied by nobody", APPLIED[1].replace("$preparer", "NULL"), CHECK, "applied_has_author", APPLIED[:1]),
    Case("the same file again", "INSERT INTO payments_returnimport (state, version, name, sha256, content, mapping, row_count, imported_by_id)"
         " SELECT 'read', 1, 'x', sha256, content, '{}', 0, $preparer FROM payments_returnimport WHERE id = $read_return",
         UNIQUE, "return_file_once"),
    Case("a file that has another hash", "INSERT INTO payments_returnimport (state, version, name, sha256, content, mapping, row_count, imported_by_id)"
         " VALUES ('read', 1, 'x', repeat('0', 64), 'x', '{}', 0, $preparer)", REFUSED, "hash of its file"),
    Case("an import removed", "DELETE FROM payments_returnimport", DENIED),
    Case("reconciled while a line waits", change("payments_batch", BATCH, "$sealed", 3, "sealed", "reconciled")[1], REFUSED,
         "each of its lines", change("payments_batch", BATCH, "$sealed", 3, "sealed", "reconciled")[:1]),
    Case("a difference settled without a reason", SETTLED.replace("'vu'", "''"), CHECK, "settled_is_complete"),
    Case("a difference settled again", SETTLED.replace("'vu'", "'autre'"), REFUSED, "settled once", (SETTLED,),
         "payments_returndifference.stays"),
    Case("another detail in a difference", "UPDATE payments_returndifference SET detail = 'y' WHERE id = $difference", REFUSED,
         "settled once"),
    Case("a difference born settled", "INSERT INTO payments_returndifference (imported_id, kind, detail, settled_by_id, settled_at, reason)"
         " VALUES ($read_return, 'unknown', 'x', $preparer, now(), 'x')", REFUSED, "born unsettled",
         guard="payments_returndifference.born"),
    Case("a difference removed", "DELETE FROM payments_returndifference", DENIED),
    Case("a format edited", "UPDATE payments_exportlayout SET separator = ','", DENIED),
    Case("a witness of the exports edited", "UPDATE payments_exportwitness SET place = ''", DENIED),
]  # fmt: skip
LAWFUL_PAYMENT = (returned(), *PAID, *APPLIED, *change("payments_batch", BATCH, "$sealed", 3, "sealed", "reconciled"))
