"""Interests declared for a call: what closes, what leaves the averages, who lifts it."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlparse
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from journal.models import Entry
from reviews import services
from reviews.averages import results
from reviews.models import Conflict, DeclaredOrganisation, InterestDeclaration, Review
from reviews.neutrality import not_neutral
from reviews.outside import link_of
from tests.factories.accounts import a_commune, a_drafter, a_fund_manager, a_membership, an_evaluator
from tests.factories.desk import Desk, in_days, notes

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def declare(person: Any, application: Application, **said: Any) -> InterestDeclaration:
    given = {"mandates": "Conseillère municipale jusqu’en 2024.", "organisations": [application.organisation_id]}
    return services.declare_interests(application.call_id, by=person, key=uuid4(), **{**given, **said})


def handed_in(desk: Desk, application: Application, values: tuple[int, int] = (5, 1)) -> None:
    for evaluator, value in zip(desk.evaluators, values, strict=True):
        review = Review.objects.get(application=application, evaluator=evaluator)
        services.submit_review(review.pk, notes=notes(application, value), by=evaluator)


class TestDeclaring:
    def test_no_interest_is_said_without_a_word(self, desk: Desk) -> None:
        person = an_evaluator()
        assert not services.has_declared(person, desk.call.pk)
        said = services.declare_interests(desk.call.pk, by=person, key=uuid4())
        assert services.has_declared(person, desk.call.pk) and not said.parts
        assert Entry.objects.filter(verb="declare_interests", actor_id=person.pk).count() == 1

    def test_twice_the_same_form_says_it_once(self, desk: Desk) -> None:
        person, key = an_evaluator(), uuid4()
        for _ in range(2):
            services.declare_interests(desk.call.pk, by=person, key=key)
        assert InterestDeclaration.objects.filter(user=person).count() == 1

    def test_an_organisation_needs_words_and_the_staff(self, desk: Desk) -> None:
        application = desk.application(S.SUBMITTED)
        with pytest.raises(DomainError, match="une phrase"):
            declare(an_evaluator(), application, mandates=" ")
        with pytest.raises(NotAllowed):
            declare(a_drafter(application.organisation), application)

    def test_every_file_of_the_organisation_closes_and_its_grid_counts_no_more(self, desk: Desk) -> None:
        application, elsewhere = desk.application(S.UNDER_REVIEW), desk.application(S.UNDER_REVIEW)
        handed_in(desk, application)
        assert results([application.pk])[application.pk].shown == "60,0"
        person = desk.evaluators[0]
        declare(person, application)
        connection.check_constraints()
        assert Review.objects.get(application=application, evaluator=person).state == "recused"
        assert results([application.pk])[application.pk].shown == "20,0", "their grid left the average"
        assert list(Application.objects.visible_to(person)) == [elsewhere]
        said = Entry.objects.get(verb="declare_conflict", subject_id=application.pk)
        assert said.data == {"left_the_averages": True, "average": "20,0"}

    def test_a_file_sent_afterwards_is_closed_too(self, desk: Desk) -> None:
        first = desk.application(S.SUBMITTED)
        person = an_evaluator()
        declare(person, first)
        later = desk.application(S.UNDER_REVIEW, organisation=first.organisation)
        assert not Conflict.objects.filter(application=later).exists(), "the declaration alone closes it"
        assert not Application.objects.visible_to(person).filter(pk=later.pk).exists()
        with pytest.raises(DomainError, match="déclaré un intérêt dans la commune"):
            services.assign(later.pk, evaluator=person.pk, due_on=in_days(5), by=desk.manager)
        with pytest.raises(IntegrityError, match="declared interest"), transaction.atomic():
            Review.objects.create(application=later, evaluator=person, assigned_by=desk.manager)

    def test_a_new_declaration_lifts_nothing(self, desk: Desk) -> None:
        application, person = desk.application(S.SUBMITTED), an_evaluator()
        declare(person, application)
        services.declare_interests(application.call_id, by=person, key=uuid4())
        assert not Application.objects.visible_to(person).filter(pk=application.pk).exists()
        assert InterestDeclaration.objects.filter(user=person).count() == 2, "the first stays in the register"


def test_who_is_not_neutral(desk: Desk) -> None:
    application, stranger = desk.application(S.UNDER_REVIEW), an_evaluator()
    native, named, interested = an_evaluator(), an_evaluator(), an_evaluator()
    a_membership(native, "reader", application.organisation)
    declare(named, application)
    Conflict.objects.create(user=interested, application=application, reason="Parenté.")
    found = not_neutral(application)
    assert {native.pk, named.pk, interested.pk} <= set(found) and stranger.pk not in found
    assert "commune" in found[native.pk] and "intérêt" in found[interested.pk]


class TestLifting:
    def test_by_another_manager_with_a_reason_never_by_oneself(self, desk: Desk) -> None:
        application, manager, other = desk.application(S.SUBMITTED), a_fund_manager(), a_fund_manager()
        conflict = services.declare_conflict(application.pk, reason="Ma sœur y travaille.", by=manager)
        with pytest.raises(NotAllowed, match="son propre déport"):
            services.lift_conflict(conflict.pk, reason="Elle est partie.", by=manager)
        with pytest.raises(NotAllowed):
            services.lift_conflict(conflict.pk, reason="Elle est partie.", by=desk.instructor)
        with pytest.raises(DomainError, match="pourquoi"):
            services.lift_conflict(conflict.pk, reason=" ", by=other)
        services.lift_conflict(conflict.pk, reason="Elle est partie.", by=other)
        assert Application.objects.visible_to(manager).filter(pk=application.pk).exists()
        with pytest.raises(DomainError, match="déjà levé"):
            services.lift_conflict(conflict.pk, reason="Encore.", by=other)
        again = services.declare_conflict(application.pk, reason="Elle est revenue.", by=manager)
        assert again.pk != conflict.pk, "an interest may come back; the register keeps both"

    def test_what_was_named_is_lifted_with_its_files_and_the_grid_stays_aside(self, desk: Desk) -> None:
        application = desk.application(S.UNDER_REVIEW)
        handed_in(desk, application)
        person = desk.evaluators[0]
        row = DeclaredOrganisation.objects.get(declaration=declare(person, application))
        with pytest.raises(DomainError, match="tout l’appel"):
            services.lift_conflict(row.conflicts.get().pk, reason="Erreur.", by=desk.manager)
        services.lift_organisation(row.pk, reason="Ce n’était pas cette commune.", by=desk.manager)
        assert person.pk not in not_neutral(application)
        assert Review.objects.get(application=application, evaluator=person).state == "recused"
        assert results([application.pk])[application.pk].grids == 1
        assert {one.verb for one in Entry.objects.filter(verb__startswith="lift")} == {"lift_conflict", "lift_interest"}


def test_a_commune_named_before_its_file_was_sent_hides_it_from_the_dashboard_and_from_a_link(
    desk: Desk, client: Client
) -> None:
    """No step aside of a file yet stands, only the declaration for the call."""
    manager, commune = a_fund_manager(), a_commune()
    said = {"mandates": "Conseillère.", "organisations": [commune.pk]}
    services.declare_interests(desk.call.pk, by=manager, key=uuid4(), **said)
    application = desk.application(S.IN_INSTRUCTION, organisation=commune)
    assert not Conflict.objects.filter(user=manager).exists()
    client.force_login(manager)
    page = client.get(reverse("dashboard"))
    assert page.status_code == 200 and application.number not in page.content.decode()
    question = services.Question(
        quality="other",
        organism="Service",
        contact_name="Lui-même",
        contact_email=manager.email,
        text="Qu’en dites-vous ?",
        due_on=in_days(9),
    )
    with pytest.raises(DomainError, match="déclaré un intérêt"):
        services.ask_outside(application.pk, question=question, by=desk.instructor)
    asked = replace(question, contact_email="autre@service.example")
    opinion = services.ask_outside(application.pk, question=asked, by=desk.instructor)
    assert client.get(urlparse(link_of(opinion)).path).status_code == 410
