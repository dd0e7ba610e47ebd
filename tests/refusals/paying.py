"""Bank details, instalments, batches and their lines."""

from tests.refusals.case import CHECK, DENIED, FOREIGN_KEY, REFUSED, UNIQUE, Case, born, change

BANK, INSTALMENT, BATCH = "payments.bankversion", "payments.instalment", "payments.batch"
VERIFIED = {
    "verified_by_id": "$head",
    "verified_at": "now()",
    "usable_from": "now()",
    "called_person": "'x'",
    "called_number": "(SELECT phone FROM accounts_organisation WHERE id = $commune)",
    "called_on": "(now() AT TIME ZONE 'Europe/Paris')::date",
}


def verify(bank: str = "$declared_bank", **over: str) -> tuple[str, str]:
    return change("payments_bankversion", BANK, bank, 2, "declared", "verified", **{**VERIFIED, **over})


BORN_ACCOUNT = (born("payments_bankversion", BANK, "declared"),)


def account(**over: str) -> str:
    """A change of account of the other commune."""
    mine = "(SELECT document_id FROM payments_bankversion WHERE id = $young_bank)"
    columns = {
        "organisation_id": "$other_commune",
        "state": "'declared'",
        "version": "1",
        "iban": "'FR1420041010050500013M02606'",
        "bic": "''",
        "holder": "''",
        "declared_by_id": "$drafter",
        "document_id": mine,
        "previous_document_id": mine,
        "called_person": "''",
        "called_number": "''",
        "warnings": "'[]'",
        "verification_note": "''",
        "refusal_reason": "''",
        **over,
    }
    return f"INSERT INTO payments_bankversion ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


SUPERSEDED = change("payments_bankversion", BANK, "$bank", 3, "verified", "superseded")
RULES = "INSERT INTO payments_paymentrules (cooling_hours, visa_from_cents, lapse_days, warned_days) VALUES (72, 0, 730, 60)"
ACCOUNTS = [
    Case(
        "verified by who declared it",
        verify(verified_by_id="$drafter")[1],
        REFUSED,
        "somebody of the organisation",
        before=(*SUPERSEDED, *verify()[:1]),
    ),
    Case("verified by nobody", verify(verified_by_id="NULL")[1], CHECK, "verified_is_complete", before=SUPERSEDED),
    Case("two verified accounts", verify()[1], UNIQUE, "one_verified", before=verify()[:1]),
    Case(
        "verified without a call",
        verify(called_person="''")[1],
        REFUSED,
        "who was called",
        before=(*SUPERSEDED, *verify()[:1]),
        guard="payments_bankversion.verified",
    ),
    Case(
        "verified by a call of before",
        verify(called_on="(now() AT TIME ZONE 'Europe/Paris')::date - 9")[1],
        REFUSED,
        "who was called",
        before=(*SUPERSEDED, *verify()[:1]),
    ),
    Case(
        "verified by a call to another number",
        verify(called_number="'06 00 00 00 00'")[1],
        REFUSED,
        "known before the declaration",
        before=(*SUPERSEDED, *verify()[:1]),
    ),
    Case(
        "verified by a call to the number just written",
        verify()[1],
        REFUSED,
        "known before the declaration",
        before=(
            *SUPERSEDED,
            *verify()[:1],
            "UPDATE accounts_organisation SET phone = '06 00 00 00 00' WHERE id = $commune",
        ),
    ),
    Case(
        "born verified in part",
        account(verified_by_id="$head", usable_from="now() - interval '9 days'"),
        REFUSED,
        "declared before it is verified",
        before=BORN_ACCOUNT,
        guard="payments_bankversion.plain",
    ),
    Case(
        "with a wrong key",
        account(iban="'FR7630001007941234567890186'"),
        REFUSED,
        "key of this IBAN",
        before=BORN_ACCOUNT,
        guard="payments_bankversion.plain",
    ),
    Case("without its document", account(document_id="NULL"), REFUSED, "comes with its document", before=BORN_ACCOUNT),
    Case(
        "a change without the document before",
        account(previous_document_id="NULL"),
        REFUSED,
        "comes with its document",
        before=BORN_ACCOUNT,
    ),
    Case(
        "with the document of another",
        account(document_id="$clean"),
        REFUSED,
        "those of its organisation",
        before=BORN_ACCOUNT,
    ),
    Case(
        "rules that loosen at once",
        "INSERT INTO payments_paymentrules (cooling_hours, visa_from_cents, lapse_days, warned_days) VALUES (1, 0, 730, 60)",
        CHECK,
        "rules_cooling",
    ),
    Case("the rules changed", "UPDATE payments_paymentrules SET cooling_hours = 24", DENIED),
    Case("the rules removed", "DELETE FROM payments_paymentrules", DENIED),
    *(
        Case(
            f"the {column} of an account",
            f"UPDATE payments_bankversion SET {column} = {value} WHERE id = $bank",
            REFUSED,
            "",
        )
        for column, value in {
            "iban": "'FR1420041010050500013M02606'",
            "bic": "'X'",
            "holder": "'x'",
            "organisation_id": "$other_commune",
            "declared_by_id": "$manager",
            "document_id": "$clean",
            "verified_by_id": "$manager",
            "verified_at": "now() - interval '9 days'",
            "verification_note": "'x'",
            "usable_from": "now() - interval '9 days'",
            "called_number": "'06 00 00 00 00'",
            "warnings": "'[1]'",
            "replaces_id": "$declared_bank",
            "previous_document_id": "$clean",
        }.items()
    ),
    Case(
        "an account made usable sooner",
        "UPDATE payments_bankversion SET usable_from = now() WHERE id = $young_bank",
        REFUSED,
        "verification stays",
        guard="payments_bankversion.stays",
    ),
    Case("what is no account", account(iban="'x'"), CHECK, "iban_shape", before=BORN_ACCOUNT),
    Case(
        "a second account to verify",
        account(organisation_id="$commune", document_id="$clean", previous_document_id="$clean"),
        UNIQUE,
        "one_declared",
    ),
]


