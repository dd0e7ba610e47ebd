"""Corrections and changes: an answer to what nobody asked, a change rewritten, an award raised or lowered by one person."""

from tests.refusals.case import CHECK, DENIED, REFUSED, Case


def a_correction(name: str, request: str = "$request") -> str:
    return (
        "INSERT INTO applications_correction (request_id, name, before, after, saved_by_id, saved_at)"
        f" VALUES ({request}, '{name}', 'null', '\"x\"', $drafter, now())"
    )


def a_change(after: str = '{"title": "x"}', *, reduction: str = "0", file: str = "$awarded_file") -> str:
    return (
        "INSERT INTO applications_changerequest (application_id, decision_id, state, version, before, after, award_cents,"
        " reduction_cents, reason, asked_by_id, answer, act_number)"
        f" VALUES ({file}, $notified, 'requested', 1, '{{}}', '{after}', 0, {reduction}, 'x', $drafter, '', '')"
    )


CORRECTIONS = [
    Case(
        "an answer to what was not asked",
        a_correction("stakes"),
        REFUSED,
        "only what was asked",
        guard="applications_correction.asked",
    ),
    Case(
        "an answer to a question nobody asked again",
        a_correction("q-lieux"),
        REFUSED,
        "only what was asked",
        guard="applications_correction.asked",
    ),
    Case(
        "an answer to a question of another version",
        a_correction("q-ailleurs"),
        REFUSED,
        "one of its own file",
        guard="applications_correction.asked",
    ),
    Case("a correction under no known name", a_correction("x-nombre"), REFUSED, "only what was asked"),
    Case("a correction of the number", a_correction("number"), REFUSED, "only what was asked"),
    Case(
        "a correction of what was answered",
        a_correction("success", "$answered"),
        REFUSED,
        "what was answered stays",
        guard="applications_correction.asked",
    ),
    Case(
        "the remark of a request rewritten",
        "UPDATE applications_piecerequest SET reason = 'autre' WHERE id = $request",
        REFUSED,
        "what was asked of a commune",
        guard="applications_piecerequest.stays",
    ),
    Case(
        "a deadline brought nearer",
        "UPDATE applications_piecerequest SET due_on = due_on - 1 WHERE id = $request",
        REFUSED,
        "what was asked of a commune",
    ),
    Case(
        "a snapshot of no content",
        "INSERT INTO applications_contentversion (application_id, number, snapshot, snapshot_sha256, made_by_id, made_at, request_id)"
        " VALUES ($awaiting, 9, '{}', repeat('a', 64), $drafter, now(), $request)",
        REFUSED,
        "as it stands",
        guard="applications_contentversion.as_it_stands",
    ),
]
CHANGES = [
    Case("a change of another file", a_change(file="$awaiting"), REFUSED, "of an awarded action"),
    Case("a change of nothing", a_change("{}"), REFUSED, "says what it changes"),
    Case("a change of the commune", a_change('{"organisation_id": 1}'), REFUSED, "says what it changes"),
    Case("more than was awarded", a_change("{}", reduction="-1"), CHECK, "lowers_only"),
    Case("nothing left of the award", a_change("{}", reduction="100000"), CHECK, "lowers_only"),
    Case(
        "another amount than was asked",
        "UPDATE applications_changerequest SET reduction_cents = 1 WHERE id = $change",
        REFUSED,
        "stays as it was asked",
        guard="applications_changerequest.stays",
    ),
    Case("a change that disappears", "DELETE FROM applications_changerequest WHERE id = $change", DENIED),
    Case(
        "a reduction without its act",
        "UPDATE applications_changerequest SET state = 'accepted', version = 2, decided_by_id = $head, decided_at = now()"
        " WHERE id = $change",
        CHECK,
        "reduction_is_signed",
    ),
    Case(
        "a refusal without its reasons",
        "UPDATE applications_changerequest SET state = 'refused', version = 2, decided_by_id = $head, decided_at = now()"
        " WHERE id = $change",
        CHECK,
        "refusal_has_reasons",
    ),
    Case(
        "an answer by who asked",
        "UPDATE applications_changerequest SET state = 'refused', version = 2, answer = 'x', decided_by_id = $drafter,"
        " decided_at = now() WHERE id = $change",
        REFUSED,
        "a person with an interest",
    ),
]
