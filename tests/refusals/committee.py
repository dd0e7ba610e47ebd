"""The committee: its quorum, who votes, what a closed session keeps, what it may promise."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case, born, entry
from tests.refusals.money import movement

TABLE, LABEL = "reviews_committeesession", "reviews.committeesession"
SITTING = f"(SELECT max(id) FROM {TABLE})"
ITEM = "(SELECT max(id) FROM reviews_agendaitem)"
MEMBER = "(SELECT max(id) FROM reviews_committeemember)"
CALL = "(SELECT call_id FROM applications_application WHERE id = $reviewed)"
ALL_OF_IT = "(SELECT available FROM fund_envelopebalance WHERE envelope_id = $envelope)"
PRINT = "encode(sha256(convert_to(('{\"a\": 1}'::jsonb)::text, 'UTF8')), 'hex')"


def insert(table: str, fields: dict[str, str]) -> str:
    return f"INSERT INTO {table} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


def session(**over: str) -> tuple[str, str]:
    empty = dict.fromkeys(("snapshot_sha256", "deliberation_number", "act_reference", "quorum_waiver"), "''")
    fields = {"call_id": CALL, "state": "'planned'", "version": "1", "title": "'x'", "held_at": "now()", "place": "'x'"}
    fields |= {"quorum": "1", "vote_mode": "'counts'", "created_by_id": "$manager", **empty, **over}
    return born(TABLE, LABEL, "planned"), insert(TABLE, fields)


def seat(user: str = "$evaluator", attendance: str = "'present'") -> str:
    fields = {"session_id": SITTING, "user_id": user, "capacity": "''", "attendance": attendance}
    return insert("reviews_committeemember", fields)


def item(**over: str) -> str:
    fields = {"session_id": SITTING, "application_id": "$reviewed", "position": "1", "proposed_cents": "0"}
    fields |= {"outcome": "''", "amount_cents": "0", "reasons": "''", "notes": "''", "version": "1", "passages": "'[]'"}
    return insert("reviews_agendaitem", fields | over)


def vote(member: str = MEMBER) -> str:
    return insert("reviews_vote", {"item_id": ITEM, "member_id": member, "choice": "'for'"})


def recusal() -> str:
    return insert("reviews_recusal", {"item_id": ITEM, "member_id": MEMBER, "reason": "''"})


def becomes(version: int, before: str, after: str, **fields: str) -> tuple[str, str]:
    told = entry(LABEL, SITTING, version, before, after, chain=f"'{LABEL}:' || {SITTING}")
    more = "".join(f", {column} = {value}" for column, value in fields.items())
    return told, f"UPDATE {TABLE} SET state = '{after}', version = {version}{more} WHERE id = {SITTING}"


def answered(cents: str = "0", outcome: str = "'refused'", by: str = "$manager", **more: str) -> str:
    fields = {"outcome": outcome, "amount_cents": cents, "reasons": "'x'", "decided_by_id": by, **more}
    written = ", ".join(f"{column} = {value}" for column, value in fields.items())
    return f"UPDATE reviews_agendaitem SET {written} WHERE id = {ITEM}"


def closing(**over: str) -> tuple[str, str]:
    fields = {"snapshot": "'{\"a\": 1}'", "snapshot_sha256": PRINT, "closed_by_id": "$manager", "closed_at": "now()"}
    return becomes(3, "open", "closed", **{**fields, **over})


def signing(**over: str) -> tuple[str, str]:
    fields = {"deliberation_number": "'D'", "act_reference": "'A'", "deliberation_date": "'2026-01-02'"}
    fields |= {"executory_on": "'2026-01-03'", "signed_by_id": "$head", "signed_at": "now()"}
    return becomes(4, "closed", "signed", **{**fields, **over})


def member_is(changes: str) -> str:
    return f"UPDATE reviews_committeemember SET {changes} WHERE id = {MEMBER}"


PLANNED = (*session(), seat(), item())
OPEN = (*PLANNED, *becomes(2, "planned", "open"))
CLOSED = (*OPEN, answered(), *closing())
COUNTS = {"votes_for": "2", "votes_against": "0", "abstentions": "0"}
COMMITTEES = [
    Case(
        "opened below its quorum",
        becomes(2, "planned", "open")[1],
        REFUSED,
        "with its quorum",
        (*session(quorum="2"), seat(), item(), becomes(2, "planned", "open")[0]),
        f"{TABLE}.stays",
    ),
    Case("a quorum of nobody", session(quorum="0")[1], CHECK, "quorum_sane", session()[:1]),
    Case("a seat twice", seat(), UNIQUE, "member_once", (*session(), seat())),
    Case("a file twice", item(), UNIQUE, "item_once", PLANNED),
    Case(
        "a file of another call",
        item(application_id="$draft"),
        REFUSED,
        "sent to its call",
        (*session(), seat()),
        "reviews_agendaitem.answered",
    ),
    Case(
        "answered before it opens",
        answered(),
        REFUSED,
        "while the session is open",
        PLANNED,
        "reviews_agendaitem.answered",
    ),
    Case(
        "more than was asked", answered("100001", "'granted'"), REFUSED, "at most", OPEN, "reviews_agendaitem.answered"
    ),
    Case("a grant of nothing", answered("0", "'granted'"), CHECK, "answer_holds", OPEN),
    Case("a refusal without a word", answered(reasons="''"), CHECK, "answer_holds", OPEN),
    Case(
        "answered by a person with an interest",
        answered(by="$interested"),
        REFUSED,
        "with an interest",
        OPEN,
        "reviews_agendaitem.answered",
    ),
    Case("more voices than members", answered(**COUNTS), REFUSED, "no more voices", OPEN, "reviews_agendaitem.voices"),
    Case("half a count", answered(votes_for="1"), CHECK, "votes_whole", OPEN),
    Case(
        "a vote of who stepped aside", vote(), REFUSED, "did not step aside", (*OPEN, recusal()), "reviews_vote.seated"
    ),
    Case(
        "a vote of who is not there",
        vote(),
        REFUSED,
        "only a member present",
        (*OPEN, member_is("attendance = 'excused'")),
        "reviews_vote.seated",
    ),
    Case("stepping aside after a vote", recusal(), REFUSED, "does not vote", (*OPEN, vote()), "reviews_recusal.seated"),
    Case(
        "closed with a file without an answer",
        closing()[1],
        REFUSED,
        "every file has its answer",
        (*OPEN, closing()[0]),
        f"{TABLE}.stays",
    ),
    Case(
        "closed under another print",
        closing(snapshot_sha256="repeat('a', 64)")[1],
        REFUSED,
        "that of what was seen",
        (*OPEN, answered(), closing()[0]),
        f"{TABLE}.stays",
    ),
    Case("closed by nobody", closing(closed_by_id="NULL")[1], CHECK, "is_frozen", (*OPEN, answered(), closing()[0])),
    Case("closed without its entry", closing()[1], REFUSED, "journal entry", (*OPEN, answered())),
    Case(
        "a closed session seen otherwise",
        f"UPDATE {TABLE} SET snapshot = '{{}}' WHERE id = {SITTING}",
        REFUSED,
        "stays as it was",
        CLOSED,
        f"{TABLE}.stays",
    ),
    Case(
        "an answer after the close",
        answered(reasons="'y'"),
        REFUSED,
        "stays as it was",
        CLOSED,
        "reviews_agendaitem.answered",
    ),
    Case(
        "a presence after the close",
        member_is("attendance = 'excused'"),
        REFUSED,
        "stays as it was",
        CLOSED,
        "reviews_committeemember.sits",
    ),
    Case("stepping aside after the close", recusal(), REFUSED, "stays as it was", CLOSED, "reviews_recusal.seated"),
    Case("a vote after the close", vote(), REFUSED, "while the session is open", CLOSED, "reviews_vote.seated"),
    Case(
        "a decision that is another's",
        f"UPDATE reviews_agendaitem SET decision_id = $signed WHERE id = {ITEM}",
        REFUSED,
        "stays as it was",
        CLOSED,
        "reviews_agendaitem.answered",
    ),
    Case(
        "an answered file off the agenda",
        f"DELETE FROM reviews_agendaitem WHERE id = {ITEM}",
        REFUSED,
        "stays on the agenda",
        (*OPEN, answered()),
        "reviews_agendaitem.answered",
    ),
    Case(
        "answered by two committees",
        answered(),
        REFUSED,
        "by one committee",
        (*CLOSED, *OPEN),
        "reviews_agendaitem.answered",
    ),
    Case("signed by who closed", signing(signed_by_id="$manager")[1], CHECK, "by_another", (*CLOSED, signing()[0])),
    Case("signed without a number", signing(deliberation_number="''")[1], CHECK, "by_another", (*CLOSED, signing()[0])),
    Case(
        "executory before its date",
        signing(executory_on="'2026-01-01'")[1],
        CHECK,
        "by_another",
        (*CLOSED, signing()[0]),
    ),
    Case(
        "the act of a signed session",
        f"UPDATE {TABLE} SET act_reference = 'B' WHERE id = {SITTING}",
        REFUSED,
        "stays as it was",
        (*CLOSED, *signing()),
        f"{TABLE}.stays",
    ),
    Case(
        "more than the envelope holds",
        closing()[1],
        REFUSED,
        "fits in its envelope",
        (
            *OPEN,
            answered("100000", "'granted'"),
            movement("reserve", "available", "reserved", ALL_OF_IT),
            closing()[0],
        ),
        f"{TABLE}.fits",
    ),
    Case("delete a session", f"DELETE FROM {TABLE} WHERE id = {SITTING}", DENIED, "denied", PLANNED),
]
LAWFUL = {
    "a committee sits, closes and signs": (
        *OPEN,
        vote(),
        answered("1000", "'granted'", votes_for="1", votes_against="0", abstentions="0"),
        *closing(),
        *signing(),
    ),
    "a committee sits without its quorum, in writing": (
        *session(quorum="2"),
        seat(),
        item(),
        *becomes(2, "planned", "open", quorum_waiver="'x'"),
    ),
    "a session is cancelled": (*session(), *becomes(2, "planned", "cancelled")),
}
