"""Internal notes: who is called in them, who may mend them and until when, and that no commune reads one."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from notifications.models import Message
from reviews import services
from reviews.models import Conflict, Note, NoteMention
from reviews.services.notes import called_in
from tests.factories.accounts import a_membership, a_user, an_auditor, an_evaluator, an_instructor
from tests.factories.desk import Desk

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def write(desk: Desk, application: Any, text: str, by: Any = None) -> Note:
    return services.write_note(application.pk, text=text, by=by or desk.instructor, key=uuid4())


class TestCalling:
    def test_a_colleague_named_is_told_once(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        colleague = an_instructor(first_name="Nadia", last_name="Ferrandi")
        text = "Vu avec @Nadia Ferrandi, et @ferrandi encore. Écrire à mairie@aubagne.fr."
        note = write(desk, application, text)
        [mail] = Message.objects.filter(kind="note_mention")
        assert mail.recipient_id == colleague.pk and text in mail.body_text
        services.mend_note(note.pk, text=f"{text} Suite.", by=desk.instructor)
        assert Message.objects.filter(kind="note_mention").count() == 1

    def test_nobody_who_may_not_open_the_file(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        interested = an_instructor(first_name="Paul", last_name="Cousin")
        Conflict.objects.create(user=interested, application=application, reason="Cousin.")
        native = an_instructor(first_name="Anne", last_name="Mairie")
        a_membership(native, "reader", application.organisation)
        evaluator = an_evaluator(first_name="Zoé", last_name="Grille")
        for person in (interested, native, evaluator):
            with pytest.raises(DomainError, match="personne de l’équipe"):
                write(desk, application, f"@{person.get_full_name()} ?")
        assert not Note.objects.exists() and not Message.objects.filter(kind="note_mention").exists()
        note = write(desk, application, "Sans personne.")
        with pytest.raises(IntegrityError, match="mentioned"), transaction.atomic():
            NoteMention.objects.create(note=note, person=interested)

    def test_a_last_name_borne_by_two_calls_neither(self) -> None:
        people = [a_user(first_name=name, last_name="Martin") for name in ("Léa", "Luc")]
        assert called_in("@Léa Martin", people) == [people[0]]
        assert called_in("Martin n’est pas appelé ; m@martin.fr non plus", people) == []
        with pytest.raises(DomainError, match="Prénom Nom"):
            called_in("@Martin", people)


class TestMending:
    def test_by_its_author_for_a_quarter_of_an_hour(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        note = write(desk, desk.application(S.IN_INSTRUCTION), "Une premiere version.")
        with pytest.raises(NotAllowed):
            services.mend_note(note.pk, text="x", by=desk.manager)
        services.mend_note(note.pk, text="Une première version.", by=desk.instructor)
        note.refresh_from_db()
        assert note.text == "Une première version." and note.edited_at
        monkeypatch.setattr(
            "reviews.services.notes.database_now", lambda: note.written_at + timedelta(minutes=15, seconds=1)
        )
        with pytest.raises(DomainError, match="quart d’heure"):
            services.mend_note(note.pk, text="Réécrite.", by=desk.instructor)

    def test_empty_too_long_or_sent_twice(self, desk: Desk) -> None:
        application, key = desk.application(S.IN_INSTRUCTION), uuid4()
        for text in (" \r\n ", "x" * 4001):
            with pytest.raises(DomainError):
                write(desk, application, text)
        for _ in range(2):
            services.write_note(application.pk, text="Une fois.", by=desk.instructor, key=key)
        assert Note.objects.count() == 1

    def test_never_by_who_has_an_interest(self, desk: Desk) -> None:
        application, interested = desk.application(S.IN_INSTRUCTION), an_instructor()
        Conflict.objects.create(user=interested, application=application, reason="Cousin.")
        with pytest.raises(NotAllowed):
            write(desk, application, "x", interested)


class TestPage:
    def test_written_read_mended(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        page = reverse("desk_notes", args=[application.public_id])
        assert client.post(page, {"text": "", "key": uuid4()}).status_code == 422
        answer = client.post(page, {"text": "Voir @Personne Inconnue", "key": uuid4()})
        assert answer.status_code == 422 and "Voir @Personne Inconnue" in answer.content.decode()
        assert client.post(page, {"text": "À relire <b>vite</b>", "key": uuid4()}).status_code == 302
        shown = client.get(page).content.decode()
        assert "À relire &lt;b&gt;vite" in shown and "Modifier" in shown
        note = Note.objects.get()
        own = reverse("desk_note", args=[application.public_id, note.pk])
        assert client.post(own, {"text": "À relire"}).status_code == 302
        assert "À relire" in client.get(reverse("desk_file", args=[application.public_id])).content.decode()
        client.force_login(desk.manager)
        assert client.get(own).status_code == 403
        client.force_login(an_auditor())
        assert "À relire" in client.get(page).content.decode() and client.post(page, {"text": "x"}).status_code == 403

    def test_no_commune_reads_it(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        write(desk, application, "Zanzibar secret.")
        client.force_login(application.created_by)
        assert client.get(reverse("desk_notes", args=[application.public_id])).status_code == 404
        for name in ("application_home", "application_letters", "application_messages", "application_print"):
            assert "Zanzibar" not in client.get(reverse(name, args=[application.public_id])).content.decode()