def instalment(cents: str, decision: str = "$signed", application: str = "", organisation: str = "$commune") -> str:
    application = application or f"(SELECT application_id FROM applications_decision WHERE id = {decision})"
    return (
        "INSERT INTO payments_instalment (decision_id, application_id, organisation_id, state, version, kind, position, amount_cents,"
        f" mandate, return_reason) VALUES ({decision}, {application}, {organisation}, 'planned', 1, 'balance', 9, {cents}, '', '')"
    )


BORN = born("payments_instalment", INSTALMENT, "planned")
APPROVED = change(
    "payments_instalment",
    INSTALMENT,
    "$certified",
    4,
    "certified",
    "approved",
    approved_by_id="$instructor",
    approved_at="now()",
)
ENDORSED = change(
    "payments_instalment",
    INSTALMENT,
    "$certified",
    4,
    "certified",
    "endorsed",
    endorsed_by_id="$instructor",
    endorsed_at="now()",
)
ORDERED = change("payments_instalment", INSTALMENT, "$in_batch", 5, "approved", "ordered")
BALANCE = change(
    "payments_instalment",
    INSTALMENT,
    "$balance",
    2,
    "planned",
    "requested",
    requested_by_id="$drafter",
    requested_at="now()",
)
INSTALMENTS = [
    Case(
        "a balance before its report",
        BALANCE[1],
        REFUSED,
        "once the report is accepted",
        before=BALANCE[:1],
        guard="payments_instalment.reported",
    ),
    Case(
        "a balance that calls itself an advance",
        "UPDATE payments_instalment SET kind = 'advance' WHERE id = $balance",
        REFUSED,
        "keeps its award",
    ),
    Case(
        "one more than the award",
        instalment("1"),
        REFUSED,
        "sum to the award",
        before=(BORN,),
        guard="payments_instalment.sum",
    ),
    Case(
        "of a decision nobody signed",
        instalment("100000", "$recorded"),
        REFUSED,
        "signed award",
        before=(BORN,),
        guard="payments_instalment.sum",
    ),
    Case(
        "of the file of another award",
        instalment("1", application="$reviewed"),
        REFUSED,
        "file of its award",
        before=(BORN,),
    ),
    Case(
        "of another commune than the file",
        instalment("1", organisation="$other_commune"),
        FOREIGN_KEY,
        "same_organisation",
        before=(BORN,),
    ),
    Case("of nothing", instalment("0"), CHECK, "instalment_positive", before=(BORN,)),
    Case(
        "another amount",
        "UPDATE payments_instalment SET amount_cents = amount_cents + 1 WHERE id = $planned",
        REFUSED,
        "keeps its award",
    ),
    Case(
        "another position",
        "UPDATE payments_instalment SET position = 9 WHERE id = $planned",
        REFUSED,
        "keeps its award",
        guard="payments_instalment.stays",
    ),
    Case(
        "another award",
        "UPDATE payments_instalment SET decision_id = $signed, position = 8 WHERE id = $planned",
        REFUSED,
        "keeps its award",
    ),
    Case(
        "another commune",
        "UPDATE payments_instalment SET organisation_id = $other_commune WHERE id = $planned",
        REFUSED,
        "keeps its award",
    ),
    Case(
        "approved without the visa that the rules want",
        APPROVED[1].replace("$instructor", "$approver"),
        REFUSED,
        "want the visa",
        before=(APPROVED[0], RULES),
        guard="payments_instalment.stays",
    ),
    Case("endorsed by who certified it", ENDORSED[1], CHECK, "endorsed_by_another", before=ENDORSED[:1]),
    Case(
        "approved by who endorsed it",
        change(
            "payments_instalment",
            INSTALMENT,
            "$certified",
            5,
            "endorsed",
            "approved",
            approved_by_id="$head",
            approved_at="now()",
        )[1],
        CHECK,
        "endorsed_by_another",
        before=(ENDORSED[0], ENDORSED[1].replace("$instructor", "$head")),
    ),
    Case(
        "approved by who asked for it",
        APPROVED[1].replace("$instructor", "$drafter"),
        CHECK,
        "not_by_who_asked",
        before=APPROVED[:1],
    ),
    Case("approved by who certified it", APPROVED[1], CHECK, "approved_by_another", before=APPROVED[:1]),
    Case(
        "approved by nobody",
        APPROVED[1].replace("approved_by_id = $instructor", "approved_by_id = NULL"),
        CHECK,
        "approved_has_author",
        before=APPROVED[:1],
    ),
    Case(
        "certified by nobody",
        change("payments_instalment", INSTALMENT, "$requested", 3, "requested", "certified")[1],
        CHECK,
        "certified_has_author",
    ),
    Case(
        "certified by another, afterwards",
        "UPDATE payments_instalment SET certified_by_id = $manager WHERE id = $approved",
        REFUSED,
        "by that act only",
    ),
    Case(
        "approved by another, afterwards",
        "UPDATE payments_instalment SET approved_by_id = $manager WHERE id = $approved",
        REFUSED,
        "by that act only",
    ),
    Case(
        "ordered out of any batch",
        change("payments_instalment", INSTALMENT, "$approved", 5, "approved", "ordered")[1],
        REFUSED,
        "stands in a batch is ordered",
    ),
    Case(
        "ordered in a batch that stays open",
        ORDERED[1],
        REFUSED,
        "by the seal of its batch",
        before=ORDERED[:1],
        guard="payments_instalment.ordered_in_sealed",
    ),
    Case(
        "paid without being ordered",
        change("payments_instalment", INSTALMENT, "$approved", 5, "approved", "paid")[1],
        REFUSED,
        "no such change",
    ),
    Case(
        "returned while it stands in a batch",
        change("payments_instalment", INSTALMENT, "$in_batch", 5, "approved", "requested")[1],
        REFUSED,
        "is not returned",
    ),
]

