"""Assisted entry: who may write in a commune's name, until when, and how everybody sees it."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from applications import policies, receipts, services
from applications.models import Application, Assistance
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from journal.services import history
from notifications.models import Message
from reviews.models import Opinion
from tests.applications.test_documents_page import client_of, page, words
from tests.factories.accounts import (
    a_commune,
    a_drafter,
    a_fund_manager,
    a_membership,
    a_signatory,
    an_auditor,
    an_instructor,
)
from tests.factories.applications import a_draft, a_scan, fill
from tests.factories.fund import a_call_open

pytestmark = pytest.mark.django_db
REASON = "Par téléphone avec la secrétaire de mairie."


def helped(by: User, commune: Any = None) -> Application:
    commune = commune or a_commune()
    return services.open_for(a_call_open().pk, commune.pk, reason=REASON, by=by, key=uuid4())


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_typed_for_a_commune_traced_as_such_and_sent_by_its_signatory() -> None:
    commune, helper = a_commune(), an_instructor(first_name="Nadia", last_name="Ferrandi")
    signatory = a_signatory(commune)
    draft = fill(helped(helper, commune))
    labels = set(history(draft).exclude(verb="open_help").values_list("actor_label", flat=True))
    assert labels == {f"{helper.actor_label} (pour la commune)"}
    with pytest.raises(NotAllowed):
        services.submit(draft.pk, by=helper)
    sent = services.submit(draft.pk, by=signatory)
    assert Assistance.objects.get(application=sent).ended_at is not None
    assert sent.snapshot is not None and sent.snapshot["helped_by"][0]["reason"] == REASON
    said = f"Saisi par {helper.get_full_name()} pour la commune"
    client = client_of(signatory)
    for name in ("application_review", "application_print"):
        assert said in words(client.get(page(name, sent)))
    assert said in str(receipts.data_of(services.for_reading().get(pk=sent.pk))["helped"])
    assert receipts.make(sent.pk)
    assert said in words(client_of(an_instructor()).get(page("desk_file", sent)))
    home = words(client.get(page("application_home", sent)))
    assert "(pour la commune)" in home and "Seul" not in home
    with pytest.raises(NotAllowed):
        services.save_section(sent.pk, "enjeu", by=helper, values={"stakes": "x"})
    assert client_of(helper).get(page("application_home", sent)).status_code == 404


def test_the_commune_is_told_at_its_town_hall_when_it_has_no_account() -> None:
    commune = a_commune()
    helped(an_instructor(), commune)
    told = Message.objects.get(kind="help_opened")
    assert told.recipient_email == commune.email and REASON in told.body_text


def test_a_commune_gives_the_hand_and_takes_it_back() -> None:
    draft = a_draft()
    first, second = an_instructor(), a_fund_manager()
    client = client_of(draft.created_by)
    client.post(page("application_help", draft), {"reason": REASON})
    asked = Assistance.objects.get()
    assert Message.objects.filter(kind="help_asked").count() == 2
    with pytest.raises(NotAllowed):  # asked, not taken: nobody of the desk writes nor reads yet
        services.save_section(draft.pk, "enjeu", by=first, values={"stakes": "x"})
    assert client_of(first).get(page("application_home", draft)).status_code == 404
    assert REASON in words(client_of(first).get(reverse("desk_help")))
    client_of(first).post(reverse("desk_help_take", args=[asked.pk]))
    with pytest.raises(DomainError, match="a déjà pris la main"):
        services.take_hand(asked.pk, by=second)
    services.save_section(draft.pk, "enjeu", by=first, values={"stakes": "Écrit avec la commune."})
    services.attach_document(draft.pk, by=first, code="deliberation", upload=a_scan())
    services.save_section(
        draft.pk, "gouvernance", by=draft.created_by, values={"governance": "La commune écrit aussi."}
    )
    assert "a la main" in words(client.get(page("application_help", draft)))
    client.post(page("application_help_end", draft))
    with pytest.raises(NotAllowed):
        services.save_section(draft.pk, "enjeu", by=first, values={"stakes": "x"})
    assert client_of(first).get(page("application_section", draft, "enjeu")).status_code == 404
    assert list(Message.objects.filter(kind="help_ended").values_list("recipient_id", flat=True)) == [first.pk]


def test_every_page_of_the_draft_opens_for_the_helper_and_for_nobody_else_of_the_desk() -> None:
    helper = an_instructor()
    draft = helped(helper)
    pages = [
        page("application_home", draft),
        page("application_review", draft),
        page("application_documents", draft),
        page("application_budget", draft),
        page("application_section", draft, "enjeu"),
        page("application_help", draft),
    ]
    client, others = client_of(helper), [an_instructor(), a_fund_manager(), an_auditor()]
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert "Vous écrivez pour" in words(answer) or url in (pages[1], pages[5])
        for other in others:
            assert client_of(other).get(url).status_code == 404, url
    assert client.post(page("application_submit", draft)).status_code == 403


def test_nobody_helps_their_own_commune_nor_without_a_reason() -> None:
    commune, call = a_commune(), a_call_open()
    neighbour = an_instructor()
    a_membership(neighbour, "reader", commune)
    for person in (again(neighbour), a_drafter(), an_auditor()):
        with pytest.raises(NotAllowed):
            services.open_for(call.pk, commune.pk, reason=REASON, by=person, key=uuid4())
    with pytest.raises(DomainError, match="pourquoi"):
        services.open_for(call.pk, commune.pk, reason="  ", by=an_instructor(), key=uuid4())
    assert not Application.objects.filter(state=ApplicationState.DRAFT).exists()


def test_a_double_click_opens_one_draft_and_an_existing_one_is_said() -> None:
    helper, commune, call = an_instructor(), a_commune(), a_call_open()
    client, url, key = client_of(helper), reverse("desk_help_open"), str(uuid4())
    data = {"call": call.pk, "organisation": commune.pk, "reason": REASON, "key": key}
    first, twice = client.post(url, data), client.post(url, data)
    assert first.status_code == 302 and first.url == twice.url
    assert Application.objects.filter(organisation=commune).count() == 1
    asked = client.post(url, {**data, "key": str(uuid4())})
    assert "a déjà un brouillon" in words(asked)
    client.post(url, {**data, "key": str(uuid4()), "anyway": "on"})
    assert Application.objects.filter(organisation=commune).count() == 2


def test_whoever_helped_gives_no_opinion_and_decides_nothing() -> None:
    from reviews import services as reviews

    commune, helper = a_commune(), a_fund_manager()
    signatory = a_signatory(commune)
    sent = services.submit(fill(helped(helper, commune)).pk, by=signatory)
    services.start_instruction(sent.pk, by=helper)
    given = {"advice": "favorable", "text": "Utile.", "proposed_cents": 100_000}
    with pytest.raises(NotAllowed, match="Vous avez saisi ce dossier"):
        reviews.write_opinion(sent.pk, by=helper, **given)
    assert not policies.can_record_decision(helper, Application.objects.get(pk=sent.pk))
    with pytest.raises(IntegrityError, match="interest in the file"), transaction.atomic():
        Opinion.objects.create(application=sent, written_by=helper, **given)
    assert reviews.write_opinion(sent.pk, by=an_instructor(), **given)


def test_the_list_of_hands_asks_as_much_for_one_as_for_thirty() -> None:
    from tests.support.queries import Counted

    helper = an_instructor()
    client: Client = client_of(helper)
    helped(helper)
    client.get(reverse("desk_help"))
    with Counted() as one:
        client.get(reverse("desk_help"))
    for _ in range(29):
        helped(helper)
    with Counted() as thirty:
        client.get(reverse("desk_help"))
    assert one.count == thirty.count


def test_a_hand_given_is_never_rewritten() -> None:
    helper, other = an_instructor(), an_instructor()
    draft = helped(helper)
    services.end_help(draft.pk, by=helper)
    hand = Assistance.objects.get(application=draft)
    for column, value in (("helper_id", other.pk), ("reason", "x"), ("ended_at", None)):
        with pytest.raises(IntegrityError, match="ended, never rewritten"), transaction.atomic():
            Assistance.objects.filter(pk=hand.pk).update(**{column: value})
