"""Opinions asked outside: one question, one file, one link, without an account."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlparse

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import services as applications
from applications.models import Application
from applications.states import ApplicationState
from common.actors import MACHINE
from common.errors import DomainError, NotAllowed
from documents.models import StoredFile
from documents.states import FileState
from journal.models import Entry
from journal.services import advance
from notifications.models import Message
from reviews import services
from reviews.models import Conflict, OutsideOpinion, Review
from reviews.outside import link_of
from reviews.services import Question
from tests.factories.accounts import a_fund_manager, a_signatory, an_auditor, an_evaluator, an_instructor
from tests.factories.applications import a_pdf
from tests.factories.desk import Desk, in_days

pytestmark = pytest.mark.django_db
S = ApplicationState
TOLD = "L’action répond à un besoin constaté par nos services."


@pytest.fixture
def desk() -> Desk:
    return Desk()


def question(**over: Any) -> Question:
    given = {
        "quality": "state",
        "organism": "Préfecture, mission égalité",
        "contact_name": "Sonia Berger",
        "contact_email": "sonia.berger@prefecture.example",
        "text": "Cette action recoupe-t-elle un dispositif que vous financez ?",
        "due_on": in_days(15),
        **over,
    }
    return Question(**given)


def asked(desk: Desk, application: Application, **over: Any) -> OutsideOpinion:
    return services.ask_outside(application.pk, question=question(**over), by=desk.instructor)


def path_of(opinion: OutsideOpinion) -> str:
    return urlparse(link_of(opinion)).path


def opened(opinion: OutsideOpinion) -> tuple[Client, str]:
    """A visitor who pressed the button, and the page with the answer."""
    visitor = Client()
    page = visitor.post(path_of(opinion))
    assert page.status_code == 302
    return visitor, page["Location"]


def answer(**over: Any) -> dict[str, Any]:
    return {"advice": "favorable", "text": TOLD, "signed_name": "Sonia Berger, cheffe de mission", **over}


def answered(opinion: OutsideOpinion, **over: Any) -> OutsideOpinion:
    given: dict[str, Any] = {"confidential": False, **answer(), **over}
    return services.answer_outside(opinion.pk, nonce=opinion.nonce, **given)


def cleared(stored: StoredFile) -> None:
    """As the antivirus does."""
    advance(stored, stored.clear, engine="ClamAV", sha256=stored.sha256, by=MACHINE)


# --- Asking -----------------------------------------------------------------------------------------------------


def test_the_question_leaves_with_its_link_and_the_story_says_so(desk: Desk, client: Client) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    client.force_login(desk.instructor)
    page = reverse("desk_outside_ask", args=[application.public_id])
    form = {
        "quality": "rights",
        "organism": "Défenseur des droits",
        "contact_name": "Paul Rey",
        "contact_email": "Paul.Rey@defenseur.example",
        "text": "L’accueil prévu suffit-il ?",
        "due_on": in_days(10).isoformat(),
        "suite": "relire",
    }
    preview = client.post(page, form)
    assert "Paul Rey" in preview.content.decode() and not OutsideOpinion.objects.exists()
    assert client.post(page, {**form, "suite": "envoyer"}).status_code == 302
    opinion = OutsideOpinion.objects.get()
    mail = Message.objects.get(kind="outside_asked")
    assert mail.recipient_email == "paul.rey@defenseur.example" and "L’accueil prévu suffit-il" in mail.body_text
    found = re.search(r"/avis/\S+", mail.body_text)
    assert found and found[0] == path_of(opinion)
    file_page = client.get(reverse("desk_file", args=[application.public_id])).content.decode()
    assert "a demandé un avis extérieur" in file_page and "1 attendu" in file_page


def test_the_commune_reads_nothing_of_it(desk: Desk, client: Client) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    answered(asked(desk, application))
    client.force_login(application.created_by)
    page = client.get(reverse("application_home", args=[application.public_id])).content.decode()
    assert "Préfecture" not in page and TOLD not in page
    assert client.get(reverse("desk_outside", args=[application.public_id])).status_code == 404


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"due_on": in_days(0)}, "à venir"),
        ({"due_on": in_days(61)}, "60 jours"),
        ({"papers": [987654]}, "ne peut pas être montrée"),
    ],
)
def test_what_may_not_be_asked(desk: Desk, over: dict[str, Any], words: str) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    with pytest.raises(DomainError, match=words):
        asked(desk, application, **over)


def test_nobody_of_the_commune_nor_with_an_interest_is_asked(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    mayor = a_signatory(application.organisation)
    with pytest.raises(DomainError, match="personne de la commune"):
        asked(desk, application, contact_email=mayor.email.upper())
    expert = an_evaluator()
    Conflict.objects.create(user=expert, application=application, reason="Mandat.")
    with pytest.raises(DomainError, match="déclaré un intérêt"):
        asked(desk, application, contact_email=expert.email)


def test_the_same_person_is_asked_once_at_a_time_and_a_decided_file_not_at_all(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    asked(desk, application)
    with pytest.raises(DomainError, match="déjà demandé"):
        asked(desk, application)
    with pytest.raises(DomainError, match="ne servirait plus"):
        asked(desk, desk.application(S.GRANTED))


def test_only_who_instructs_asks_and_never_with_an_interest(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    for who in (desk.head, an_auditor(), an_evaluator()):
        with pytest.raises(NotAllowed):
            services.ask_outside(application.pk, question=question(), by=who)
    services.declare_conflict(application.pk, reason="Ma sœur y travaille.", by=desk.manager)
    with pytest.raises(NotAllowed):
        services.ask_outside(application.pk, question=question(), by=desk.manager)


# --- The link ---------------------------------------------------------------------------------------------------


def test_reading_the_address_says_who_asks_and_writes_nothing(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    opinion = asked(desk, application)
    before = Entry.objects.count()
    page = Client().get(path_of(opinion))
    text = page.content.decode()
    assert page.status_code == 200 and desk.instructor.get_full_name() in text
    assert application.title not in text and opinion.question not in text
    assert Client().get(path_of(opinion) + "dossier/").status_code == 302
    opinion.refresh_from_db()
    assert opinion.opened_at is None and Entry.objects.count() == before


def test_the_button_opens_that_file_and_that_question_alone(desk: Desk) -> None:
    application, other = desk.application(S.IN_INSTRUCTION), desk.application(S.IN_INSTRUCTION)
    opinion = asked(desk, application)
    visitor, page = opened(opinion)
    text = visitor.get(page).content.decode()
    assert application.title in text and "recoupe-t-elle" in text
    opinion.refresh_from_db()
    assert opinion.opened_at and Entry.objects.filter(verb="open_link").count() == 1
    for name, thing in (("desk_file", application), ("desk_file", other), ("application_home", application)):
        assert "/compte/login" in visitor.get(reverse(name, args=[thing.public_id]))["Location"]
    elsewhere = asked(desk, other)
    assert visitor.get(path_of(elsewhere) + "dossier/").status_code == 302, "one link does not open another"


@pytest.mark.parametrize("token", ["x", "a.b.c", "WzEsMV0:1uAAAA:zzzz", "%00", "é" * 300])
def test_a_link_made_up_opens_nothing(client: Client, token: str) -> None:
    page = client.get(reverse("outside_link", args=[token]))
    assert page.status_code == 410 and "ne s’ouvre plus" in page.content.decode()


def test_only_the_chosen_documents_are_given_and_only_by_the_link(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    shown, kept = list(application.attachments.select_related("file").order_by("pk")[:2])
    cleared(shown.file)
    cleared(kept.file)
    opinion = asked(desk, application, papers=[shown.pk])
    visitor, page = opened(opinion)
    assert shown.file.name in visitor.get(page).content.decode()
    paper = visitor.get(path_of(opinion) + f"pieces/{shown.pk}/")
    assert paper.status_code == 200 and b"".join(paper.streaming_content)  # type: ignore[attr-defined]
    assert Entry.objects.filter(verb="read_paper").count() == 1
    assert visitor.get(path_of(opinion) + f"pieces/{kept.pk}/").status_code == 404
    assert Client().get(path_of(opinion) + f"pieces/{shown.pk}/").status_code == 404
    assert "/compte/login" in visitor.get(reverse("file_download", args=[shown.file.key]))["Location"]


def test_who_has_an_interest_reads_nothing_by_the_link_either(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    opinion = asked(desk, application)
    expert = an_evaluator()
    Conflict.objects.create(user=expert, application=application, reason="Mandat.")
    for who in (expert, application.created_by):
        visitor = Client()
        visitor.force_login(who)
        assert visitor.get(path_of(opinion)).status_code == 410
        assert visitor.post(path_of(opinion)).status_code == 410
        assert visitor.get(path_of(opinion) + "dossier/").status_code == 410


# --- The answer -------------------------------------------------------------------------------------------------


def test_the_answer_with_its_document_reaches_the_desk_and_the_evaluators(desk: Desk, client: Client) -> None:
    application = desk.application(S.UNDER_REVIEW)
    opinion = asked(desk, application)
    visitor, page = opened(opinion)
    assert visitor.post(page, answer(file=a_pdf("avis.pdf"))).status_code == 302
    assert "Votre avis est enregistré" in visitor.get(page).content.decode()
    opinion.refresh_from_db()
    stored = opinion.file
    assert opinion.state == "answered" and stored and stored.organisation_id is None
    mail = Message.objects.get(kind="outside_answered")
    assert mail.recipient_email == desk.instructor.email and TOLD not in mail.body_text
    cleared(stored)
    review = Review.objects.filter(application=application).first()
    assert review
    client.force_login(review.evaluator)
    assert TOLD in client.get(reverse("review_grid", args=[review.pk])).content.decode()
    assert client.get(reverse("file_download", args=[stored.key])).status_code == 200
    client.force_login(an_evaluator())
    assert client.get(reverse("file_download", args=[stored.key])).status_code == 404
    client.force_login(application.created_by)
    assert client.get(reverse("file_download", args=[stored.key])).status_code == 404


@pytest.mark.parametrize(("desk_only", "confidential"), [(True, False), (False, True)])
def test_what_is_confided_stays_with_the_desk(desk: Desk, client: Client, desk_only: bool, confidential: bool) -> None:
    application = desk.application(S.UNDER_REVIEW)
    opinion = answered(asked(desk, application, desk_only=desk_only), confidential=confidential, upload=a_pdf("a.pdf"))
    stored = opinion.file
    assert stored
    cleared(stored)
    review = Review.objects.filter(application=application).first()
    assert review
    client.force_login(review.evaluator)
    assert TOLD not in client.get(reverse("review_grid", args=[review.pk])).content.decode()
    assert client.get(reverse("file_download", args=[stored.key])).status_code == 404
    client.force_login(desk.instructor)
    page = client.get(reverse("desk_outside", args=[application.public_id])).content.decode()
    assert TOLD in page and "éservé au service" in page
    assert client.get(reverse("file_download", args=[stored.key])).status_code == 200


def test_an_answer_is_given_once_and_the_second_text_is_given_back(desk: Desk) -> None:
    opinion = asked(desk, desk.application(S.IN_INSTRUCTION))
    visitor, page = opened(opinion)
    visitor.post(page, answer())
    again = visitor.post(page, answer(text="Un autre texte.", advice="unfavorable")).content.decode()
    assert "Un autre texte." in again and "n’a pas été enregistré" in again
    with pytest.raises(DomainError, match="déjà enregistré"):
        answered(opinion)
    opinion.refresh_from_db()
    assert opinion.text == TOLD and Message.objects.filter(kind="outside_answered").count() == 1


def test_a_text_typed_while_the_link_ends_is_given_back(desk: Desk) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    opinion = asked(desk, application)
    visitor, page = opened(opinion)
    services.withdraw_outside(opinion.pk, reason="Le dossier est retiré.", by=desk.instructor)
    late = visitor.post(page, answer(text="Une heure de travail."))
    assert late.status_code == 410 and "Une heure de travail." in late.content.decode()
    assert Message.objects.get(kind="outside_withdrawn").recipient_email == opinion.contact_email


def test_an_empty_answer_and_a_wrong_file_say_why_and_lose_nothing(desk: Desk) -> None:
    opinion = asked(desk, desk.application(S.IN_INSTRUCTION))
    visitor, page = opened(opinion)
    empty = visitor.post(page, {"advice": "", "text": "", "signed_name": ""})
    assert empty.status_code == 422
    script = SimpleUploadedFile("avis.exe", b"MZ\x90\x00 not a document")
    wrong = visitor.post(page, answer(file=script))
    assert wrong.status_code == 422 and TOLD in wrong.content.decode()
    opinion.refresh_from_db()
    assert opinion.state == "asked"


def test_a_large_document_is_for_who_was_let_in(desk: Desk) -> None:
    opinion = asked(desk, desk.application(S.IN_INSTRUCTION))
    visitor, page = opened(opinion)
    heavy = SimpleUploadedFile("avis.pdf", b"%PDF-1.4\n" + b"0" * 6_000_000, content_type="application/pdf")
    assert Client().post(page, answer(file=heavy)).status_code == 413
    heavy.seek(0)
    assert visitor.post(page, answer(file=heavy)).status_code != 413


# --- Time, renewal ----------------------------------------------------------------------------------------------


def aged(opinion: OutsideOpinion, owner: Any, *, days: int) -> None:
    """As if it had been asked so many days earlier."""
    owner.execute(
        "UPDATE reviews_outsideopinion SET asked_at = asked_at - make_interval(days => %s), due_on = due_on - %s, "
        "expires_at = expires_at - make_interval(days => %s) WHERE id = %s",
        [days, days, days, opinion.pk],
    )


def test_a_new_link_makes_the_first_void(desk: Desk) -> None:
    opinion = asked(desk, desk.application(S.IN_INSTRUCTION))
    first = path_of(opinion)
    visitor, page = opened(opinion)
    services.renew_outside(opinion.pk, due_on=in_days(20), by=desk.instructor)
    opinion.refresh_from_db()
    assert Client().get(first).status_code == 410
    late = visitor.post(page, answer(text="Écrit par le premier lien."))
    assert late.status_code == 410 and "Écrit par le premier lien." in late.content.decode()
    assert Client().get(path_of(opinion)).status_code == 200
    assert Message.objects.filter(kind="outside_asked").count() == 2


def test_a_decision_ends_the_wait(desk: Desk) -> None:
    application = desk.application(S.REVIEWED)
    opinion = asked(desk, application)
    visitor, page = opened(opinion)
    applications.grant(application.pk, amount_cents=400_000, by=desk.manager)
    assert visitor.post(page, answer()).status_code == 410
    with pytest.raises(DomainError, match="plus attendu"):
        answered(opinion)
    assert services.remind_outside() == 0


def test_the_list_asks_as_much_of_the_database_for_one_and_for_many(desk: Desk, client: Client) -> None:
    client.force_login(a_fund_manager())

    def queries(count: int) -> int:
        application = desk.application(S.IN_INSTRUCTION)
        for number in range(count):
            answered(asked(desk, application, contact_email=f"p{number}@prefecture.example"))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(reverse("desk_outside", args=[application.public_id]))
        return len(seen)

    queries(1)
    assert queries(1) == queries(9)


def test_the_database_keeps_what_was_confided(desk: Desk) -> None:
    opinion = answered(asked(desk, desk.application(S.IN_INSTRUCTION)), confidential=True)
    with pytest.raises(IntegrityError, match="in confidence"), transaction.atomic():
        OutsideOpinion.objects.filter(pk=opinion.pk).update(confidential=False)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        OutsideOpinion.objects.filter(pk=opinion.pk).update(text="Autre chose.")


def test_a_colleague_may_take_over_and_withdraw(desk: Desk) -> None:
    opinion = asked(desk, desk.application(S.IN_INSTRUCTION))
    services.withdraw_outside(opinion.pk, reason="Répondu par téléphone.", by=an_instructor())
    with pytest.raises(DomainError, match="retiré"):
        services.renew_outside(opinion.pk, due_on=in_days(5), by=desk.instructor)


def test_link_files_wait_for_the_antivirus(desk: Desk, client: Client) -> None:
    application = desk.application(S.IN_INSTRUCTION)
    opinion = answered(asked(desk, application), upload=a_pdf("avis.pdf"))
    assert opinion.file and opinion.file.state == FileState.QUARANTINED
    client.force_login(desk.instructor)
    assert "Analyse antivirus" in client.get(reverse("desk_outside", args=[application.public_id])).content.decode()
    assert client.get(reverse("file_download", args=[opinion.file.key])).status_code == 404


def test_reminders_leave_once_before_and_once_after(desk: Desk, owner_connection: Any) -> None:
    opinion = asked(desk, desk.application(S.IN_INSTRUCTION), due_on=in_days(15))
    assert services.remind_outside() == 0
    aged(opinion, owner_connection, days=12)
    for _ in range(2):
        services.remind_outside()
    assert Message.objects.filter(kind="outside_reminder").count() == 1
    aged(opinion, owner_connection, days=4)
    for _ in range(2):
        services.remind_outside()
    kinds = Message.objects.filter(kind="outside_reminder").order_by("pk")
    assert [("était attendu" in one.subject) for one in kinds] == [False, True]
    assert path_of(opinion) in kinds[0].body_text
    aged(opinion, owner_connection, days=30)
    assert services.remind_outside() == 0
    assert Client().get(path_of(opinion)).status_code == 410
    with pytest.raises(DomainError, match="plus attendu"):
        answered(opinion)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutsideOpinion.objects.filter(pk=opinion.pk).update(
            due_on=timezone.localdate() - timedelta(days=90), state="answered"
        )
