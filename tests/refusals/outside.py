"""Opinions asked outside: what was asked and answered stays, nobody with an interest asks, what is confided is not shown."""

from tests.refusals.case import CHECK, REFUSED, UNIQUE, Case, born, entry

LABEL, TABLE = "reviews.outsideopinion", "reviews_outsideopinion"
ONE = f"(SELECT max(id) FROM {TABLE})"


def question(**over: str) -> str:
    fields = {
        "state": "'asked'",
        "version": "1",
        "application_id": "$reviewed",
        "quality": "'state'",
        "organism": "'Préfecture'",
        "contact_name": "'S. Berger'",
        "contact_email": "'s@prefecture.example'",
        "question": "'Recoupe-t-elle ?'",
        "papers": "'{}'",
        "desk_only": "false",
        "asked_by_id": "$instructor",
        "due_on": "(now() AT TIME ZONE 'Europe/Paris')::date + 15",
        "expires_at": "now() + interval '30 days'",
        "nonce": "'n'",
        "advice": "''",
        "text": "''",
        "signed_name": "''",
        "confidential": "false",
        "withdrawn_reason": "''",
        **over,
    }
    return f"INSERT INTO {TABLE} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


def row_is(changes: str) -> str:
    return f"UPDATE {TABLE} SET {changes} WHERE id = {ONE}"


BORN = born(TABLE, LABEL, "asked")
ASKED = (BORN, question())
GIVEN = {"advice": "'favorable'", "text": "'Oui.'", "signed_name": "'S. Berger'", "answered_at": "now()"}


def becomes(state: str, **fields: str) -> tuple[str, str]:
    """The entry and the update of the question just asked."""
    written = entry(LABEL, ONE, 2, "asked", state, chain=f"'{LABEL}:' || {ONE}")
    return written, row_is(", ".join([f"state = '{state}', version = 2", *(f"{k} = {v}" for k, v in fields.items())]))


def answered(**over: str) -> tuple[str, ...]:
    return (*ASKED, *becomes("answered", **{**GIVEN, **over}))


WITHDRAWN = (*ASKED, *becomes("withdrawn", withdrawn_reason="'Inutile.'"))
ASKS, STAYS = f"{TABLE}.asked", f"{TABLE}.stays"
OUTSIDE = [
    Case("on a decided file", question(application_id="$awarded_file"), REFUSED, "not decided yet", (BORN,), ASKS),
    Case("on a draft", question(application_id="$draft"), REFUSED, "not decided yet", (BORN,), ASKS),
    Case("a document of another file", question(papers="'{0}'"), REFUSED, "only documents of the file", (BORN,), ASKS),
    Case("no question", question(question="' '"), CHECK, "outside_asks", (BORN,)),
    Case("a link without an end", question(expires_at="now() - interval '1 day'"), CHECK, "outside_link_ends", (BORN,)),
    Case("the same person twice at once", question(), UNIQUE, "outside_one_open_a_person", (*ASKED, BORN)),
    Case("another question", row_is("question = 'Autre ?'"), REFUSED, "asked outside does not change", ASKED, STAYS),
    Case("another person", row_is("contact_email = 'x@y.fr'"), REFUSED, "asked outside does not change", ASKED, STAYS),
    Case("asked earlier", row_is("asked_at = asked_at - interval '1 day'"), REFUSED, "does not change", ASKED, STAYS),
    Case(
        "opened again",
        row_is("opened_at = NULL"),
        REFUSED,
        "first opening",
        (*ASKED, row_is("opened_at = now()")),
        STAYS,
    ),
    Case("half an answer", row_is("text = 'Oui.'"), CHECK, "outside_answer_whole", ASKED),
    Case("an answer rewritten", row_is("text = 'Non.'"), REFUSED, "given or withdrawn", answered(), STAYS),
    Case("a new link once withdrawn", row_is("nonce = 'm'"), REFUSED, "given or withdrawn", WITHDRAWN, STAYS),
    Case(
        "what was confided, shown",
        row_is("confidential = false"),
        REFUSED,
        "in confidence",
        answered(confidential="true"),
        STAYS,
    ),
    Case(
        "withdrawn without a word",
        becomes("withdrawn")[1],
        CHECK,
        "outside_withdrawn_with_reason",
        (*ASKED, becomes("withdrawn")[0]),
    ),
]
LAWFUL = (*answered(confidential="true"),)