PEOPLE = ("decision_recorded_by", "iban_verified_by", "certified_by", "approved_by", "prepared_by")


ACTORS = ("$manager", "$head", "$instructor", "$approver", "$preparer")


def line(
    of: str = "$approved",
    batch: str = "$empty_batch",
    bank: str = "$bank",
    state: str = "live",
    people: tuple[str, ...] = ACTORS,
) -> str:
    columns = ", ".join(f"{who}_id" for who in PEOPLE)
    return (
        f"INSERT INTO payments_paymentline (batch_id, instalment_id, organisation_id, bank_version_id, state, amount_cents, {columns})"
        f" VALUES ({batch}, {of}, $commune, {bank}, '{state}', 1, {', '.join(people)})"
    )


def sealing(
    batch: str, lines: str = "1", cents: str = "50000", sha256: str = "encode(sha256('lot'), 'hex')", **over: str
) -> tuple[str, ...]:
    fields = {
        "number": "(SELECT 'LOT-' || year || '-' || lpad(value::text, 3, '0') FROM fund_counter WHERE series = 'LOT')",
        "sealed_by_id": "$preparer",
        "sealed_at": "now()",
        "line_count": lines,
        "total_cents": cents,
        "content": "'lot'",
        "sha256": sha256,
        **over,
    }
    return (
        *ORDERED,
        "UPDATE fund_counter SET value = value + 1 WHERE series = 'LOT'",
        *change("payments_batch", BATCH, batch, 2, "open", "sealed", **fields),
    )


def bad_seal(name: str, says: str, error: type[Exception] = REFUSED, guard: str = "", **over: str) -> Case:
    *before, last = sealing("$batch", **over)
    return Case(name, last, error, says, before=tuple(before), guard=guard)


