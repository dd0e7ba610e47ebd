"""Scenarios: what a line may propose, what was retained stays and fits in its envelope."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, born, entry
from tests.refusals.committee import ALL_OF_IT, CALL, insert
from tests.refusals.money import movement

TABLE, LABEL = "reviews_scenario", "reviews.scenario"
PLAN = f"(SELECT max(id) FROM {TABLE})"
LINE = "(SELECT max(id) FROM reviews_scenarioline)"


def scenario(**over: str) -> tuple[str, str]:
    fields = {"call_id": CALL, "state": "'draft'", "version": "1", "name": "'x'", "note": "''", "rules": "'{}'"}
    fields |= {"envelope_cents": "100000", "author_id": "$manager", **over}
    return born(TABLE, LABEL, "draft"), insert(TABLE, fields)


def line(**over: str) -> str:
    fields = {"scenario_id": PLAN, "application_id": "$reviewed", "proposed_cents": "60000", "remark": "''"}
    return insert("reviews_scenarioline", fields | {"written_by_id": "$manager", **over})


def becomes(version: int, before: str, after: str) -> tuple[str, str]:
    told = entry(LABEL, PLAN, version, before, after, chain=f"'{LABEL}:' || {PLAN}")
    return told, f"UPDATE {TABLE} SET state = '{after}', version = {version} WHERE id = {PLAN}"


def changed(what: str, table: str = TABLE, row: str = PLAN) -> str:
    return f"UPDATE {table} SET {what} WHERE id = {row}"


BOUNDS = "reviews_scenarioline.bounds"
DRAWN = (*scenario(), line())
RETAINED = (*DRAWN, *becomes(2, "draft", "retained"))
SCENARIOS = [
    Case("more than was asked", line(proposed_cents="100001"), REFUSED, "at most", scenario(), BOUNDS),
    Case("less than the floor", line(proposed_cents="49999"), REFUSED, "the floor", scenario(), BOUNDS),
    Case("less than nothing", line(proposed_cents="-1"), CHECK, "line_sane", scenario()),
    Case("an amount and a rank", line(reserve_rank="1"), CHECK, "line_sane", scenario()),
    Case("a file twice", line(), UNIQUE, "line_once", DRAWN),
    Case("a draft", line(application_id="$draft", proposed_cents="0"), REFUSED, "sent to the call", scenario(), BOUNDS),
    Case(
        "a line by a person with an interest",
        line(written_by_id="$interested"),
        REFUSED,
        "with an interest",
        scenario(),
        BOUNDS,
    ),
    Case(
        "a line of another file",
        changed("application_id = $submitted", "reviews_scenarioline", LINE),
        REFUSED,
        "keeps its scenario and its file",
        DRAWN,
        BOUNDS,
    ),
    Case(
        "a line of what was retained",
        changed("proposed_cents = 50000", "reviews_scenarioline", LINE),
        REFUSED,
        "was retained does not change",
        RETAINED,
        BOUNDS,
    ),
    Case(
        "a line taken from what was retained",
        f"DELETE FROM reviews_scenarioline WHERE id = {LINE}",
        REFUSED,
        "was retained does not change",
        RETAINED,
        BOUNDS,
    ),
    Case(
        "what was retained, renamed",
        changed("name = 'y'"),
        REFUSED,
        "was retained does not change",
        RETAINED,
        f"{TABLE}.stays",
    ),
    Case(
        "another author",
        changed("author_id = $head"),
        REFUSED,
        "keeps its call and its author",
        DRAWN,
        f"{TABLE}.stays",
    ),
    Case(
        "retained above its envelope",
        becomes(2, "draft", "retained")[1],
        REFUSED,
        "fits in its envelope",
        (*DRAWN, movement("reserve", "available", "reserved", ALL_OF_IT), becomes(2, "draft", "retained")[0]),
        f"{TABLE}.fits",
    ),
    Case("retained without its entry", becomes(2, "draft", "retained")[1], REFUSED, "journal entry", DRAWN),
    Case(
        "two retained",
        becomes(2, "draft", "retained")[1],
        UNIQUE,
        "one_retained",
        (*RETAINED, *scenario(), becomes(2, "draft", "retained")[0]),
    ),
    Case("without a name", scenario(name="''")[1], CHECK, "scenario_sane", scenario()[:1]),
    Case("delete a scenario", f"DELETE FROM {TABLE} WHERE id = {PLAN}", DENIED, "denied", scenario()),
]
LAWFUL = {"a scenario is drawn, retained and let go": (*RETAINED, *becomes(3, "retained", "shared"))}
