"""Several files at once, from the queue to the results: looked at first, asked once, told row by row."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.states import ApplicationState
from journal.models import Entry
from reviews.models import Job
from reviews.services import declare_conflict, jobs
from tests.factories.accounts import an_auditor, an_instructor
from tests.factories.desk import Desk, fresh

pytestmark = pytest.mark.django_db
S = ApplicationState
GIVE = "confier"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(desk: Desk, files: list[Any], **more: Any) -> dict[str, Any]:
    chosen = ",".join(str(one.pk) for one in files)
    seen = json.dumps({str(one.pk): {} for one in files})
    return {"choix": chosen, "seen": seen, "key": str(uuid4()), "suite": "lancer", **more}


def test_the_queue_lets_choose_and_offers_what_one_may_ask(desk: Desk) -> None:
    file = desk.application(S.IN_INSTRUCTION)
    page = signed_in(desk.manager).get(reverse("desk_queue") + "?etat=tous").content.decode()
    assert f'value="{file.pk}" aria-label="Choisir {file.number}"' in page and 'name="tous"' in page
    page = signed_in(an_auditor()).get(reverse("desk_queue") + "?etat=tous").content.decode()
    assert 'name="ids"' not in page and "Tous les dossiers de cette vue" not in page


def test_looked_at_before_and_nothing_is_written(desk: Desk) -> None:
    ready, late = desk.application(S.IN_INSTRUCTION), desk.application(S.GRANTED)
    client, before = signed_in(desk.manager), Entry.objects.count()
    page = client.get(reverse("bulk", args=[GIVE]), {"ids": [ready.pk, late.pk]}).content.decode()
    assert "1 prêt, 1 refusé." in page and str(late.number) in page
    whole = client.get(reverse("bulk", args=[GIVE]), {"tous": "1", "de": "etat=tous"}).content.decode()
    assert "1 prêt, 1 refusé." in whole
    assert "Aucun dossier choisi" in client.get(reverse("bulk", args=[GIVE])).content.decode()
    assert Entry.objects.count() == before and not Job.objects.exists()


def test_asked_once_then_told_row_by_row(desk: Desk) -> None:
    ready, late, other = desk.application(S.IN_INSTRUCTION), desk.application(S.GRANTED), an_instructor()
    client, said = signed_in(desk.manager), asked(desk, [ready, late], instructor=other.pk)
    answers = [client.post(reverse("bulk", args=[GIVE]), said) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    job = Job.objects.get()
    assert answers[0]["Location"] == answers[1]["Location"] == reverse("job_detail", args=[job.key])
    jobs.run(job.pk)
    assert fresh(ready).instructor_id == other.pk
    page = client.get(reverse("job_detail", args=[job.key])).content.decode().replace("\u00a0", " ")
    assert "Terminé" in page and "1 dossier fait, 1 dossier refusé" in page
    refused = client.get(reverse("job_detail", args=[job.key]), {"resultat": "refused"}).content.decode()
    assert str(late.number) in refused and str(ready.number) not in refused
    sheet = client.get(reverse("job_export", args=[job.key])).content.decode("utf-8-sig")
    assert str(ready.number) in sheet and str(late.number) in sheet and len(sheet.splitlines()) == 3
    again = client.get(reverse("bulk", args=[GIVE]), {"travail": str(job.key)}).content.decode()
    assert "0 prêt, 1 refusé." in again
    assert reverse("job_detail", args=[job.key]) in client.get(reverse("job_list")).content.decode()


@pytest.mark.parametrize(
    "more",
    [{"seen": "[1]"}, {"seen": "{"}, {"choix": "x,-1,999999999999999999999"}, {"instructor": "9" * 30}, {"key": "non"}],
    ids=["a list", "cut", "numbers of nothing", "nobody", "no key"],
)
def test_hostile_values_start_nothing_wrong(desk: Desk, more: dict[str, Any]) -> None:
    file, other = desk.application(S.IN_INSTRUCTION), an_instructor()
    said = asked(desk, [file], instructor=other.pk) | more
    answer = signed_in(desk.manager).post(reverse("bulk", args=[GIVE]), said)
    assert answer.status_code in (200, 302, 422)
    assert Job.objects.count() == (answer.status_code == 302)
    assert signed_in(desk.manager).get(reverse("bulk", args=["inconnu"])).status_code == 404


def test_a_person_with_an_interest_meets_the_file_nowhere(desk: Desk) -> None:
    file, mine, other = desk.application(S.IN_INSTRUCTION), desk.application(S.IN_INSTRUCTION), an_instructor()
    declare_conflict(file.pk, reason="Ma sœur y travaille.", by=other)
    client = signed_in(other)
    page = client.get(reverse("bulk", args=[GIVE]), {"ids": [file.pk, mine.pk]}).content.decode()
    assert str(file.number) not in page and str(mine.number) in page
    whole = client.get(reverse("bulk", args=[GIVE]), {"tous": "1", "de": "etat=tous"}).content.decode()
    assert str(file.number) not in whole
    client.post(reverse("bulk", args=[GIVE]), asked(desk, [file, mine], instructor=other.pk))
    assert not Job.objects.exists()


def test_as_many_queries_for_one_as_for_thirty(desk: Desk) -> None:
    client, other = signed_in(desk.manager), an_instructor()
    counts = []
    for number in (1, 30):
        files = [desk.application(S.IN_INSTRUCTION) for _ in range(number)]
        job = jobs.start_job(kind=GIVE, files=[one.pk for one in files], data={"instructor": other.pk}, by=desk.manager)
        jobs.run(job.pk)
        pages = (
            reverse("bulk", args=[GIVE]) + "?" + "&".join(f"ids={one.pk}" for one in files),
            reverse("job_detail", args=[job.key]),
            reverse("job_list"),
        )
        with CaptureQueriesContext(connection) as caught:
            assert [client.get(page).status_code for page in pages] == [200, 200, 200]
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_a_view_whose_filter_cannot_be_read_chooses_nothing(desk: Desk) -> None:
    desk.application(S.IN_INSTRUCTION)
    client = signed_in(desk.manager)
    page = client.get(reverse("bulk", args=[GIVE]), {"tous": "1", "de": "etat=tous&theme=inconnu"}).content.decode()
    assert "Aucun dossier choisi" in page and "n’existe pas" in page
