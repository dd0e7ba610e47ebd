"""Decisions, evaluations, interests, rights."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, born, change, entry
from tests.refusals.journal import DRAFT, FILE
from tests.refusals.money import movement

DECISION = "applications.decision"
REVIEW = "reviews.review"
COLUMNS = "application_id, state, version, kind, amount_cents, requested_cents, allowed_cents, reasons, recorded_by_id, act_number, movement_id"
MONEY = "(SELECT max(id) FROM fund_movement)"
NUMBER_OF = "(SELECT number FROM applications_application WHERE id = $reviewed)"


def commit(cents: str = "100000", subject: str = NUMBER_OF, **more: str) -> str:
    return movement("commit", "available", "committed", cents, **more).replace(
        "'x', '', NULL", f"{subject}, '', NULL", 1
    )


def decision(
    kind: str = "grant",
    cents: str = "100000",
    *,
    reasons: str = "''",
    by: str = "$manager",
    application: str = "$reviewed",
    money: str = MONEY,
) -> str:
    return (
        f"INSERT INTO applications_decision ({COLUMNS}) VALUES ({application}, 'recorded', 1, '{kind}', {cents}, 9999999, 9999999,"
        f" {reasons}, {by}, '', {money if kind == 'grant' else 'NULL'})"
    )


def signature(**over: str) -> tuple[str, str]:
    fields = {"signed_by_id": "$head", "signed_at": "now()", "act_number": "'B-1'", "act_date": "'2026-01-01'", **over}
    return change("applications_decision", DECISION, "$recorded", 2, "recorded", "signed", **fields)


def a_head(user: str) -> str:
    return f"INSERT INTO accounts_membership (user_id, role) VALUES ({user}, 'head_of_service')"


BORN = born("applications_decision", DECISION, "recorded")
GIVEN = change(DRAFT, FILE, "$reviewed", 6, "reviewed", "granted")
DECISIONS = [
    Case("more than was asked", decision(cents="100001"), CHECK, "amount_fits", before=(commit("100001"),)),
    Case("a grant of nothing", decision(cents="0"), REFUSED, "committed for it alone", before=(commit(),)),
    Case("a grant without money", decision(money="NULL"), CHECK, "amount_fits"),
    Case(
        "a grant on less money",
        decision(reasons="'x'"),
        REFUSED,
        "committed for it alone",
        before=(BORN, commit("1")),
        guard="applications_decision.bounds",
    ),
    Case(
        "a grant on the money of another file",
        decision(),
        REFUSED,
        "committed for it alone",
        before=(commit(subject="'FI-2026-9999'"),),
    ),
    Case(
        "a grant on the money of another decision",
        decision(money="(SELECT movement_id FROM applications_decision WHERE id = $signed)"),
        REFUSED,
        "committed for it alone",
    ),
    Case(
        "a grant on the money of another envelope",
        decision(),
        REFUSED,
        "committed for it alone",
        before=(commit(envelope="$other_envelope"),),
    ),
    Case(
        "a grant on money that was only reserved",
        decision(),
        REFUSED,
        "committed for it alone",
        before=(
            movement("reserve", "available", "reserved", "100000").replace(
                "'x', '', NULL", f"{NUMBER_OF}, '', NULL", 1
            ),
        ),
    ),
    Case(
        "less than was asked without saying why",
        decision(cents="60000"),
        CHECK,
        "reduction_has_reasons",
        before=(commit("60000"),),
    ),
    Case("a refusal without saying why", decision("reject", "0"), CHECK, "refusal_has_reasons"),
    Case("a refusal that gives money", decision("reject", "100", reasons="'x'"), CHECK, "amount_fits"),
    Case(
        "on a draft",
        decision("reject", "0", reasons="'x'", application="$draft"),
        REFUSED,
        "was reviewed",
        before=(BORN,),
        guard="applications_decision.bounds",
    ),
    Case(
        "on a file that waits for its commune",
        decision("reject", "0", reasons="'x'", application="$awaiting"),
        REFUSED,
        "was reviewed",
    ),
    Case(
        "by a person with an interest",
        decision("reject", "0", reasons="'x'", by="$interested"),
        REFUSED,
        "with an interest",
        before=(BORN,),
        guard="applications_decision.neutral",
    ),
    Case(
        "by a person of the commune", decision("reject", "0", reasons="'x'", by="$native"), REFUSED, "with an interest"
    ),
    Case(
        "a second effective decision",
        decision(
            "reject",
            "0",
            reasons="'x'",
            application="(SELECT application_id FROM applications_decision WHERE id = $signed)",
        ),
        UNIQUE,
        "one_effective",
    ),
    Case("born without an entry", decision("reject", "0", reasons="'x'"), REFUSED, "without its journal entry"),
    Case("signed without an entry", signature()[1], REFUSED, "without its journal entry"),
    Case(
        "signed by who recorded it",
        signature(signed_by_id="$manager")[1],
        CHECK,
        "signed_by_another",
        before=(a_head("$manager"), *signature()[:1]),
    ),
    Case("signed by nobody", signature(signed_by_id="NULL")[1], CHECK, "signed_by_another", before=signature()[:1]),
    Case("signed without a number", signature(act_number="''")[1], CHECK, "signed_by_another", before=signature()[:1]),
    Case("signed without a date", signature(act_date="NULL")[1], CHECK, "signed_by_another", before=signature()[:1]),
    Case(
        "signed by a person of the commune",
        signature(signed_by_id="$native")[1],
        REFUSED,
        "no signature",
        before=(a_head("$native"), *signature()[:1]),
        guard="applications_decision.neutral_signature",
    ),
    *(
        Case(
            f"the {column} of a signed decision",
            f"UPDATE applications_decision SET {column} = {value} WHERE id = $signed",
            REFUSED,
            "decision",
        )
        for column, value in {
            "amount_cents": "1",
            "reasons": "'x'",
            "act_number": "'x'",
            "act_date": "'2025-01-01'",
            "signed_by_id": "$instructor",
            "signed_at": "now()",
            "recorded_by_id": "$instructor",
            "kind": "'reject'",
            "application_id": "$reviewed",
        }.items()
    ),
    Case(
        "the amount of a recorded decision",
        "UPDATE applications_decision SET amount_cents = 1, reasons = 'x' WHERE id = $recorded",
        REFUSED,
        "not edited",
        guard="applications_decision.stays",
    ),
    Case(
        "the bounds of a recorded decision",
        "UPDATE applications_decision SET allowed_cents = 999999 WHERE id = $recorded",
        REFUSED,
        "not edited",
    ),
    Case(
        "the money of a recorded decision",
        "UPDATE applications_decision SET movement_id = (SELECT min(id) FROM fund_movement) WHERE id = $recorded",
        REFUSED,
        "not edited",
    ),
    Case(
        "the letter of a decision that left",
        "UPDATE applications_decision SET letter_id = $quarantined WHERE id = $notified",
        REFUSED,
        "letter of a decision",
    ),
    Case(
        "a signed decision withdrawn",
        change("applications_decision", DECISION, "$signed", 3, "signed", "withdrawn")[1],
        REFUSED,
        "",
    ),
    Case(
        "withdrawn, its money kept",
        change("applications_decision", DECISION, "$recorded", 2, "recorded", "withdrawn")[1],
        REFUSED,
        "comes back to the envelope",
        before=(entry(DECISION, "$recorded", 2, "recorded", "withdrawn"),),
        guard="applications_decision.withdrawn_reversed",
    ),
    Case(
        "granted by no decision",
        GIVEN[1],
        REFUSED,
        "decided by a decision",
        before=GIVEN[:1],
        guard="applications_application.decided",
    ),
    Case(
        "rejected by no decision",
        change(DRAFT, FILE, "$reviewed", 6, "reviewed", "rejected")[1],
        REFUSED,
        "decided by a decision",
        before=change(DRAFT, FILE, "$reviewed", 6, "reviewed", "rejected")[:1],
    ),
    Case("delete a decision", "DELETE FROM applications_decision WHERE id = $recorded", DENIED),
]


def review(evaluator: str, application: str = "$under_review", state: str = "assigned") -> str:
    return (
        "INSERT INTO reviews_review (application_id, evaluator_id, state, version, assigned_by_id, comment)"
        f" VALUES ({application}, {evaluator}, '{state}', 1, $instructor, '')"
    )


def score(value: str, criterion: str = "$second_criterion", of: str = "$review") -> str:
    return (
        f"INSERT INTO reviews_score (review_id, criterion_id, value, comment) VALUES ({of}, {criterion}, {value}, '')"
    )


OWN = "own organisation or a declared interest"
RECUSED = change("reviews_review", REVIEW, "$review", 2, "assigned", "recused")
REVIEWS = [
    Case(
        "the file of one's own commune",
        review("$native"),
        REFUSED,
        OWN,
        before=(born("reviews_review", REVIEW, "assigned"),),
        guard="reviews_review.neutral",
    ),
    Case("with a declared interest", review("$interested"), REFUSED, OWN),
    Case("twice the same person", review("$evaluator"), UNIQUE, "one_a_person"),
    Case(
        "another evaluator",
        "UPDATE reviews_review SET evaluator_id = $native WHERE id = $review",
        REFUSED,
        "keeps its file",
    ),
    Case(
        "another file",
        "UPDATE reviews_review SET application_id = $other_under_review WHERE id = $review",
        REFUSED,
        "keeps its file",
    ),
    Case(
        "a comment after it was handed in",
        "UPDATE reviews_review SET comment = 'x' WHERE id = $handed_in",
        REFUSED,
        "handed in",
        guard="reviews_review.neutral",
    ),
    Case(
        "handed in at another hour",
        "UPDATE reviews_review SET submitted_at = now() - interval '9 days' WHERE id = $handed_in",
        REFUSED,
        "handed in",
    ),
    Case("a note of six", score("6"), CHECK, "within_bounds"),
    Case("a negative note", score("-1"), CHECK),
    Case(
        "a note after it was handed in",
        score("3", of="$handed_in"),
        REFUSED,
        "not submitted",
        guard="reviews_score.in_its_time",
    ),
    Case(
        "a note changed after it was handed in",
        "UPDATE reviews_score SET value = 5 WHERE review_id = $handed_in",
        REFUSED,
        "not submitted",
    ),
    Case(
        "a note removed after it was handed in",
        "DELETE FROM reviews_score WHERE review_id = $handed_in",
        REFUSED,
        "not submitted",
    ),
    Case(
        "a note moved to another review",
        "UPDATE reviews_score SET review_id = $review, criterion_id = $second_criterion WHERE review_id = $handed_in",
        REFUSED,
        "keeps its review",
    ),
    Case("a criterion of another call", score("3", "$foreign_criterion"), REFUSED, "another call"),
    Case("two notes for a criterion", score("3", "$criterion"), UNIQUE, "one_a_criterion"),
    Case(
        "a note once the review of the file is closed",
        score("3"),
        REFUSED,
        "under review",
        before=change(DRAFT, FILE, "$under_review", 5, "under_review", "reviewed"),
    ),
    Case(
        "an interest declared, the grid kept",
        "INSERT INTO reviews_conflict (user_id, application_id, reason) VALUES ($evaluator, $under_review, 'x')",
        REFUSED,
        "steps aside",
        guard="reviews_conflict.recuses",
    ),
    Case(
        "a note with an interest declared",
        score("3"),
        REFUSED,
        "with an interest",
        before=(
            "INSERT INTO reviews_conflict (user_id, application_id, reason) VALUES ($evaluator, $under_review, 'x')",
        ),
    ),
    Case(
        "a note on a grid one stepped aside from",
        score("3"),
        REFUSED,
        "not submitted",
        before=RECUSED,
    ),
    Case(
        "an interest given to somebody else",
        "UPDATE reviews_conflict SET user_id = $evaluator WHERE id = $interest",
        REFUSED,
        "never rewritten",
        guard="reviews_conflict.stays",
    ),
    Case(
        "an interest reworded",
        "UPDATE reviews_conflict SET reason = 'x' WHERE id = $interest",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "one's own interest lifted",
        "UPDATE reviews_conflict SET lifted_at = now(), lifted_by_id = user_id, lift_reason = 'x' WHERE id = $interest",
        REFUSED,
        "lifts their own",
        guard="reviews_conflict.stays",
    ),
    Case(
        "an interest lifted without a reason",
        "UPDATE reviews_conflict SET lifted_at = now(), lifted_by_id = $manager WHERE id = $interest",
        CHECK,
        "lifted_with_reason",
    ),
    Case(
        "a lifted interest taken up again",
        "UPDATE reviews_conflict SET lifted_at = NULL, lifted_by_id = NULL, lift_reason = '' WHERE id = $interest",
        REFUSED,
        "stays as it was lifted",
        before=(
            "UPDATE reviews_conflict SET lifted_at = now(), lifted_by_id = $manager, lift_reason = 'x' WHERE id = $interest",
        ),
        guard="reviews_conflict.stays",
    ),
    Case("a declaration reworded", "UPDATE reviews_interestdeclaration SET mandates = ''", DENIED),
    Case("a declaration removed", "DELETE FROM reviews_interestdeclaration", DENIED),
    Case("an organisation declared, removed", "DELETE FROM reviews_declaredorganisation", DENIED),
    Case(
        "an organisation declared, replaced by another",
        "UPDATE reviews_declaredorganisation SET organisation_id = $other_commune WHERE id = $named",
        REFUSED,
        "never rewritten",
        guard="reviews_declaredorganisation.stays",
    ),
    Case(
        "one's own declared organisation lifted",
        "UPDATE reviews_declaredorganisation SET lifted_at = now(), lifted_by_id = $linked, lift_reason = 'x' WHERE id = $named",
        REFUSED,
        "lifts their own",
        guard="reviews_declaredorganisation.stays",
    ),
    Case(
        "an organisation named, the grid on its file kept",
        "WITH said AS (INSERT INTO reviews_interestdeclaration (user_id, call_id, mandates, employers, relations)"
        " VALUES ($evaluator, $call, 'x', '', '') RETURNING id)"
        " INSERT INTO reviews_declaredorganisation (declaration_id, organisation_id)"
        " SELECT id, $commune FROM said",
        REFUSED,
        "steps aside",
        guard="reviews_declaredorganisation.recuses",
    ),
    Case(
        "a review given to somebody who named the organisation",
        review("$linked"),
        REFUSED,
        "declared interest",
    ),
    Case(
        "an interest without a reason",
        "INSERT INTO reviews_conflict (user_id, application_id, reason) VALUES ($evaluator, $other_under_review, '')",
        CHECK,
        "has_reason",
    ),
]

RIGHTS = [
    Case(
        "a role given to another person",
        "UPDATE accounts_membership SET user_id = $manager WHERE id = $native_role",
        REFUSED,
        "never rewritten",
        guard="accounts_membership.stays",
    ),
    Case(
        "another role",
        "UPDATE accounts_membership SET role = 'signatory' WHERE id = $native_role",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "another commune",
        "UPDATE accounts_membership SET organisation_id = $other_commune WHERE id = $native_role",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "a right that begins earlier",
        "UPDATE accounts_membership SET started_at = now() - interval '1 year' WHERE id = $native_role",
        REFUSED,
        "never rewritten",
    ),
    Case(
        "a right that was ended, given back",
        "UPDATE accounts_membership SET ended_at = NULL WHERE id = $native_role",
        REFUSED,
        "never rewritten",
        before=("UPDATE accounts_membership SET ended_at = now() WHERE id = $native_role",),
    ),
    Case(
        "a staff role in a commune",
        "INSERT INTO accounts_membership (user_id, organisation_id, role) VALUES ($native, $commune, 'fund_manager')",
        CHECK,
        "role_fits",
    ),
    Case(
        "a commune's role without a commune",
        "INSERT INTO accounts_membership (user_id, role) VALUES ($native, 'signatory')",
        CHECK,
        "role_fits",
    ),
]
