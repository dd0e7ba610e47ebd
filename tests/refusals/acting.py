"""The acts on an award: signed by another person, on an award that stands, for what they free, no more."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, born, entry

ACT = "(SELECT max(id) FROM payments_awardact)"


def act(decision: str = "$notified", kind: str = "cancellation", **over: str) -> str:
    columns = {
        "decision_id": decision,
        "application_id": f"(SELECT application_id FROM applications_decision WHERE id = {decision})",
        "organisation_id": "$commune",
        "state": "'prepared'",
        "version": "1",
        "kind": f"'{kind}'",
        "reason": "'x'",
        "award_cents": "0",
        "reduction_cents": "0",
        "released_cents": "0",
        "prepared_by_id": "$manager",
        "act_number": "''",
        **over,
    }
    return f"INSERT INTO payments_awardact ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


BORN = born("payments_awardact", "payments.awardact", "prepared")
PREPARED = (BORN, act())
ENTRY = entry("payments.awardact", ACT, 2, "prepared", "signed", chain=f"'payments.awardact:' || {ACT}")
SIGNED = (
    "UPDATE payments_awardact SET state = 'signed', version = 2, signed_by_id = $head, signed_at = now(),"
    f" act_number = 'X', act_date = (now() AT TIME ZONE 'Europe/Paris')::date WHERE id = {ACT}"
)
ACTS = [
    Case(
        "an act on an award its commune was not told of",
        act("$recorded"),
        REFUSED,
        "an award that stands",
        before=(BORN,),
        guard="payments_awardact.of_standing_award",
    ),
    Case("an act born signed", act(signed_by_id="$head"), (REFUSED, CHECK), ""),
    Case("an act without its reasons", act(reason="''"), CHECK, "act_has_reasons", before=(BORN,)),
    Case("a reduction of nothing", act(kind="reduction"), CHECK, "act_reduces", before=(BORN,)),
    Case("a cancellation that reduces", act(reduction_cents="5"), CHECK, "act_reduces", before=(BORN,)),
    Case(
        "a reduction of more than the award",
        act(kind="reduction", reduction_cents="10^12"),
        CHECK,
        "act_reduces",
        (BORN,),
    ),
    Case("two acts prepared on one award", act(), UNIQUE, "act_one_prepared", before=(*PREPARED, BORN)),
    Case(
        "the reasons of an act rewritten",
        f"UPDATE payments_awardact SET reason = 'autre' WHERE id = {ACT}",
        REFUSED,
        "stays as it was prepared",
        before=PREPARED,
        guard="payments_awardact.stays",
    ),
    Case(
        "an act signed by who prepared it",
        SIGNED.replace("$head", "$manager"),
        (REFUSED, CHECK),
        "",
        before=(*PREPARED, ENTRY),
    ),
    Case(
        "an award cancelled that frees nothing",
        SIGNED,
        REFUSED,
        "no more and no less",
        before=(*PREPARED, ENTRY),
    ),
    Case(
        "an act dated in the future",
        SIGNED.replace("(now() AT TIME ZONE 'Europe/Paris')::date", "(now() AT TIME ZONE 'Europe/Paris')::date + 1"),
        REFUSED,
        "not dated in the future",
        before=(*PREPARED, ENTRY),
    ),
    Case("an act removed", "DELETE FROM payments_awardact", DENIED),
]
