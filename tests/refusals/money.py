"""The ledger, its counters, the budget, the numbers."""

from tests.refusals.case import BY_VIEW, CHECK, DENIED, FOREIGN_KEY, REFUSED, UNIQUE, Case


def movement(
    verb: str,
    source: str,
    target: str,
    cents: str = "100",
    *,
    envelope: str = "$envelope",
    subject: str = "x",
    reverses: str = "NULL",
    **more: str,
) -> str:
    columns = {
        "envelope_id": envelope,
        "operation": "gen_random_uuid()",
        "verb": f"'{verb}'",
        "from_account": f"'{source}'",
        "to_account": f"'{target}'",
        "amount_cents": cents,
        "subject": f"'{subject}'",
        "label": "''",
        "reverses_id": reverses,
        "actor_label": "'x'",
        **more,
    }
    return f"INSERT INTO fund_movement ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def mirror(cents: str = "m.amount_cents", subject: str = "m.subject", verb: str = "m.verb") -> str:
    """The reversal of the money of the decision that was recorded."""
    return (
        "INSERT INTO fund_movement (envelope_id, operation, verb, from_account, to_account, amount_cents, subject, label,"
        f" reverses_id, actor_label) SELECT m.envelope_id, gen_random_uuid(), {verb}, m.to_account, m.from_account,"
        f" {cents}, {subject}, '', m.id, 'x' FROM fund_movement m"
        " JOIN applications_decision d ON d.movement_id = m.id WHERE d.id = $recorded"
    )


OURS = "(SELECT max(id) FROM fund_movement WHERE subject = 'x')"
RESERVED = movement("reserve", "available", "reserved")
UNDONE = movement("reserve", "reserved", "available", reverses=OURS)
CLOSED = "UPDATE fund_budget SET closed_at = now() WHERE id = (SELECT budget_id FROM fund_budgetline l JOIN fund_envelope e ON e.line_id = l.id WHERE e.id = $other_envelope)"
OF_OTHER = "WHERE id = (SELECT line_id FROM fund_envelope WHERE id = $other_envelope)"

