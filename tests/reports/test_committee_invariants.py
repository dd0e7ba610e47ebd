"""A wrong planted behind the back of the guards is found by the invariant that watches for it, and by that query alone."""

from typing import Any

import pytest

from reports import invariants
from reviews import services
from reviews.services import Given, jobs
from tests.factories.committee import Committee, a_plan
from tests.support.database import raw
from tests.support.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)
POINT = "(SELECT min(id) FROM reviews_agendaitem)"
VOTER = "(SELECT min(member_id) FROM reviews_vote)"
PLANTED = [
    ("I-40", 'UPDATE reviews_committeesession SET snapshot = snapshot || \'{"place": "Ailleurs"}\''),
    ("I-40", f"UPDATE reviews_agendaitem SET reasons = 'Autre chose.' WHERE id = {POINT}"),
    ("I-40b", f"UPDATE reviews_agendaitem SET amount_cents = amount_cents - 1 WHERE id = {POINT}"),
    (
        "I-40b",
        "UPDATE applications_decision SET kind = 'waitlist', amount_cents = 0, movement_id = NULL, reasons = 'x'",
    ),
    (
        "I-40c",
        f"INSERT INTO reviews_recusal (item_id, member_id, reason) VALUES ({POINT}, {VOTER}, '')",
    ),
    ("I-40c", f"UPDATE reviews_vote SET choice = 'against' WHERE item_id = {POINT} AND member_id = {VOTER}"),
    ("I-40c", f"UPDATE reviews_agendaitem SET voters = 1 WHERE id = {POINT}"),
    (
        "I-40d",
        'UPDATE journal_entry SET data = \'{"present": 1, "quorum": 2}\''
        " WHERE subject_type = 'reviews.committeesession' AND to_state = 'open'",
    ),
    (
        "I-40e",
        "INSERT INTO reviews_agendaitem (session_id, application_id, position, proposed_cents, outcome, amount_cents, reasons,"
        " notes, passages, version, decided_by_id) SELECT session_id + 1, application_id, position, 0, 'refused', 0, 'x', '',"
        f" '[]', 1, decided_by_id FROM reviews_agendaitem WHERE id = {POINT}",
    ),
    ("I-41", "UPDATE reviews_scenario SET call_id = call_id + 1000"),
]


def test_each_planted_wrong_is_found(servers: Servers) -> None:
    if not servers.superuser_url:
        pytest.fail("Set DATABASE_SUPERUSER_URL: these wrongs are planted by a superuser of the given server.")
    room = a_recorded_session()
    services.plan_session(
        room.desk.call.pk, plan=a_plan(quorum=1), members={room.users[0].pk: "x"}, by=room.desk.manager
    )
    queries = {one.code: one.query for one in invariants.COMMITTEE}
    with raw(servers.superuser_url) as owner:
        for code, query in queries.items():
            assert owner.execute(query).fetchall() == [], code  # type: ignore[call-overload]
        for code, wrong in PLANTED:
            with owner.transaction(force_rollback=True):
                owner.execute("SET LOCAL session_replication_role = 'replica'")
                assert owner.execute(wrong).rowcount, wrong  # type: ignore[call-overload]
                assert owner.execute(queries[code]).fetchall(), f"{code} did not see: {wrong}"  # type: ignore[call-overload]
    assert {code for code, _ in PLANTED} == set(queries)


def a_recorded_session() -> Committee:
    room = Committee(vote_mode="named")
    given = {room.files[0].pk: Given(cents=400_000)}
    services.create_scenario(room.desk.call.pk, name="A", lines=given, by=room.desk.manager)
    room.open()
    named = dict.fromkeys(room.seats(), "for")
    for place in range(2):
        room.answer(place, named=named, counts=None)
    services.close_session(room.pk, by=room.desk.manager)
    room.sign()
    files: dict[int, Any] = {one.pk: {} for one in room.files}
    jobs.run(services.start_job(kind="comite", files=files, data={"session": room.pk}, by=room.desk.manager).pk)
    return room
