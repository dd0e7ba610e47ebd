"""Labels: the list of the fund, on one file, on many, in the queue; never shown to a commune or across an interest."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications import services
from applications.models import Application, FileLabel, Label
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from journal.services import history
from reviews.models import Conflict, Job
from reviews.services import jobs, start_job
from tests.factories.desk import Desk

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    assert desk.call, "labels belong to a fund"
    return desk


def named(application: Application) -> list[str]:
    return list(application.file_labels.order_by("label__folded").values_list("label__name", flat=True))


class TestList:
    @pytest.mark.parametrize(
        ("name", "words"), [("", "un nom"), ("--", "un nom"), ("x" * 41, "40"), ("à VISITER", "existe déjà")]
    )
    def test_bad_names(self, desk: Desk, name: str, words: str) -> None:
        services.make_label("A visiter", by=desk.manager)
        with pytest.raises(DomainError, match=words):
            services.make_label(name, by=desk.manager)

    def test_the_manager_alone(self, desk: Desk) -> None:
        with pytest.raises(NotAllowed):
            services.make_label("A", by=desk.instructor)

    def test_a_retired_one_comes_back_under_its_name(self, desk: Desk) -> None:
        label = services.make_label("Priorité", by=desk.manager)
        services.list_label(label.pk, listed=False, by=desk.manager)
        assert services.make_label("priorite", by=desk.manager).pk == label.pk
        assert Label.objects.get().retired_at is None


class TestOnAFile:
    def test_put_and_taken_off_and_told(self, desk: Desk) -> None:
        application = desk.application()
        one, two = (services.make_label(name, by=desk.manager) for name in ("Un", "Deux"))
        services.change_labels(application.pk, put=[one.pk, two.pk], by=desk.instructor)
        services.change_labels(application.pk, put=[one.pk], take=[two.pk], by=desk.instructor)
        assert named(application) == ["Un"]
        told = [entry.data for entry in history(application) if entry.verb == "label"]
        assert told == [{"put": ["Deux", "Un"], "taken": []}, {"put": [], "taken": ["Deux"]}]

    def test_asked_again_nothing_changes(self, desk: Desk) -> None:
        application, label = desk.application(), services.make_label("Un", by=desk.manager)
        for _ in range(2):
            services.change_labels(application.pk, put=[label.pk], by=desk.instructor)
        assert sum(entry.verb == "label" for entry in history(application)) == 1

    def test_not_a_retired_one_nor_one_too_many(self, desk: Desk) -> None:
        application = desk.application()
        many = [services.make_label(f"Étiquette {n}", by=desk.manager).pk for n in range(11)]
        with pytest.raises(DomainError, match="10"):
            services.change_labels(application.pk, put=many, by=desk.instructor)
        services.list_label(many[0], listed=False, by=desk.manager)
        with pytest.raises(DomainError, match="retirée"):
            services.change_labels(application.pk, put=many[:1], by=desk.instructor)
        assert not FileLabel.objects.exists()

    def test_not_across_an_interest_nor_by_who_only_signs(self, desk: Desk) -> None:
        application, label = desk.application(), services.make_label("Un", by=desk.manager)
        with pytest.raises(NotAllowed):
            services.change_labels(application.pk, put=[label.pk], by=desk.head)
        Conflict.objects.create(user=desk.instructor, application=application, reason="Parenté.")
        with pytest.raises(NotAllowed):
            services.change_labels(application.pk, put=[label.pk], by=desk.instructor)


class TestPages:
    def test_from_the_list_to_the_queue(self, desk: Desk, client: Client) -> None:
        application, other = desk.application(S.IN_INSTRUCTION), desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.manager)
        assert "Aucune étiquette" in client.get(reverse("label_list")).text
        assert client.post(reverse("label_list"), {"name": " "}).status_code == 422
        client.post(reverse("label_list"), {"name": "À visiter"})
        label = Label.objects.get()
        page = reverse("desk_labels", args=[application.public_id])
        client.post(page, {"labels": [label.pk]})
        file = client.get(reverse("desk_file", args=[application.public_id])).text
        assert "À visiter" in file and "Changer les étiquettes" in file
        queue = client.get(reverse("desk_queue"), {"etat": "tous", "etiquette": label.pk})
        assert [row["number"] for row in queue.context["page"].rows] == [application.number]
        assert '<span class="sub">À visiter</span>' in queue.text and queue.context["chips"][0]["label"] == "À visiter"
        client.post(reverse("label_listed", args=[label.pk]), {"liste": "non"})
        assert "Retirée" in client.get(reverse("label_list")).text
        assert "(retirée)" in client.get(page).text
        client.post(page, {"labels": []})
        assert not FileLabel.objects.exists() and other

    def test_a_count_leaves_out_what_one_may_not_see(self, desk: Desk, client: Client) -> None:
        application, label = desk.application(), services.make_label("Un", by=desk.manager)
        services.change_labels(application.pk, put=[label.pk], by=desk.instructor)
        Conflict.objects.create(user=desk.manager, application=application, reason="Parenté.")
        client.force_login(desk.manager)
        assert [one.files for one in client.get(reverse("label_list")).context["rows"]] == [0]

    def test_the_commune_sees_none(self, desk: Desk, client: Client) -> None:
        application, label = desk.application(), services.make_label("SECRETE", by=desk.manager)
        services.change_labels(application.pk, put=[label.pk], by=desk.instructor)
        client.force_login(application.created_by)
        page = client.get(reverse("application_home", args=[application.public_id])).text
        assert "SECRETE" not in page and "étiquette" not in page.lower()

    def test_as_many_queries_for_many(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        counts: dict[str, list[int]] = {"label_list": [], "desk_queue": []}
        for number in (1, 8):
            for n in range(Label.objects.count(), number):
                label = services.make_label(f"Étiquette {n}", by=desk.manager)
                services.change_labels(desk.application().pk, put=[label.pk], by=desk.instructor)
            for name, seen in counts.items():
                with CaptureQueriesContext(connection) as asked:
                    client.get(reverse(name), {"etat": "tous"})
                seen.append(len(asked))
        assert all(one == many for one, many in counts.values()), counts


def test_on_many_each_row_tells(desk: Desk) -> None:
    files = [desk.application(), desk.application()]
    label = services.make_label("Un", by=desk.manager)
    services.change_labels(files[0].pk, put=[label.pk], by=desk.instructor)
    data: dict[str, Any] = {"put": [label.pk], "take": []}
    job = start_job(kind="etiqueter", files=[one.pk for one in files], data=data, by=desk.instructor)
    jobs.run(job.pk)
    told = list(Job.objects.get().rows.order_by("application").values_list("state", "reason"))
    assert told == [("refused", "Ce dossier est déjà étiqueté ainsi."), ("done", "Mise Un.")]