LEDGER = [
    Case("update a movement", "UPDATE fund_movement SET amount_cents = 1", DENIED),
    Case("delete a movement", "DELETE FROM fund_movement", DENIED),
    Case("truncate the ledger", "TRUNCATE fund_movement CASCADE", DENIED),
    Case("a negative amount", movement("commit", "available", "committed", "-100"), CHECK),
    Case("nothing", movement("commit", "available", "committed", "0"), CHECK, "movement_positive"),
    Case("beyond any budget", movement("vote", "voted", "available", "10000000000001"), CHECK, "movement_positive"),
    Case("to the same account", movement("commit", "available", "available"), REFUSED, "no such movement"),
    Case(
        "a pair that means nothing",
        movement("pay", "available", "paid"),
        REFUSED,
        "no such movement",
        guard="fund_movement.write",
    ),
    Case("a verb nobody knows", movement("gift", "available", "paid"), REFUSED, "no such movement"),
    Case(
        "one cent more than is left",
        movement(
            "commit",
            "available",
            "committed",
            "(SELECT available + 1 FROM fund_envelopebalance WHERE envelope_id = $envelope)",
        ),
        CHECK,
        "balance_available_not_negative",
    ),
    Case(
        "to order what is not committed",
        movement("order", "committed", "ordered", "3999999"),
        CHECK,
        "balance_committed_not_negative",
    ),
    Case(
        "to lower the vote under what was given",
        movement("lower", "available", "voted", "4000000"),
        CHECK,
        "balance_available_not_negative",
    ),
    Case("an envelope that is not there", movement("vote", "voted", "available", envelope="999999"), FOREIGN_KEY),
    Case("the past", movement("vote", "voted", "available", occurred_at="now()"), REFUSED, "the past"),
    Case(
        "the same operation twice",
        movement("reserve", "available", "reserved", operation="'11111111-1111-1111-1111-111111111111'"),
        UNIQUE,
        "once_an_operation",
        before=(movement("reserve", "available", "reserved", operation="'11111111-1111-1111-1111-111111111111'"),),
    ),
    Case(
        "a reversal of another amount",
        movement("reserve", "reserved", "available", "99", reverses=OURS),
        REFUSED,
        "mirrors",
        before=(RESERVED,),
    ),
    Case(
        "a reversal in the same direction",
        movement("reserve", "available", "reserved", reverses=OURS),
        REFUSED,
        "mirrors",
        before=(RESERVED,),
    ),
    Case(
        "a reversal in another envelope",
        movement("reserve", "reserved", "available", reverses=OURS, envelope="$other_envelope"),
        REFUSED,
        "mirrors",
        before=(RESERVED,),
    ),
    Case(
        "a reversal about another file",
        movement("reserve", "reserved", "available", reverses=OURS, subject="y"),
        REFUSED,
        "mirrors",
        before=(RESERVED,),
    ),
    Case(
        "a reversal under another name",
        movement("release", "reserved", "available", reverses=OURS),
        REFUSED,
        "mirrors",
        before=(RESERVED,),
    ),
    Case("a reversal of nothing", movement("reserve", "reserved", "available", reverses="999999"), REFUSED, "mirrors"),
    Case(
        "a reversal twice",
        UNDONE.replace(OURS, "(SELECT min(id) FROM fund_movement WHERE subject = 'x')"),
        UNIQUE,
        "reverses",
        before=(RESERVED, UNDONE),
    ),
    Case(
        "a reversal of a reversal",
        movement("reserve", "available", "reserved", reverses=OURS),
        REFUSED,
        "mirrors",
        before=(RESERVED, UNDONE),
    ),
    Case(
        "a movement of a closed year",
        movement("reserve", "available", "reserved", envelope="$other_envelope"),
        REFUSED,
        "the year is closed",
        before=(CLOSED,),
    ),
    Case(
        "the money of a standing award, taken back",
        mirror(),
        REFUSED,
        "standing award",
        guard="fund_movement.award_stays",
    ),
    Case(
        "the money of an award, decommitted", movement("decommit", "committed", "available"), REFUSED, "standing award"
    ),
    Case("insert a balance", "INSERT INTO fund_envelopebalance VALUES (999, 0, 0, 0, 0, 0, 0, 0)", DENIED),
    Case("update a balance", "UPDATE fund_envelopebalance SET available = available + 1, voted = voted + 1", DENIED),
    Case("delete a balance", "DELETE FROM fund_envelopebalance", DENIED),
    Case("truncate the balances", "TRUNCATE fund_envelopebalance", DENIED),
    Case("update through the view", "UPDATE v_ledger SET amount_cents = 1", BY_VIEW),
    Case("delete through the view", "DELETE FROM v_ledger", BY_VIEW),
    Case("delete lines through the view", "DELETE FROM v_payment_lines", BY_VIEW),
    Case("delete entries through the view", "DELETE FROM v_journal", BY_VIEW),
    Case("delete messages through the view", "DELETE FROM v_outbox", BY_VIEW),
    Case("update balances through the view", "UPDATE v_envelopes SET available = 0", BY_VIEW),
]

