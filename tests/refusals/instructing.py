"""A point answered by the wrong person or at the wrong time, a remark rewritten, a note touched too late, a mention that tells."""

from tests.refusals.case import CHECK, REFUSED, UNIQUE, Case

INTERESTED = "INSERT INTO reviews_conflict (user_id, application_id, reason) VALUES ($instructor, $in_instruction, 'x')"
COMPLETE = "UPDATE applications_application SET complete_checked_at = now() WHERE id = $in_instruction"


def an_answer(
    verdict: str = "yes",
    *,
    application: str = "$in_instruction",
    point: str = "$point",
    rule: str = "",
    remark: str = "",
) -> str:
    return (
        "INSERT INTO reviews_checkanswer (application_id, point_id, rule, verdict, remark, fact, answered_by_id)"
        f" VALUES ({application}, {point}, '{rule}', '{verdict}', '{remark}', '', $instructor)"
    )


REMARK = (
    "INSERT INTO reviews_readingremark (application_id, kind, code, label, text, author_id)"
    " VALUES ($in_instruction, 'field', 'title', 'Titre', 'x', $instructor)"
)
NOTE = "INSERT INTO reviews_note (application_id, author_id, text) VALUES ($in_instruction, $instructor, 'x')"
MENTION = "INSERT INTO reviews_notemention (note_id, person_id) SELECT max(id), {person} FROM reviews_note"


def a_verdict(
    first: str = "least($in_instruction, $submitted)", second: str = "greatest($in_instruction, $submitted)"
) -> str:
    return (
        'INSERT INTO reviews_duplicateverdict (first_id, second_id, "distinct", reason, by_id)'
        f" VALUES ({first}, {second}, true, 'x', $instructor)"
    )


def an_absence(
    person: str = "$instructor",
    substitute: str = "NULL",
    days: str = "(now() AT TIME ZONE 'Europe/Paris')::date, (now() AT TIME ZONE 'Europe/Paris')::date + 5",
) -> str:
    return (
        "INSERT INTO accounts_absence (person_id, substitute_id, starts_on, ends_on, declared_by_id)"
        f" VALUES ({person}, {substitute}, {days}, $manager)"
    )


def a_delegation(
    giver: str = "$head",
    delegate: str = "$instructor",
    days: str = "(now() AT TIME ZONE 'Europe/Paris')::date - 1, (now() AT TIME ZONE 'Europe/Paris')::date + 5",
) -> str:
    return (
        "INSERT INTO accounts_delegation (giver_id, delegate_id, reference, starts_on, ends_on)"
        f" VALUES ({giver}, {delegate}, 'x', {days})"
    )


