"""The questions of a call, and what a commune answers to them."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, change

SET, SET_LABEL = "fund_questionset", "fund.questionset"
STAYS = "questions in service stay"
FITS = "an answer fits a question of its own file"


def question(code: str, *, of: str = "$prepared_set", kind: str = "short", position: str = "90", **fields: str) -> str:
    columns = {
        "set_id": of,
        "code": f"'{code}'",
        "kind": f"'{kind}'",
        "label": "'Combien\u202f?'",
        "help": "''",
        "required": "false",
        "section": "'questions'",
        "position": position,
        "choices": "'{}'",
        "operator": "''",
        "value": "''",
        **fields,
    }
    return f"INSERT INTO fund_question ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


def answer(question: str, value: str, *, file: str = "$draft", occurrence: str = "0") -> str:
    return (
        "INSERT INTO applications_questionanswer (application_id, question_id, occurrence, value)"
        f" VALUES ({file}, {question}, {occurrence}, '{value}')"
    )


BLOCK = {"rows_min": "0", "rows_max": "3"}
LAWFUL_QUESTIONS = (
    question("un", kind="yes_no", position="91"),
    question(
        "deux", position="92", asked_if_id="(SELECT id FROM fund_question WHERE code = 'un')", operator="'filled'"
    ),
    question("bloc", kind="block", position="93", **BLOCK),
    question("dedans", position="94", parent_id="(SELECT id FROM fund_question WHERE code = 'bloc')"),
)

QUESTIONS = [
    Case("a question more in a set in service", question("x", of="$question_set"), REFUSED, STAYS,
         guard="fund_question.stays"),
    Case("another label in service", "UPDATE fund_question SET label = 'x' WHERE id = $asked", REFUSED, STAYS),
    Case("a question less in service", "DELETE FROM fund_question WHERE id = $asked_last", REFUSED, STAYS,
         guard="fund_question.stays"),
    Case("a question moved into a set in service",
         "UPDATE fund_question SET set_id = $question_set WHERE id = $prepared", REFUSED, STAYS),
    Case("another reason for a set in service", "UPDATE fund_questionset SET reason = 'x' WHERE id = $question_set",
         REFUSED, STAYS, guard="fund_questionset.stays"),
    Case("a set put back in preparation", change(SET, SET_LABEL, "$question_set", 3, "frozen", "draft")[1], REFUSED),
    Case("a set for another call", "UPDATE fund_questionset SET call_id = $call WHERE id = $prepared_set", REFUSED, STAYS),
    Case("delete a set", "DELETE FROM fund_questionset", DENIED),
    Case("two sets in preparation for a call",
         "INSERT INTO fund_questionset (call_id, number, state, reason, version) VALUES ($other_call, 9, 'draft', '', 1)",
         UNIQUE, "one_prepared"),
    Case("in service without an entry", change(SET, SET_LABEL, "$prepared_set", 2, "draft", "frozen", frozen_at="now()")[1],
         REFUSED, "without its journal entry"),
    Case("in service since no one knows when", change(SET, SET_LABEL, "$prepared_set", 2, "draft", "frozen")[1], CHECK,
         "frozen_when"),
    Case("twice the same code", question("preparee"), UNIQUE, "code_once"),
    Case("a list of one choice", question("x", kind="one", choices="ARRAY['seul']"), CHECK, "choices_fit"),
    Case("choices of a text", question("x", choices="ARRAY['a', 'b']"), CHECK, "choices_fit"),
    Case("words of a date", question("x", kind="date", limit_words="9"), CHECK, "words_fit"),
    Case("bounds of a text", question("x", minimum="9"), CHECK, "bounds_fit"),
    Case("bounds upside down", question("x", kind="number", minimum="9", maximum="8"), CHECK, "bounds_fit"),
    Case("days upside down", question("x", kind="date", earliest="'2027-01-02'", latest="'2027-01-01'"), CHECK, "days_fit"),
    Case("a block of a thousand", question("x", kind="block", rows_min="0", rows_max="1000"), CHECK, "rows_fit"),
    Case("a required block", question("x", kind="block", required="true", **BLOCK), CHECK, "rows_fit"),
    Case("rows of a text", question("x", rows_min="0", rows_max="3"), CHECK, "rows_fit"),
    Case("a condition without its value", question("x", asked_if_id="$prepared", operator="'equals'"), CHECK, "condition"),
    Case("a value without a condition", question("x", value="'x'"), CHECK, "condition"),
    Case("a condition on a later question", question("x", position="1", asked_if_id="$prepared", operator="'filled'"),
         REFUSED, "an earlier question", guard="fund_question.holds"),
    Case("a condition on another set", question("x", asked_if_id="$asked", operator="'filled'"), REFUSED,
         "an earlier question"),
    Case("a condition on a file", question("y", position="91", asked_if_id="(SELECT id FROM fund_question WHERE code = 'x')",
         operator="'filled'"), REFUSED, "an earlier question", before=(question("x", kind="file"),)),
    Case("a condition moved before what it looks at", "UPDATE fund_question SET position = 99 WHERE id = $prepared", REFUSED,
         "an earlier question", before=(question("x", asked_if_id="$prepared", operator="'filled'"),)),
    Case("inside a question that is no block", question("x", parent_id="$prepared"), REFUSED, "a block of the same set",
         guard="fund_question.holds"),
    Case("inside a block of another set", question("x", parent_id="$asked_block"), REFUSED, "a block of the same set"),
    Case("a block in a block", question("x", kind="block", parent_id="$prepared", **BLOCK), CHECK, "no_block_in_a_block"),
    Case("a file in a block", question("x", kind="file", parent_id="$prepared"), CHECK, "no_block_in_a_block"),
]  # fmt: skip

ANSWERS = [
    Case("a text for a number", answer("$asked", '"12"'), REFUSED, FITS, guard="applications_questionanswer.frozen"),
    Case("to a question of another call", answer("$prepared", '"x"'), REFUSED, FITS),
    Case("in a file without questions", answer("$asked", "12", file="$other_draft"), REFUSED, FITS),
    Case("to a block as such", answer("$asked_block", '"x"'), REFUSED, FITS),
    Case("a second time", answer("$asked", "13", occurrence="1"), REFUSED, FITS),
    Case("beyond the rows of a block", answer("$asked_last", '"x"', occurrence="3"), REFUSED, FITS),
    Case("twice in its place", answer("$asked", "13"), UNIQUE, "answer_once", before=(answer("$asked", "12"),)),
    Case("in a file that was sent", answer("$asked_last", '"x"', file="$submitted"), REFUSED, "frozen",
         guard="applications_questionanswer.frozen"),
    Case("changed in a file that was sent",
         "UPDATE applications_questionanswer SET value = '13' WHERE application_id = $submitted", REFUSED, "frozen"),
    Case("taken out of a file that was sent",
         "DELETE FROM applications_questionanswer WHERE application_id = $submitted", REFUSED, "frozen"),
    Case("changed while it is asked again, without the answer that says so",
         "UPDATE applications_questionanswer SET value = '13' WHERE application_id = $awaiting", REFUSED, "frozen",
         guard="applications_questionanswer.frozen"),
    Case("taken out while it is asked again",
         "DELETE FROM applications_questionanswer WHERE application_id = $awaiting", REFUSED, "frozen"),
    Case("added while it is asked again", answer("$asked_last", '"x"', file="$awaiting"), REFUSED, "frozen"),
    Case("moved to a file that was sent",
         "UPDATE applications_questionanswer SET application_id = $submitted, question_id = $asked_last",
         REFUSED, "frozen", before=("DELETE FROM applications_questionanswer a USING applications_application f"
                                    " WHERE f.id = a.application_id AND f.state = 'draft'", answer("$asked_last", '"x"'))),
    Case("the questions of another call", "UPDATE applications_application SET question_set_id = $other_set WHERE id = $draft",
         REFUSED, "in service for its call", guard="applications_application.questions"),
    Case("questions in preparation",
         "UPDATE applications_application SET call_id = $other_call, question_set_id = $prepared_set WHERE id = $draft",
         REFUSED, "in service for its call"),
    Case("another call with its old questions", "UPDATE applications_application SET call_id = $other_call WHERE id = $draft",
         REFUSED, "in service for its call"),
]  # fmt: skip