BUDGET = [
    Case(
        "reopen a year",
        CLOSED.replace("now()", "NULL"),
        REFUSED,
        "closed year",
        before=(CLOSED,),
        guard="fund_budget.stays",
    ),
    Case("renumber a year", "UPDATE fund_budget SET year = 2099", REFUSED, "keeps its number"),
    Case(
        "move a line to another year",
        f"UPDATE fund_budgetline SET budget_id = (SELECT min(id) FROM fund_budget) {OF_OTHER}",
        REFUSED,
        "keeps its year",
    ),
    Case(
        "amend a line of a closed year",
        f"UPDATE fund_budgetline SET amount_cents = 1 {OF_OTHER}",
        REFUSED,
        "year is closed",
        before=(CLOSED,),
    ),
    Case(
        "move an envelope to another line",
        "UPDATE fund_envelope SET line_id = (SELECT l.id FROM fund_budgetline l WHERE l.kind = 'platform' LIMIT 1) WHERE id = $envelope",
        REFUSED,
        "keeps its line",
        guard="fund_envelope.stays",
    ),
    Case("a negative line", "UPDATE fund_budgetline SET amount_cents = -1", CHECK, "amount_sane"),
    Case(
        "a second budget for a year",
        "INSERT INTO fund_budget (fund_id, year, deliberation) SELECT fund_id, year, '' FROM fund_budget LIMIT 1",
        UNIQUE,
        "one_a_year",
    ),
    Case(
        "the ceiling of a call that received files",
        "UPDATE fund_call SET ceiling_cents = ceiling_cents + 1 WHERE id = $call",
        REFUSED,
        "rules of a call",
        guard="fund_call.rules",
    ),
    Case(
        "the rate of a call that received files",
        "UPDATE fund_call SET max_rate_bp = 9000 WHERE id = $call",
        REFUSED,
        "rules of a call",
    ),
    Case(
        "the envelope of a call that received files",
        "UPDATE fund_call SET envelope_id = $other_envelope WHERE id = $call",
        REFUSED,
        "rules of a call",
    ),
    Case(
        "a criterion more",
        "INSERT INTO fund_criterion (call_id, code, label, help, weight, anchors, position) VALUES ($call, 'x', 'x', '', 1, '[]', 9)",
        REFUSED,
        "rules of a call",
    ),
    Case("a criterion less", "DELETE FROM fund_criterion WHERE id = $criterion", REFUSED, "rules of a call"),
    Case(
        "the weight of a criterion",
        "UPDATE fund_criterion SET weight = 1 WHERE id = $criterion",
        REFUSED,
        "rules of a call",
        guard="fund_criterion.rules",
    ),
    Case(
        "a criterion moved to another call",
        "UPDATE fund_criterion SET call_id = $other_call, code = 'zzz' WHERE id = $criterion",
        REFUSED,
        "rules of a call",
    ),
    Case("a document asked no more", "DELETE FROM fund_calldocument WHERE call_id = $call", REFUSED, "rules of a call"),
    Case(
        "another plan of instalments",
        "UPDATE fund_plannedshare SET share_bp = 1 WHERE call_id = $call",
        REFUSED,
        "rules of a call",
    ),
    Case(
        "a call that closes before it opens",
        "UPDATE fund_call SET closes_at = opens_at - interval '1 day' WHERE id = $call",
        CHECK,
        "closes_after",
    ),
]

COUNTERS = [
    Case(
        "skip a number",
        "UPDATE fund_counter SET value = value + 2 WHERE series = 'FI'",
        REFUSED,
        "goes up by one",
        guard="fund_counter.up_by_one",
    ),
    Case("go back", "UPDATE fund_counter SET value = value - 1 WHERE series = 'FI'", REFUSED, "goes up by one"),
    Case("stand still", "UPDATE fund_counter SET value = value WHERE series = 'FI'", REFUSED, "goes up by one"),
    Case(
        "rename a series",
        "UPDATE fund_counter SET value = value + 1, series = 'XX' WHERE series = 'FI'",
        REFUSED,
        "goes up by one",
    ),
    Case(
        "begin at forty",
        "INSERT INTO fund_counter (series, year, value) VALUES ('YY', 2026, 40)",
        REFUSED,
        "goes up by one",
    ),
    Case(
        "a second counter",
        "INSERT INTO fund_counter (series, year, value) VALUES ('FI', $year, 1)",
        UNIQUE,
        "counter_once",
    ),
]


def vote(
    cents: str, *, line: str = "$budget_line", kind: str = "amendment", movement: str = "NULL", **more: str
) -> str:
    columns = {
        "line_id": line,
        "kind": f"'{kind}'",
        "amount_cents": cents,
        "deliberation": "'CM-1'",
        "voted_on": "(now() AT TIME ZONE 'Europe/Paris')::date",
        "label": "''",
        "operation": "'22222222-2222-2222-2222-222222222222'",
        "movement_id": movement,
        "actor_label": "'x'",
        **more,
    }
    return f"INSERT INTO fund_budgetvote ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def raised(cents: str, line: str = "$budget_line") -> str:
    return f"UPDATE fund_budgetline SET amount_cents = amount_cents + ({cents}) WHERE id = {line}"