SIGNING = "UPDATE applications_decision SET signed_by_id = {by}, delegation_id = {delegation} WHERE id = $recorded"
GIVEN = "(SELECT max(id) FROM accounts_delegation)"
LAWFUL = {
    "somebody is away": (
        an_absence(substitute="$manager"),
        "UPDATE accounts_absence SET cancelled_at = now()",
        an_absence(),
    ),
    "a point is answered, the file complete": (an_answer(), COMPLETE),
    "a rule is overruled": (an_answer("overruled", point="NULL", rule="period", remark="x"),),
    "a remark is written": (REMARK,),
    "a note calls somebody": (NOTE, MENTION.format(person="$manager"), "UPDATE reviews_note SET text = 'y'"),
    "a pair is judged": (a_verdict(),),
}
INSTRUCTION = [
    Case(
        "complete without an answer", COMPLETE, REFUSED, "every point", guard="applications_application.points_answered"
    ),
    Case("complete on a no", COMPLETE, REFUSED, "every point", before=(an_answer("no", remark="x"),)),
    Case(
        "complete on a yes taken back",
        COMPLETE,
        REFUSED,
        "every point",
        before=(an_answer(), an_answer("no", remark="x")),
    ),
    Case(
        "a point answered by who has an interest",
        an_answer(),
        REFUSED,
        "an interest",
        before=(INTERESTED,),
        guard="reviews_checkanswer.in_its_time",
    ),
    Case("a point of a file not taken", an_answer(application="$submitted"), REFUSED, "while it is instructed"),
    Case("a point of another call", an_answer(point="$foreign_point"), REFUSED, "another call"),
    Case("a no without a word", an_answer("no"), CHECK, "check_says_why"),
    Case(
        "a rule overruled without a word", an_answer("overruled", point="NULL", rule="period"), CHECK, "check_says_why"
    ),
    Case("a yes to a rule", an_answer(point="NULL", rule="period"), CHECK, "a_point_or_a_rule"),
    Case("a point overruled", an_answer("overruled", remark="x"), CHECK, "a_point_or_a_rule"),
    Case(
        "a point answered after completeness",
        an_answer("na"),
        REFUSED,
        "while it is instructed",
        before=(an_answer(), COMPLETE),
    ),
    Case("a remark by who has an interest", REMARK, REFUSED, "an interest", before=(INTERESTED,)),
    Case(
        "a remark rewritten",
        "UPDATE reviews_readingremark SET text = 'y'",
        REFUSED,
        "never rewritten",
        before=(REMARK,),
        guard="reviews_readingremark.stays",
    ),
    Case(
        "a remark asked elsewhere",
        "UPDATE reviews_readingremark SET asked_in_id = $request",
        REFUSED,
        "its own file",
        before=(REMARK,),
    ),
    Case("a note by who has an interest", NOTE, REFUSED, "an interest", before=(INTERESTED,)),
    Case(
        "a note given to another",
        "UPDATE reviews_note SET author_id = $manager",
        REFUSED,
        "fifteen minutes",
        before=(NOTE,),
        guard="reviews_note.stays",
    ),
    Case(
        "somebody with an interest is called",
        MENTION.format(person="$instructor"),
        REFUSED,
        "mentioned",
        before=(NOTE, INTERESTED),
        guard="reviews_notemention.neutral",
    ),
    Case(
        "called twice in a note",
        MENTION.format(person="$manager"),
        UNIQUE,
        "mention_once",
        before=(NOTE, MENTION.format(person="$manager")),
    ),
    Case(
        "a pair judged by who has an interest",
        a_verdict(),
        REFUSED,
        "an interest",
        before=(INTERESTED,),
        guard="reviews_duplicateverdict.neutral",
    ),
    Case(
        "a pair the wrong way round",
        a_verdict("greatest($in_instruction, $submitted)", "least($in_instruction, $submitted)"),
        CHECK,
        "pair_in_order",
    ),
    Case(
        "away twice at once",
        an_absence(days="(now() AT TIME ZONE 'Europe/Paris')::date + 5, (now() AT TIME ZONE 'Europe/Paris')::date + 9"),
        REFUSED,
        "twice at once",
        before=(an_absence(),),
        guard="accounts_absence.stays",
    ),
    Case(
        "an absence rewritten",
        "UPDATE accounts_absence SET ends_on = ends_on + 1",
        REFUSED,
        "never rewritten",
        before=(an_absence(),),
    ),
    Case("a commune stands in", an_absence(substitute="$drafter"), REFUSED, "colleague of the desk"),
    Case("one stands in for oneself", an_absence(substitute="$instructor"), CHECK, "substitute_is_another"),
    Case(
        "an absence that ends before it starts",
        an_absence(days="(now() AT TIME ZONE 'Europe/Paris')::date, (now() AT TIME ZONE 'Europe/Paris')::date - 1"),
        CHECK,
        "ends_after_it_starts",
    ),
    Case(
        "a signature delegated by who has none",
        a_delegation(giver="$manager"),
        REFUSED,
        "the head of service delegates",
        guard="accounts_delegation.stays",
    ),
    Case("a signature delegated to a commune", a_delegation(delegate="$drafter"), REFUSED, "colleague of the desk"),
    Case(
        "a delegation made longer",
        "UPDATE accounts_delegation SET ends_on = ends_on + 1",
        REFUSED,
        "never rewritten",
        before=(a_delegation(),),
    ),
    Case(
        "a decision signed without power",
        SIGNING.format(by="$instructor", delegation="NULL"),
        REFUSED,
        "or by delegation",
    ),
    Case(
        "signed by a delegation to another",
        SIGNING.format(by="$approver", delegation=GIVEN),
        REFUSED,
        "in force",
        before=(a_delegation(),),
    ),
    Case(
        "signed by a delegation that is over",
        SIGNING.format(by="$instructor", delegation=GIVEN),
        REFUSED,
        "in force",
        before=(
            a_delegation(
                days="(now() AT TIME ZONE 'Europe/Paris')::date - 9, (now() AT TIME ZONE 'Europe/Paris')::date - 2"
            ),
        ),
    ),
    Case(
        "signed by a delegation taken back",
        SIGNING.format(by="$instructor", delegation=GIVEN),
        REFUSED,
        "in force",
        before=(a_delegation(), "UPDATE accounts_delegation SET revoked_at = now()"),
    ),
    Case(
        "signed by delegation by who recorded it",
        SIGNING.format(by="$manager", delegation=GIVEN),
        CHECK,
        "decision_signed_by_another",
        before=(a_delegation(delegate="$manager"),),
    ),
]
