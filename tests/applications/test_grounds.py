"""The list of reasons: kept by the manager, chosen in decisions, copied into their letter."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from applications import services
from applications.models import DecisionGround, Ground
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from tests.factories.desk import Desk
from tests.factories.grounds import a_reason

S = ApplicationState
pytestmark = pytest.mark.django_db
SENTENCE = "L’action ne vise pas la lutte contre les discriminations. (article 2 du règlement)"


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestList:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"code": "R 1"}, "sans accent"),
            ({"code": "é"}, "sans accent"),
            ({"code": "R1234567890123"}, "12 caractères"),
            ({"label": "  "}, "un nom"),
            ({"words": "\n"}, "une phrase"),
            ({"words": "x" * 1001}, "1000"),
            ({"use": "autre"}, "à quoi sert"),
        ],
    )
    def test_bad_input(self, changes: dict[str, Any], words: str) -> None:
        with pytest.raises(DomainError, match=words):
            a_reason(**changes)
        assert not Ground.objects.exists()

    def test_a_code_is_given_once_whatever_its_case(self) -> None:
        a_reason(code="R1")
        with pytest.raises(DomainError, match="déjà celui"):
            a_reason(code="r1")

    def test_the_manager_alone(self, desk: Desk) -> None:
        with pytest.raises(NotAllowed):
            a_reason(by=desk.instructor)
        ground = a_reason()
        with pytest.raises(NotAllowed):
            services.list_ground(ground.pk, listed=False, by=desk.head)

    def test_two_who_mend_it(self, desk: Desk) -> None:
        ground = a_reason()
        services.mend_ground(ground.pk, label="A", words="Un.", version=1, by=desk.manager)
        with pytest.raises(Stale):
            services.mend_ground(ground.pk, label="B", words="Deux.", version=1, by=desk.manager)
        assert Ground.objects.get().words == "Un."


class TestChosen:
    def test_a_refusal_says_the_sentence_then_the_free_words(self, desk: Desk) -> None:
        application, ground = desk.application(S.REVIEWED), a_reason()
        decision = services.reject(
            application.pk, grounds=[ground.pk], reasons="Le public n’est pas décrit.", by=desk.manager
        )
        assert decision.reasons == f"{SENTENCE}\n\nLe public n’est pas décrit."
        assert DecisionGround.objects.get().ground == ground

    def test_its_words_are_copied(self, desk: Desk) -> None:
        application, ground = desk.application(S.REVIEWED), a_reason()
        decision = services.reject(application.pk, grounds=[ground.pk], by=desk.manager)
        services.mend_ground(ground.pk, label="Autre", words="Autre phrase.", version=1, by=desk.manager)
        decision.refresh_from_db()
        assert decision.reasons == SENTENCE

    def test_neither_listed_nor_free(self, desk: Desk) -> None:
        with pytest.raises(DomainError, match="motivé"):
            services.reject(desk.application(S.REVIEWED).pk, reasons=" ", by=desk.manager)

    def test_a_lower_amount_may_be_explained_by_the_list_alone(self, desk: Desk) -> None:
        application, ground = desk.application(S.REVIEWED), a_reason("reduction")
        decision = services.grant(application.pk, amount_cents=300_000, grounds=[ground.pk], by=desk.manager)
        assert decision.reasons == SENTENCE

    def test_the_whole_amount_takes_no_reason_of_a_lower_one(self, desk: Desk) -> None:
        application, ground = desk.application(S.REVIEWED), a_reason("reduction")
        with pytest.raises(DomainError, match="inférieur"):
            services.grant(application.pk, amount_cents=400_000, grounds=[ground.pk], by=desk.manager)

    @pytest.mark.parametrize("use", ["waitlist", "reduction", "inadmissible"])
    def test_only_for_what_it_serves(self, desk: Desk, use: str) -> None:
        application, ground = desk.application(S.REVIEWED), a_reason(use)
        with pytest.raises(DomainError, match="n’est plus dans la liste"):
            services.reject(application.pk, grounds=[ground.pk], by=desk.manager)

    def test_not_once_off_the_list(self, desk: Desk) -> None:
        application, ground = desk.application(S.REVIEWED), a_reason()
        services.list_ground(ground.pk, listed=False, by=desk.manager)
        with pytest.raises(DomainError, match="n’est plus dans la liste"):
            services.reject(application.pk, grounds=[ground.pk], by=desk.manager)
        services.list_ground(ground.pk, listed=True, by=desk.manager)
        services.reject(application.pk, grounds=[ground.pk], by=desk.manager)


class TestPages:
    def test_kept_on_its_pages(self, desk: Desk, client: Client) -> None:
        assert desk.call, "a reason belongs to a fund"
        client.force_login(desk.manager)
        assert "La liste est vide" in client.get(reverse("ground_list")).text
        given = {"use": "refusal", "code": "R1", "label": "Hors objet", "words": "Phrase.", "rule": ""}
        assert client.post(reverse("ground_add"), given | {"code": "R 1"}).status_code == 422
        assert client.post(reverse("ground_add"), given).status_code == 302
        ground = Ground.objects.get()
        client.post(reverse("ground_edit", args=[ground.pk]), {"label": "Autre", "words": "Mieux.", "version": 1})
        assert "Mieux." in client.get(reverse("ground_list")).text
        client.post(reverse("ground_listed", args=[ground.pk]), {"liste": "non"})
        page = client.get(reverse("ground_list")).text
        assert "Retirés de la liste" in page and "Remettre dans la liste" in page

    def test_chosen_on_the_page_of_the_decision(self, desk: Desk, client: Client) -> None:
        application, ground, other = desk.application(S.REVIEWED), a_reason(), a_reason("reduction", "M1")
        client.force_login(desk.manager)
        page = reverse("desk_decide", args=[application.public_id])
        assert SENTENCE in client.get(page).text
        given = {
            "kind": "reject",
            "grounds_refusal": [ground.pk],
            "grounds_reduction": [other.pk],
            "reasons": "Et puis.",
        }
        read = client.post(page, given | {"version": application.version, "suite": "relire"})
        assert read.status_code == 200 and SENTENCE in read.text and "Et puis." in read.text
        client.post(page, given | {"version": application.version, "suite": "enregistrer"})
        assert [one.ground for one in DecisionGround.objects.all()] == [ground]

    def test_an_inadmissible_file_by_the_list_alone(self, desk: Desk, client: Client) -> None:
        application, ground = desk.application(S.IN_INSTRUCTION), a_reason("inadmissible")
        client.force_login(desk.instructor)
        page = reverse("desk_inadmissible", args=[application.public_id])
        assert client.post(page, {"version": application.version}).status_code == 422
        client.post(page, {"version": application.version, "grounds_inadmissible": [ground.pk]})
        application.refresh_from_db()
        assert application.state == S.INADMISSIBLE

    def test_the_list_asks_as_many_queries_for_many(
        self, desk: Desk, client: Client, django_assert_num_queries: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.force_login(desk.manager)
        counts = []
        for number in (1, 30):
            for n in range(Ground.objects.count(), number):
                a_reason(code=f"R{n}", by=desk.manager)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get(reverse("ground_list"))
            counts.append(len(asked))
        assert counts[0] == counts[1]
