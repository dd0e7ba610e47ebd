"""« Repartir de ce dossier »: what is copied, what is not, what must be read again before sending."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from applications import services
from applications.models import Application, Renewal
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from fund.models import Call
from journal.services import history
from tests.applications.test_documents_page import client_of, page, words
from tests.factories import questions
from tests.factories.accounts import a_drafter, a_reader
from tests.factories.applications import a_draft, a_scan, a_sent_application, fill, sections, signatory_of
from tests.factories.fund import a_call_open

pytestmark = pytest.mark.django_db


def next_year() -> Call:
    return a_call_open()


def again(origin: Application, call: Call | None = None) -> Application:
    draft = services.begin_again(origin.pk, (call or next_year()).pk, by=origin.created_by, key=uuid4())
    return services.for_reading().get(pk=draft.pk)


def test_what_still_holds_is_copied_and_nothing_else() -> None:
    origin = services.for_reading().get(pk=a_sent_application().pk)
    draft = again(origin)
    for name in ("title", "theme", "action_type", "stakes", "diagnostic", "success", "description", "governance"):
        assert getattr(draft, name) == getattr(origin, name)
    assert (draft.publics, draft.grounds, draft.domains) == (origin.publics, origin.grounds, origin.domains)
    assert [one.name for one in draft.partners.all()] == [one.name for one in origin.partners.all()]
    assert not any(one.confirmed for one in draft.partners.all())
    assert [one.target for one in draft.indicators.all()] == [one.target for one in origin.indicators.all()]
    amounts = [one.amount_cents for one in origin.budget_lines.all()]
    assert [one.amount_cents for one in draft.budget_lines.all()] == amounts
    assert not any(one.status for one in draft.budget_lines.all())
    assert draft.requested_cents == origin.requested_cents
    assert (draft.starts_on, draft.ends_on, draft.commitments) == (None, None, [])
    assert not draft.milestones.all() and not draft.attachments.all() and draft.number is None
    assert draft.renewal.origin == origin


def finish(draft: Application) -> None:
    """What is never copied: dates, commitments, documents, where the other requests stand."""
    start = timezone.localdate() + timedelta(days=60)
    written = sections(start)
    by = draft.created_by
    services.save_section(draft.pk, "description", by=by, values=written["description"][0], rows={})
    services.save_section(draft.pk, "engagements", by=by, values=written["engagements"][0], rows={})
    services.save_section(draft.pk, "budget", by=by, values={}, rows=written["budget"][1])
    for document in draft.call.documents.filter(required=True):
        services.attach_document(draft.pk, by=by, code=document.code, upload=a_scan())


def test_a_mark_holds_the_sending_until_somebody_reads() -> None:
    draft = again(a_sent_application())
    assert draft.renewal.unread == [
        *("chantier", "enjeu", "reussite", "description", "ressources", "gouvernance", "obstacles", "budget")
    ]
    finish(draft)
    with pytest.raises(DomainError, match="à relire"):
        services.submit(draft.pk, by=signatory_of(draft))
    client = client_of(draft.created_by)
    assert "Repris de" in words(client.get(page("application_section", draft, "enjeu")))
    review = words(client.get(page("application_review", draft)))
    assert "à relire" in review and page("application_section", draft, "enjeu") in review
    for slug in draft.renewal.unread:
        client.post(page("application_section_read", draft, slug))
        client.post(page("application_section_read", draft, slug))
    assert Renewal.objects.get(application=draft).unread == []
    assert history(draft).filter(verb="mark_read").count() == 8
    assert "Repris de" not in words(client.get(page("application_section", draft, "enjeu")))
    assert services.submit(draft.pk, by=signatory_of(draft)).number


def test_the_database_holds_the_sending_too(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = again(a_sent_application())
    finish(draft)
    monkeypatch.setattr("applications.services.submission.refuse_when_incomplete", lambda *a, **k: None)
    with pytest.raises(IntegrityError, match="read again before sending"), transaction.atomic():
        services.submit(draft.pk, by=signatory_of(draft))


def test_what_the_new_call_does_not_take_is_left_out_and_said() -> None:
    origin = a_sent_application()
    call = next_year()
    Call.objects.filter(pk=call.pk).update(themes=["emploi"], action_types=["sensibilisation"])
    draft = again(origin, call)
    assert (draft.theme, draft.action_type) == ("", "")
    home = words(client_of(draft.created_by).get(page("application_home", draft)))
    assert "n’est pas retenu par ce nouvel appel" in home and "8 sections à relire" in home


def test_a_double_click_makes_one_draft_and_a_second_one_is_asked_about() -> None:
    origin, call = a_sent_application(), next_year()
    client, url = client_of(origin.created_by), page("application_again", origin)
    key = str(uuid4())
    data: dict[str, Any] = {"call": call.pk, "key": key}
    first, twice = client.post(url, data), client.post(url, data)
    drafts = Application.objects.filter(call=call, state=ApplicationState.DRAFT)
    assert drafts.count() == 1 and first.status_code == 302
    assert first.url == twice.url
    asked = client.post(url, {"call": call.pk, "key": str(uuid4())})
    assert "a déjà un brouillon pour cet appel" in words(asked) and drafts.count() == 1
    client.post(url, {"call": call.pk, "key": str(uuid4()), "anyway": "on"})
    assert drafts.count() == 2


def test_who_may_begin_again() -> None:
    origin, call = a_sent_application(), next_year()
    for person in (a_reader(origin.organisation), a_drafter()):
        with pytest.raises(NotAllowed):
            services.begin_again(origin.pk, call.pk, by=person, key=uuid4())
    draft = a_draft(call, origin.organisation, by=origin.created_by)
    with pytest.raises(DomainError, match="n’a pas été envoyé"):
        services.begin_again(draft.pk, call.pk, by=origin.created_by, key=uuid4())
    Call.objects.filter(pk=call.pk).update(closes_at=timezone.now() - timedelta(minutes=5))
    with pytest.raises(DomainError, match="l’appel a clos"):
        services.begin_again(origin.pk, call.pk, by=origin.created_by, key=uuid4())


def test_it_is_offered_where_one_looks() -> None:
    origin = a_sent_application()
    client = client_of(origin.created_by)
    for url in (reverse("my_applications"), page("application_home", origin)):
        assert page("application_again", origin) in words(client.get(url))


# --- The questions of the call ---------------------------------------------------------------------------------------

ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Quel rythme ?", "one", {"choices": ["Chaque semaine", "Chaque mois"]}),
    ("Combien d’agents ?", "number", {}),
    ("Depuis quand ?", "date", {}),
    ("Racontez", "long", {}),
    ("Les séances", "block", {"rows_min": 0, "rows_max": 3}),
)


def an_answered_file() -> Application:
    call = a_call_open()
    questions.ask(call, *ASKED)
    draft = fill(a_draft(call))
    codes = {one.label: one.code for one in draft.question_set.questions.all()}  # type: ignore[union-attr]
    values: dict[str, Any] = {f"q-{codes['Quel rythme ?']}": "Chaque mois", f"q-{codes['Combien d’agents ?']}": 80}
    values |= {f"q-{codes['Depuis quand ?']}": "2026-01-05", f"q-{codes['Racontez']}": "Deux groupes d’agents."}
    values[f"q-{codes['Les séances']}"] = [
        {codes["Le lieu"]: "Salle du conseil", codes["Le nombre"]: 12},
        {codes["Le lieu"]: "Mairie annexe", codes["Le nombre"]: 4},
    ]
    services.save_units(draft.pk, "questions", by=draft.created_by, values=values)
    return services.submit(draft.pk, by=signatory_of(draft))


def given(application: Application) -> dict[tuple[str, int], Any]:
    return {(one.question.label, one.occurrence): one.value for one in application.question_answers.all()}


def test_answers_follow_the_questions_that_are_still_asked() -> None:
    origin, call = an_answered_file(), next_year()
    questions.ask(call, *ASKED)
    draft = again(origin, call)
    assert given(draft) == given(origin) and len(given(draft)) == 8
    assert draft.renewal.dropped == [] and "questions" in draft.renewal.unread
    assert "Repris de" in words(client_of(draft.created_by).get(page("application_section", draft, "questions")))


def test_answers_that_no_longer_fit_are_said_and_stay_in_last_years_file() -> None:
    origin, call = an_answered_file(), next_year()
    questions.ask(
        call,
        ("Quel rythme ?", "one", {"choices": ["Chaque semaine", "Chaque année"]}),  # the choice is gone
        ("Combien d’agents ?", "amount", {}),  # another kind
        ("Racontez", "long", {"limit_words": 2}),  # too long now
        ("Les séances", "block", {"rows_min": 0, "rows_max": 1}),  # one row at most
    )
    draft, before = again(origin, call), given(origin)
    assert given(draft) == {("Le lieu", 0): "Salle du conseil", ("Le nombre", 0): 12}
    said = " ".join(draft.renewal.dropped)
    assert said.count("n’est pas reprise") == len(draft.renewal.dropped) == 6
    assert "«\u202fQuel rythme ?\u202f» n’est pas reprise\u202f: elle ne convient plus" in said
    assert "«\u202fDepuis quand ?\u202f» n’est pas reprise\u202f: la question n’est plus posée" in said
    assert "Les séances, n° 2, Le lieu" in said
    assert "Depuis quand" in words(client_of(draft.created_by).get(page("application_home", draft)))
    assert given(services.for_reading().get(pk=origin.pk)) == before


def test_a_new_call_without_questions_takes_no_answer() -> None:
    origin = an_answered_file()
    draft = again(origin)
    assert not draft.question_answers.exists() and len(draft.renewal.dropped) == 8
