"""The pages of the interests: declared before the first grid, kept in a register, lifted by somebody else."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import Application
from applications.states import ApplicationState
from reviews import services
from reviews.models import Conflict, DeclaredOrganisation, InterestDeclaration, Review
from tests.documents.test_letters import text_of
from tests.factories.accounts import a_fund_manager, an_auditor, an_evaluator
from tests.factories.desk import Desk, in_days
from tests.support.queries import Counted

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def opened_by(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_no_grid_before_a_declaration_then_two_clicks(desk: Desk) -> None:
    application, newcomer = desk.application(S.UNDER_REVIEW), an_evaluator()
    review = services.assign(application.pk, evaluator=newcomer.pk, due_on=in_days(5), by=desk.manager)
    client, grid = opened_by(newcomer), reverse("review_grid", args=[review.pk])
    led = client.get(grid, follow=True)
    assert led.redirect_chain[-1][0].endswith(f"?evaluation={review.pk}")
    assert application.number not in led.content.decode(), "nothing of the file before"
    page = led.redirect_chain[-1][0]
    answer = client.post(page, {"suite": "aucun", "key": str(uuid4())}, follow=True)
    assert answer.redirect_chain[-1][0] == grid and answer.status_code == 200
    assert InterestDeclaration.objects.get(user=newcomer).parts == []


def test_a_commune_ticked_closes_its_files_and_nothing_typed_is_lost(desk: Desk) -> None:
    application, person = desk.application(S.UNDER_REVIEW), desk.evaluators[0]
    review = Review.objects.get(application=application, evaluator=person)
    client = opened_by(person)
    page = reverse("interest_declare", args=[application.call.slug]) + f"?evaluation={review.pk}"
    typed = {"key": str(uuid4()), "mandates": "", "organisations": [application.organisation_id], "suite": "declarer"}
    refused = client.post(page, typed)
    assert refused.status_code == 422 and "Dites en une phrase" in refused.content.decode()
    assert (
        f'value="{application.organisation_id}" class' in refused.content.decode()
        or "checked" in refused.content.decode()
    )
    done = client.post(page, {**typed, "mandates": "Conseiller d’Aubagne."})
    assert done.headers["Location"] == reverse("interest_list"), "their grid is closed to them"
    assert client.get(reverse("review_grid", args=[review.pk])).status_code == 404
    assert application.organisation.name in client.get(reverse("interest_list")).content.decode()


class TestRegister:
    def test_says_who_stepped_aside_and_who_lifted(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        conflict = services.declare_conflict(application.pk, reason="Ma sœur y travaille.", by=desk.evaluators[0])
        manager = opened_by(desk.manager)
        page = reverse("interest_register", args=[application.call.slug])
        lift = reverse("conflict_lift", args=[conflict.pk])
        assert lift in manager.get(page).content.decode()
        assert manager.post(lift, {"reason": ""}).status_code == 422
        assert manager.post(lift, {"reason": "Elle est partie."}).headers["Location"] == page
        told = manager.get(page).content.decode()
        assert "Ma sœur y travaille." in told and "Elle est partie." in told
        paper = text_of(manager.get(reverse("interest_register_pdf", args=[application.call.slug])).content)
        assert "Ma sœur y travaille." in paper and "Elle est partie." in paper and str(application.number) in paper

    def test_a_manager_with_an_interest_reads_nothing_of_it_and_lifts_nothing(self, desk: Desk) -> None:
        application, other = desk.application(S.UNDER_REVIEW), a_fund_manager()
        theirs = services.declare_conflict(application.pk, reason="Parenté.", by=desk.evaluators[0])
        services.declare_interests(
            application.call_id, by=other, key=uuid4(), relations="Élu.", organisations=[application.organisation_id]
        )
        own = Conflict.objects.get(user=other)
        client, call = opened_by(other), application.call.slug
        for page in ("interest_register", "interest_register_pdf"):
            answer = client.get(reverse(page, args=[call]))
            words = text_of(answer.content) if page.endswith("pdf") else answer.content.decode()
            assert "Parenté" not in words and str(application.number) not in words
        for conflict in (own, theirs):
            assert client.get(reverse("conflict_lift", args=[conflict.pk])).status_code == 404
        row = DeclaredOrganisation.objects.get(declaration__user=other)
        refused = client.post(reverse("interest_lift", args=[row.pk]), {"reason": "Je le veux."})
        assert refused.status_code == 422 and "propre déport" in refused.content.decode()
        assert not Application.objects.visible_to(other).filter(pk=application.pk).exists()

    def test_same_queries_for_one_row_and_for_many(self, desk: Desk) -> None:
        application, auditor = desk.application(S.UNDER_REVIEW), opened_by(an_auditor())
        page = reverse("interest_register", args=[application.call.slug])

        def somebody_steps_aside() -> None:
            person = an_evaluator()
            services.assign(application.pk, evaluator=person.pk, due_on=in_days(5), by=desk.manager)
            services.declare_interests(application.call_id, by=person, key=uuid4(), mandates="Élue.")
            services.declare_conflict(application.pk, reason="Parenté.", by=person)

        somebody_steps_aside()
        with Counted() as one:
            auditor.get(page)
        for _ in range(9):
            somebody_steps_aside()
        with Counted() as many:
            auditor.get(page)
        assert many.count == one.count