TOTALS = "those of its lines"
LINES = [
    Case("the account of another commune", line(bank="$foreign_bank"), REFUSED, "belongs to another organisation"),
    Case(
        "an account that is too young",
        line(bank="$declared_bank"),
        REFUSED,
        "too young",
        before=(*SUPERSEDED, *verify(usable_from="now()")),
    ),
    Case(
        "an account that is not verified",
        line(bank="$declared_bank"),
        REFUSED,
        "not verified, or too young",
        guard="payments_paymentline.copies",
    ),
    Case("an instalment that is only certified", line("$certified"), REFUSED, "only an approved instalment"),
    Case("an instalment that is only planned", line("$planned"), REFUSED, "only an approved instalment"),
    Case("a second live line", line("$in_batch"), UNIQUE, "one_live_an_instalment"),
    Case("an instalment that was ordered", line("$ordered"), REFUSED, "only an approved instalment"),
    Case("into a sealed batch", line(batch="$sealed"), REFUSED, "open batch only", guard="payments_paymentline.copies"),
    Case(
        "another amount",
        "UPDATE payments_paymentline SET amount_cents = 999999 WHERE id = $line",
        REFUSED,
        "never changes",
        guard="payments_paymentline.stays",
    ),
    Case(
        "another account",
        "UPDATE payments_paymentline SET bank_version_id = $declared_bank WHERE id = $line",
        REFUSED,
        "never changes",
    ),
    Case(
        "another batch",
        "UPDATE payments_paymentline SET batch_id = $empty_batch WHERE id = $line",
        REFUSED,
        "never changes",
    ),
    Case(
        "cancelled in an open batch",
        "UPDATE payments_paymentline SET state = 'cancelled' WHERE id = $line",
        REFUSED,
        "of a sealed batch",
    ),
    Case(
        "a state nobody knows",
        "UPDATE payments_paymentline SET state = 'zzz' WHERE id = $sealed_line",
        REFUSED,
        "of a sealed batch",
    ),
    Case(
        "a line of a sealed batch removed",
        "DELETE FROM payments_paymentline WHERE id = $sealed_line",
        REFUSED,
        "never removed",
        guard="payments_paymentline.stays",
    ),
    Case(
        "the amount of a line of a sealed batch",
        "UPDATE payments_paymentline SET amount_cents = 1 WHERE id = $sealed_line",
        REFUSED,
        "never changes",
    ),
    Case("the lines truncated", "TRUNCATE payments_paymentline", DENIED),
]

BATCHES = [
    *(
        Case(
            f"the {column} of a sealed batch",
            f"UPDATE payments_batch SET {column} = {value} WHERE id = $sealed",
            REFUSED,
            "sealed batch never changes",
        )
        for column, value in {
            "number": "'LOT-2026-099'",
            "year": "2025",
            "total_cents": "1",
            "line_count": "2",
            "content": "'x'",
            "sha256": "repeat('0', 64)",
            "sealed_by_id": "$manager",
            "sealed_at": "now()",
            "prepared_by_id": "$manager",
        }.items()
    ),
    Case(
        "another preparer",
        "UPDATE payments_batch SET prepared_by_id = $manager WHERE id = $batch",
        REFUSED,
        "who prepared it",
    ),
    bad_seal("a wrong total", TOTALS, cents="50001", guard="payments_batch.stays"),
    bad_seal("a wrong count", TOTALS, lines="2"),
    bad_seal("a wrong hash", TOTALS, sha256="repeat('0', 64)"),
    bad_seal("other bytes than the hash", TOTALS, content="'other'"),
    bad_seal("a number of one's own", "counter has just given", number="'LOT-2026-999'"),
    bad_seal("without a number", "counter has just given", number="NULL"),
    bad_seal("sealed by nobody", "sealed_is_complete", CHECK, sealed_by_id="NULL"),
    bad_seal("sealed by who approved", "did not act", sealed_by_id="$approver"),
    bad_seal("sealed by who certified", "did not act", sealed_by_id="$instructor"),
    bad_seal("sealed by who decided", "did not act", sealed_by_id="$manager"),
    bad_seal("sealed by who verified the account", "did not act", sealed_by_id="$head"),
    Case("an empty batch", sealing("$empty_batch", "0", "0")[-1], REFUSED, TOTALS),
    Case(
        "instalments that are not ordered",
        sealing("$batch")[-1],
        REFUSED,
        "orders each of its instalments",
        before=sealing("$batch")[2:-1],
    ),
    Case(
        "an account that was superseded since",
        sealing("$batch")[-1],
        REFUSED,
        "no longer verified",
        before=(*sealing("$batch")[:-1], *SUPERSEDED),
    ),
    Case("a batch removed", "DELETE FROM payments_batch WHERE id = $empty_batch", DENIED),
    Case("the file of a batch changed", "UPDATE payments_batchexport SET content = 'x'", DENIED),
    Case("the file of a batch removed", "DELETE FROM payments_batchexport", DENIED),
    Case(
        "the file of a batch made twice",
        "INSERT INTO payments_batchexport (batch_id, format, content, sha256) VALUES ($sealed, 'csv', 'x', encode(sha256('x'), 'hex'))",
        UNIQUE,
        "once_a_format",
    ),
    Case(
        "the file of a batch with another hash",
        "INSERT INTO payments_batchexport (batch_id, format, content, sha256) VALUES ($sealed, 'xlsx', 'x', repeat('0', 64))",
        REFUSED,
        "with its own hash",
        guard="payments_batchexport.faithful",
    ),
    Case(
        "the file of an open batch",
        "INSERT INTO payments_batchexport (batch_id, format, content, sha256) VALUES ($batch, 'xlsx', 'x', encode(sha256('x'), 'hex'))",
        REFUSED,
        "once it is sealed",
    ),
]