def payment_credit(cents: str, **more: str) -> str:
    columns = {
        "budget_id": "(SELECT budget_id FROM fund_budgetline WHERE id = $budget_line)",
        "key": "gen_random_uuid()",
        "amount_cents": cents,
        "deliberation": "'CM-1'",
        "voted_on": "(now() AT TIME ZONE 'Europe/Paris')::date",
        "label": "''",
        "actor_label": "'x'",
        **more,
    }
    return f"INSERT INTO fund_paymentcredit ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


FUND_LINE = "(SELECT line_id FROM fund_envelope WHERE id = $other_envelope)"
VOTES = [
    Case("a line without a vote", raised("100"), REFUSED, "sum of its votes", guard="fund_budgetline.voted"),
    Case("a vote without its line", vote("100"), REFUSED, "sum of its votes", guard="fund_budgetvote.settled"),
    Case(
        "credits without a vote",
        movement("vote", "voted", "available"),
        REFUSED,
        "by a vote",
        guard="fund_movement.voted",
    ),
    Case("credits taken without a vote", movement("lower", "available", "voted"), REFUSED, "by a vote"),
    Case("a transfer of one leg", vote("100", kind="transfer"), REFUSED, "another takes", before=(raised("100"),)),
    Case("a carry-over of one leg", vote("-1", kind="carry_over"), REFUSED, "another takes", before=(raised("-1"),)),
    Case(
        "a transfer that gives more than it takes",
        vote("101", line="$budget_other", kind="transfer"),
        REFUSED,
        "another takes",
        before=(raised("-100"), raised("101", "$budget_other"), vote("-100", kind="transfer")),
    ),
    Case(
        "a transfer to another year",
        vote("100", line="$budget_of_other", kind="transfer"),
        REFUSED,
        "another takes",
        before=(raised("-100"), raised("100", "$budget_of_other"), vote("-100", kind="transfer")),
    ),
    Case(
        "a vote the ledger does not follow",
        vote("100", line=FUND_LINE),
        REFUSED,
        "ledger follows",
        before=(raised("100", FUND_LINE),),
    ),
    Case(
        "a vote of tomorrow",
        vote("100", voted_on="(now() AT TIME ZONE 'Europe/Paris')::date + 1"),
        REFUSED,
        "future",
        before=(raised("100"),),
        guard="fund_budgetvote.write",
    ),
    Case("a vote without its act", vote("100", deliberation="''"), CHECK, "has_deliberation"),
    Case("a vote of nothing", vote("0"), CHECK, "amount_sane"),
    Case("a vote of the past", vote("100", occurred_at="now()"), REFUSED, "the past"),
    Case(
        "a vote in a closed year",
        vote("100", line=FUND_LINE),
        REFUSED,
        "year is closed",
        before=(CLOSED,),
    ),
    Case("another vote's amount", "UPDATE fund_budgetvote SET amount_cents = 1", DENIED),
    Case("a vote forgotten", "DELETE FROM fund_budgetvote", DENIED),
    Case(
        "a line in a closed year",
        f"INSERT INTO fund_budgetline (budget_id, kind, label, amount_cents, nature_account, function_account, operation)"
        f" SELECT budget_id, 'x', 'x', 0, '', '', '' FROM fund_budgetline {OF_OTHER}",
        REFUSED,
        "year is closed",
        before=(CLOSED,),
        guard="fund_budgetline.open_year",
    ),
    Case(
        "a year that has money engaged, closed",
        "UPDATE fund_budget SET closed_at = now() WHERE id = (SELECT budget_id FROM fund_budgetline WHERE id = $budget_line)",
        REFUSED,
        "nothing of it is engaged",
        guard="fund_budget.nothing_engaged",
    ),
    Case(
        "payment credits below zero",
        payment_credit("-1"),
        REFUSED,
        "do not fall under",
        guard="fund_paymentcredit.write",
    ),
    Case("payment credits without an act", payment_credit("5", deliberation="''"), CHECK, "has_deliberation"),
    Case("payment credits lowered", "UPDATE fund_paymentcredit SET amount_cents = 1", DENIED),
]
