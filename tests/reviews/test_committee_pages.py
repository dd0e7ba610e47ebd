"""The pages of the committee: who opens them, what they never show, what is typed and kept."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications.services.grounds import add_ground, list_ground
from reviews import committee_papers, services
from reviews.bulk.committee import RecordSession
from reviews.models import CommitteeSession
from tests.factories.accounts import a_drafter, a_finance_preparer, an_administrator, an_auditor, an_evaluator
from tests.factories.committee import Committee, a_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Committee:
    return Committee()


def page(name: str, room: Committee, *args: Any) -> str:
    return reverse(f"committee_{name}", args=[room.pk, *args])


def pen(room: Committee, place: int = 0) -> str:
    return page("pen", room, room.item(place).pk)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_prepared_in_the_browser(client: Client) -> None:
    room = Committee()
    client.force_login(room.desk.manager)
    address = reverse("committee_create", args=[room.desk.call.slug])
    assert "Qui siège" in read(client, address)
    member = room.users[0]
    day = timezone.localdate().isoformat()
    typed = {
        "title": "Comité d’automne",
        "day": day,
        "hour": "14:30",
        "place": "",
        "quorum": "1",
        "vote_mode": "counts",
    }
    typed |= {f"m-{member.pk}": "on", f"q-{member.pk}": "Vice-présidente"}
    answer = client.post(address, typed)
    assert answer.status_code == 422 and "Comité d’automne" in answer.content.decode()
    assert "Vice-présidente" in answer.content.decode()
    assert client.post(address, {**typed, "place": "Salle 2", "quorum": "7"}).status_code == 422
    assert client.post(address, {**typed, "place": "Salle 2"}).status_code == 302
    made = CommitteeSession.objects.get(title="Comité d’automne")
    assert made.members.get().capacity == "Vice-présidente"
    client.post(reverse("committee_edit", args=[made.pk]), {**typed, "place": "Salle 3", "version": made.version})
    made.refresh_from_db()
    assert made.place == "Salle 3"
    assert "L’ordre du jour est vide" in read(client, reverse("committee_detail", args=[made.pk]))
    items = list(room.session.items.all())
    client.post(page("agenda", room), {"descendre": items[0].pk})
    assert [one.pk for one in room.session.items.all()] == [items[1].pk, items[0].pk]
    client.post(page("agenda", room), {"retirer": items[0].pk})
    client.post(
        reverse("committee_agenda", args=[made.pk]), {"ajouter": "1", "ids": [items[0].application_id, "x", "9"]}
    )
    assert made.items.get().application_id == items[0].application_id


def test_who_opens_what(room: Committee, client: Client) -> None:
    member, stranger = room.users[0], an_evaluator()
    services.invite(room.pk, by=room.desk.manager)
    addresses = [page("detail", room), page("screen", room), page("envelope", room)]
    for who, status in (
        (room.desk.manager, 200),
        (room.desk.instructor, 200),
        (room.desk.head, 200),
        (an_auditor(), 200),
        (member, 200),
        (stranger, 404),
        (a_drafter(), 404),
        (a_finance_preparer(), 404),
        (an_administrator(), 404),
    ):
        client.force_login(who)
        assert [client.get(one).status_code for one in addresses] == [status] * 3, who
    room.open()
    client.force_login(member)
    for address in (pen(room), page("close", room), page("record", room), page("edit", room), page("open", room)):
        assert client.get(address).status_code == 404 and client.post(address).status_code == 404
    assert client.post(page("attendance", room)).status_code == 404
    assert "committee_pen" not in read(client, page("detail", room)) and "/plume/" not in read(
        client, page("screen", room)
    )


def test_an_interest_hides_the_file_everywhere(room: Committee, client: Client) -> None:
    hidden, member = room.files[0], room.users[0]
    services.invite(room.pk, by=room.desk.manager)
    services.declare_conflict(hidden.pk, reason="Ma sœur y travaille.", by=member)
    services.declare_conflict(hidden.pk, reason="Mon mari.", by=room.desk.instructor)
    room.open()
    room.answer(0, cents=333_300, reasons="Motif caché.", counts=(2, 0, 0), notes="Note cachée.")
    for who in (member, room.desk.instructor):
        client.force_login(who)
        addresses = [page(name, room) for name in ("detail", "screen", "envelope")]
        addresses += [f"{page(name, room)}?dossier={room.item().pk}" for name in ("screen", "envelope")]
        if who is room.desk.instructor:
            addresses.append(pen(room, 1))
            assert client.get(pen(room)).status_code == 404
        for address in addresses:
            shown = read(client, address)
            for word in (str(hidden.number), hidden.organisation.name, "3\u202f333,00", "Motif caché", "Note cachée"):
                assert word not in shown, (address, word)
    room.close()
    committee_papers.make(room.pk)
    minutes = reverse("file_download", args=[room.session.minutes.key])
    for who, status in ((member, 404), (room.desk.instructor, 404), (room.desk.manager, 200), (room.users[1], 200)):
        client.force_login(who)
        assert client.get(minutes).status_code == status
        assert (str(hidden.number) in read(client, page("detail", room))) == (status == 200)
    client.force_login(room.desk.instructor)
    assert client.get(page("export", room, "csv")).status_code == 404
    client.force_login(room.desk.manager)
    assert "Motif caché" in read(client, page("export", room, "csv"))
    assert client.get(page("export", room, "ods")).status_code == 404


def test_the_screen_shows_nothing_private(room: Committee, client: Client) -> None:
    room.open()
    room.answer(0, notes="Entre nous.")
    client.force_login(room.desk.manager)
    shown = read(client, f"{page('screen', room)}?dossier={room.item().pk}")
    assert "Entre nous" not in shown and "Besoin partagé." in shown and "Note sur 100" in shown
    assert 'data-key="ArrowRight"' in shown or 'data-key="ArrowLeft"' in shown
    assert "Entre nous" in read(client, pen(room))
    assert client.get(f"{page('screen', room)}?dossier=99999999999999999999999").status_code == 200


def test_opened_with_its_quorum(room: Committee, client: Client) -> None:
    client.force_login(room.desk.manager)
    seats = room.seats()
    typed = {"version": room.session.version, f"presence-{seats[0]}": "present", "waiver": ""}
    answer = client.post(page("open", room), typed)
    assert answer.status_code == 422 and "Le quorum n’est pas atteint" in answer.content.decode()
    typed["version"] = room.session.version
    answer = client.post(page("open", room), {**typed, f"presence-{seats[1]}": "present"})
    assert answer.status_code == 302 and room.session.state == "open"


def test_two_pens_and_nothing_lost(room: Committee, client: Client) -> None:
    room.open()
    client.force_login(room.desk.instructor)
    seen = {"version": room.item().version, "outcome": "granted", "cents": "4 000", "reasons": ""}
    seen |= {"votes_for": "2", "votes_against": "", "abstentions": "", f"sort-{room.seats()[2]}": "on"}
    room.answer(0, outcome="refused", cents=0, reasons="Hors champ.")
    answer = client.post(pen(room), {**seen, "reasons": "Mon motif."})
    told = answer.content.decode()
    assert answer.status_code == 422 and "Une autre personne vient d’écrire" in told
    assert "Hors champ." in told and "Mon motif." in told
    answer = client.post(pen(room), seen, headers={"X-Autosave": "1"})
    assert answer.status_code == 409 and answer.json()["stale"]
    answer = client.post(pen(room), {**seen, "version": room.item().version, "cents": "9 999 999"})
    assert answer.status_code == 422 and "9 999 999" in answer.content.decode()
    answer = client.post(pen(room), {**seen, "version": room.item().version}, headers={"X-Autosave": "1"})
    assert answer.json() == {"version": room.item().version}
    kept = room.item()
    assert (kept.outcome, kept.amount_cents, kept.votes_for, kept.votes_against, kept.voters) == (
        "granted",
        400_000,
        2,
        0,
        2,
    )


def test_from_the_close_to_the_decisions(room: Committee, client: Client) -> None:
    room.open()
    client.force_login(room.desk.manager)
    assert "le comité n’a pas encore répondu" in read(client, page("close", room))
    room.answer(0)
    room.answer(1)
    assert client.post(page("close", room), {"version": room.session.version}).status_code == 302
    assert room.session.state == "closed"
    client.force_login(room.desk.head)
    today = timezone.localdate()
    act = {"number": "D-12", "on": today, "executory_on": today, "act_reference": "", "version": room.session.version}
    assert client.post(page("sign", room), act).status_code == 422
    assert client.post(page("sign", room), {**act, "act_reference": "013-2026"}).status_code == 302
    client.force_login(room.desk.manager)
    shown = read(client, page("record", room))
    assert "2 prêts, 0 refusé" in shown and "8\u202f000,00\u202f€ à engager" in shown
    key = client.get(page("record", room)).context["key"]
    first, second = (client.post(page("record", room), {"key": key}) for _ in range(2))
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"]
    assert "D-12" in read(client, page("detail", room))


def test_no_more_queries_with_more_files(client: Client) -> None:
    counts = []
    for files in (1, 30):
        room = Committee(files=files, vote_mode="named")
        services.invite(room.pk, by=room.desk.manager)
        room.open()
        asked = []
        for who in (room.desk.manager, room.users[0]):
            client.force_login(who)
            for address in [page("detail", room), page("screen", room), reverse("committee_list")] + (
                [pen(room), page("close", room)] if who is room.desk.manager else []
            ):
                with CaptureQueriesContext(connection) as queries:
                    read(client, address)
                asked.append(len(queries))
        counts.append(asked)
    assert counts[0] == counts[1] and max(counts[0]) <= 25, counts


def test_no_more_queries_with_more_sessions(room: Committee, client: Client) -> None:
    client.force_login(room.desk.manager)
    asked = []
    for sessions in (1, 30):
        for _ in range(CommitteeSession.objects.count(), sessions):
            services.plan_session(
                room.desk.call.pk, plan=a_plan(quorum=1), members={room.users[0].pk: ""}, by=room.desk.manager
            )
        with CaptureQueriesContext(connection) as queries:
            shown = read(client, reverse("committee_list"))
        assert shown.count("Salle du Pharo") == sessions
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_pen_chooses_reasons_of_the_list(room: Committee, client: Client) -> None:
    said = {"use": "refusal", "words": "Le besoin local n’est pas établi.", "rule": "critère « besoin »"}
    ground = add_ground(code="R7", label="Besoin peu établi", by=room.desk.manager, **said)
    room.open()
    client.force_login(room.desk.instructor)
    seen = {"outcome": "refused", "cents": "", "votes_for": "2", "votes_against": "", "abstentions": ""}
    seen |= {"reasons": "Hors délai aussi.", "grounds_refusal": str(ground.pk)}
    assert client.post(pen(room), {**seen, "version": room.item().version}).status_code == 302
    assert room.item().reasons == f"{ground.sentence}\n\nHors délai aussi."
    form = client.get(pen(room)).context["form"]
    assert (form["grounds_refusal"].value(), form["reasons"].value()) == ([str(ground.pk)], "Hors délai aussi.")
    granted = {**seen, "outcome": "granted", "cents": "4 000", "reasons": "", "version": room.item().version}
    assert client.post(pen(room), granted).status_code == 302  # a box ticked for another answer is left out
    assert room.item().reasons == ""
    alone = {**seen, "reasons": "", "version": room.item().version}
    list_ground(ground.pk, listed=False, by=room.desk.manager)
    answer = client.post(pen(room), alone)
    assert answer.status_code == 422 and room.item().outcome == "granted"
    list_ground(ground.pk, listed=True, by=room.desk.manager)
    assert client.post(pen(room), alone).status_code == 302
    room.close()
    room.sign()
    RecordSession().act(room.files[0].pk, by=room.desk.manager, asked={"session": room.pk}, seen={})
    decision = room.item().decision
    assert decision is not None and decision.reasons == ground.sentence
    assert list(decision.grounds.values_list("ground", flat=True)) == [ground.pk]