def paper(of: str, kind: str = "title", **over: str) -> str:
    columns = {
        "instalment_id": of,
        "organisation_id": "$commune",
        "kind": f"'{kind}'",
        "reference": "''",
        "file_id": "$clean",
        **over,
    }
    return f"INSERT INTO payments_paymentpaper ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def settlement(decision: str = "$notified", **over: str) -> str:
    """An account that says all is due, and that nothing has gone."""
    award = f"(SELECT amount_cents FROM applications_decision WHERE id = {decision})"
    columns = {
        "decision_id": decision,
        "application_id": f"(SELECT application_id FROM applications_decision WHERE id = {decision})",
        "organisation_id": "$commune",
        "granted_cents": award,
        "planned_cents": "0",
        "spent_cents": "0",
        "due_cents": award,
        "gone_cents": "0",
        "balance_cents": award,
        "released_cents": "0",
        "recover_cents": "0",
        "explained": "'[]'",
        "made_by_id": "$instructor",
        **over,
    }
    return f"INSERT INTO payments_settlement ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def recovery(**over: str) -> str:
    decision = "(SELECT decision_id FROM payments_instalment WHERE id = $ordered)"
    columns = {
        "decision_id": decision,
        "application_id": "(SELECT application_id FROM payments_instalment WHERE id = $ordered)",
        "organisation_id": "$commune",
        "state": "'asked'",
        "version": "1",
        "amount_cents": "100",
        "reason": "'x'",
        "asked_by_id": "$instructor",
        "title_number": "''",
        "reference": "''",
        "cancel_reason": "''",
        **over,
    }
    return f"INSERT INTO payments_recovery ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


RECOVERED = (born("payments_recovery", "payments.recovery", "asked"),)
ENDS = [
    Case(
        "an account without its accepted report",
        settlement(),
        REFUSED,
        "once its report is accepted",
        guard="payments_settlement.figures",
    ),
    Case(
        "an account that does not add up",
        settlement(balance_cents="1"),
        (REFUSED, CHECK),
        "",
    ),
    Case("an account removed", "DELETE FROM payments_settlement", DENIED),
    Case(
        "a recovery that no account asks",
        recovery(),
        REFUSED,
        "what the account of the award says",
        before=RECOVERED,
        guard="payments_recovery.bounded",
    ),
    Case("a recovery of nothing", recovery(amount_cents="0"), (REFUSED, CHECK), "", before=RECOVERED),
    Case("a recovery born received", recovery(state="'received'"), (REFUSED, CHECK), ""),
    Case("a recovery removed", "DELETE FROM payments_recovery", DENIED),
    Case(
        "a paper joined after the service fait",
        paper("$approved"),
        REFUSED,
        "before the service fait",
        guard="payments_paymentpaper.of_the_request",
    ),
    Case(
        "a paper of another organisation",
        paper("$planned", organisation_id="$other_commune"),
        REFUSED,
        "of the organisation that is paid",
    ),
    Case("a paper removed", "DELETE FROM payments_paymentpaper", DENIED),
    Case("a paper changed", "UPDATE payments_paymentpaper SET kind = 'other'", DENIED),
    Case(
        "an instalment voided by itself",
        change("payments_instalment", INSTALMENT, "$planned", 2, "planned", "void")[1],
        REFUSED,
        "falls with the account",
        before=change("payments_instalment", INSTALMENT, "$planned", 2, "planned", "void")[:1],
    ),
]
