"""A slip of the pen mended by the desk: texts only, few characters, told with both texts; what was sent stays."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from applications import services
from applications.models import Application, ContentVersion, StaffCorrection
from applications.services.typos import changed
from applications.snapshot import is_intact
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from journal.services import history
from notifications.models import Message
from reviews.models import Conflict
from tests.factories.accounts import a_drafter, an_instructor
from tests.factories.desk import Desk, fresh

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def mend(desk: Desk, application: Application, name: str = "title", after: str = "", **kwargs: Any) -> StaffCorrection:
    after = after or getattr(application, name).replace("Accueillir", "Accueilir")
    made = services.correct_typo(
        application.pk,
        name=name,
        after=after,
        reason="Faute de frappe.",
        by=kwargs.pop("by", desk.instructor),
        **kwargs,
    )
    connection.check_constraints()
    return made


class TestMended:
    def test_a_new_version_beside_what_was_sent(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        before = application.title
        made = mend(desk, application, version=application.version)
        after = fresh(application)
        assert (made.before, after.title) == (before, made.after) and after.title != before
        assert is_intact(after) and after.snapshot and after.snapshot["sections"]["title"] == before
        assert ContentVersion.objects.get(typo=made).snapshot["sections"]["title"] == after.title
        assert "accueilir" in after.search_text
        entry = list(history(after))[-1]
        assert (entry.verb, entry.data["before"], entry.data["after"]) == ("correct_typo", before, after.title)
        mend(desk, after, "stakes", f"{after.stakes} Oui.")
        assert fresh(application).content_version == 3

    def test_the_file_goes_on_afterwards(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        mend(desk, application)
        services.check_complete(application.pk, by=desk.instructor)
        services.send_to_review(application.pk, by=desk.instructor)
        mend(desk, fresh(application), after="Un autre titre d’une lettre près")

    def test_the_commune_is_told_with_both_texts(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        made = mend(desk, application)
        mail = Message.objects.filter(kind="typo_corrected").first()
        assert mail and made.before in mail.body_text and made.after in mail.body_text
        client.force_login(application.created_by)
        page = reverse("application_typos", args=[application.public_id])
        assert page in client.get(reverse("application_home", args=[application.public_id])).content.decode()
        assert "Faute de frappe." in client.get(page).content.decode()
        client.force_login(a_drafter())
        assert client.get(page).status_code == 404


class TestRefused:
    @pytest.mark.parametrize(
        "name", ["requested_cents", "starts_on", "theme", "number", "public_id", "budget_lines", ""]
    )
    def test_only_texts(self, desk: Desk, name: str) -> None:
        with pytest.raises(DomainError, match="jamais un montant"):
            services.correct_typo(
                desk.application(S.IN_INSTRUCTION).pk, name=name, after="1", reason="x", by=desk.instructor
            )

    def test_more_than_a_slip_or_nothing(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        for name, after in (
            ("stakes", "Tout autre chose, " * 20),
            ("stakes", application.stakes),
            ("stakes", " \n "),
            ("title", "x" * 161),
        ):
            with pytest.raises(DomainError):
                mend(desk, application, name, after)
        with pytest.raises(DomainError, match="pourquoi"):
            services.correct_typo(application.pk, name="title", after="Autre", reason=" ", by=desk.instructor)
        assert not StaffCorrection.objects.exists()

    def test_counted_in_characters(self) -> None:
        assert changed("abc", "abd") == 1 and changed("abc", "abcd") == 1 and changed("", "abc") == 3
        assert changed("a" * 5000, "b" * 5000) > 60

    def test_not_while_the_commune_answers_nor_once_decided(self, desk: Desk) -> None:
        for state in (S.AWAITING_COMMUNE, S.GRANTED):
            with pytest.raises(DomainError, match="ne change plus"):
                mend(desk, desk.application(state))

    def test_nobody_else_and_not_on_an_old_page(self, desk: Desk) -> None:
        application, interested = desk.application(S.IN_INSTRUCTION), an_instructor()
        Conflict.objects.create(user=interested, application=application, reason="Sœur.")
        for who in (interested, desk.head, application.created_by):
            with pytest.raises(NotAllowed):
                mend(desk, application, by=who)
        with pytest.raises(Stale):
            mend(desk, application, version=application.version - 1)

    def test_the_database_lets_no_text_change_otherwise(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            Application.objects.filter(pk=application.pk).update(title="Autre")
        row = {"application": application, "number": 2, "name": "title", "after": "Autre", "reason": "x"}
        with pytest.raises(IntegrityError, match="becomes the content"), transaction.atomic():
            StaffCorrection.objects.create(**row, made_by=desk.instructor)
            connection.check_constraints()
        with pytest.raises(IntegrityError, match=r"frozen|as it was written"), transaction.atomic():
            StaffCorrection.objects.create(**row, made_by=desk.instructor)
            Application.objects.filter(pk=application.pk).update(title="Encore autre", content_version=2)
        with pytest.raises(IntegrityError, match="new version"), transaction.atomic():
            StaffCorrection.objects.create(**{**row, "number": 3}, made_by=desk.instructor)
        with pytest.raises(IntegrityError, match="slip"), transaction.atomic():
            StaffCorrection.objects.create(**{**row, "after": "x" * 300}, made_by=desk.instructor)
        with pytest.raises(IntegrityError, match="of_a_text"), transaction.atomic():
            StaffCorrection.objects.create(**{**row, "name": "theme", "after": "sport"}, made_by=desk.instructor)


def test_on_the_page_read_again_then_mended(desk: Desk, client: Client) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    client.force_login(desk.instructor)
    page = reverse("desk_typo", args=[application.public_id])
    assert "?champ=title" in client.get(page).content.decode()
    assert client.get(page, {"champ": "requested_cents"}).status_code == 404
    page += "?champ=title"
    data = {"after": f"{application.title} !", "reason": "Ponctuation.", "version": application.version}
    answer = client.post(page, data | {"suite": "relire"})
    assert "Ce qui change" in answer.content.decode() and fresh(application).title == application.title
    answer = client.post(page, {**data, "after": "x" * 150, "suite": "relire"})
    assert answer.status_code == 422 and "x" * 150 in answer.content.decode()
    assert client.post(page, data | {"suite": "corriger"}).status_code == 302
    assert fresh(application).title == f"{application.title} !"
