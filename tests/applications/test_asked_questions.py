"""The call's own questions after sending: named in a request, corrected alone, seen before and after; the rest stays."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from applications import asking, questionnaire, services
from applications.forms.answering import as_sent
from applications.models import Application, AskedItem, ContentVersion, Correction, PieceRequest, QuestionAnswer
from applications.services import instruction
from applications.states import ApplicationState as S
from common.errors import DomainError
from fund.models import Call
from notifications.models import Message
from tests.factories import questions
from tests.factories.applications import a_complete_draft, signatory_of
from tests.factories.desk import Desk, fresh, in_days
from tests.factories.fund import a_call_open

pytestmark = pytest.mark.django_db

GIVEN = {
    "q-un_local_est_il_prete": False,
    "q-combien_dagents": 12,
    "q-quel_rythme": "Chaque mois",
    "q-les_seances": [{"le_lieu": "Mairie", "le_nombre": 3}],
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def sent(desk: Desk, call: Call | None = None) -> Application:
    call = call or a_call_open()
    if not call.question_sets.exists():
        questions.ask(call)
    draft = a_complete_draft(call)
    services.save_section(draft.pk, "questions", by=draft.created_by, values=GIVEN)
    draft = fresh(draft)
    services.submit(draft.pk, by=signatory_of(draft), version=draft.version)
    services.start_instruction(draft.pk, by=desk.instructor)
    connection.check_constraints()
    return fresh(draft)


def awaiting(desk: Desk, *units: str) -> Application:
    application = sent(desk)
    known = {item.code: item for group in asking.askable(application) for item in group.items}
    asked = [replace(known[unit], remark="Précisez.") for unit in units]
    instruction.ask_pieces(application.pk, items=asked, reason="Imprécis.", due_on=in_days(15), by=desk.instructor)
    connection.check_constraints()
    return fresh(application)


def answer(application: Application, *, text: str = "", **values: Any) -> Application:
    given = {f"q-{code}": value for code, value in values.items()}
    services.answer_pieces(application.pk, by=application.created_by, text=text, values=given)
    connection.check_constraints()
    return fresh(application)


def content(application: Application, code: str) -> Any:
    return questionnaire.content(application, f"q-{code}")


def page(name: str, application: Application) -> str:
    return reverse(name, args=[application.public_id])


# --- What may be asked -----------------------------------------------------------------------------------------


def test_the_questions_of_the_file_that_were_asked_of_it(desk: Desk) -> None:
    application = sent(desk)
    found = {item.code for group in asking.askable(application) for item in group.items if item.kind == "question"}
    assert {"q-combien_dagents", "q-les_seances", "q-racontez"} <= found
    assert "q-a_quelle_adresse" not in found  # asked only where a room is lent
    assert "q-le_plan_du_local" not in found  # a document, asked with the documents


def test_its_own_version_not_the_one_in_service(desk: Desk) -> None:
    application = sent(desk)
    questions.serve(questions.prepare(application.call, ("Nouvelle question", "short", {})))
    assert not any(item.label == "Nouvelle question" for group in asking.askable(application) for item in group.items)
    with pytest.raises(DomainError, match="n’est pas posée"):
        instruction.ask_pieces(
            application.pk,
            items=[AskedItem("question", "q-nouvelle_question", "Nouvelle question")],
            reason="x",
            due_on=in_days(15),
            by=desk.instructor,
        )


def test_what_another_answer_would_open_comes_along(desk: Desk) -> None:
    request = PieceRequest.objects.get(application=awaiting(desk, "q-un_local_est_il_prete"))
    follows = {item.code: item.kind for item in request.asked if item.follows}
    plan = next(code for code, kind in follows.items() if kind == "document")
    assert follows == {"q-a_quelle_adresse": "question", plan: "document"}


# --- Answering -------------------------------------------------------------------------------------------------


def test_the_answer_is_corrected_what_was_sent_stays_and_the_delay_stood_still(desk: Desk) -> None:
    application = awaiting(desk, "q-combien_dagents", "q-les_seances")
    assert application.state == S.AWAITING_COMMUNE
    snapshot, rows = (
        application.snapshot,
        [{"le_lieu": "École", "le_nombre": 5}, {"le_lieu": "Halle", "le_nombre": None}],
    )
    after = answer(application, combien_dagents=90, les_seances=rows)
    assert (after.state, content(after, "combien_dagents"), content(after, "les_seances")) == (
        S.IN_INSTRUCTION,
        90,
        rows,
    )
    assert after.snapshot == snapshot and after.content_version == 2
    kept = ContentVersion.objects.get(application=after).snapshot["questions"]["answers"]
    assert {"code": "combien_dagents", "kind": "number", "label": "Combien d’agents\u202f?", "value": 90} in [
        {**one, "label": one["label"].replace(" ?", "\u202f?")} for one in kept
    ]
    before = {one.name: one.before for one in Correction.objects.all()}
    assert before == {"q-combien_dagents": 12, "q-les_seances": GIVEN["q-les_seances"]}
    mail = Message.objects.get(kind="pieces_answered")
    assert "Combien d’agents" in mail.body_text


def test_an_answer_touches_only_the_question_asked(desk: Desk) -> None:
    after = answer(awaiting(desk, "q-combien_dagents"), combien_dagents=90, quel_rythme="Chaque semaine")
    assert content(after, "quel_rythme") == "Chaque mois"
    assert [one.name for one in Correction.objects.all()] == ["q-combien_dagents"]


def test_another_answer_opens_a_required_question_which_may_be_answered(desk: Desk) -> None:
    application = awaiting(desk, "q-un_local_est_il_prete")
    with pytest.raises(DomainError, match="À quelle adresse"):
        answer(application, un_local_est_il_prete=True)
    after = answer(fresh(application), un_local_est_il_prete=True, a_quelle_adresse="3, rue Haute")
    assert (content(after, "un_local_est_il_prete"), content(after, "a_quelle_adresse")) == (True, "3, rue Haute")
    assert PieceRequest.objects.get().outcome == "answered"


@pytest.mark.parametrize("value", ["douze", 501, True])
def test_what_is_no_answer_is_refused_in_words(desk: Desk, value: Any) -> None:
    application = awaiting(desk, "q-combien_dagents")
    with pytest.raises(DomainError, match="Combien d’agents"):
        answer(application, combien_dagents=value)
    assert fresh(application).state == S.AWAITING_COMMUNE


def test_what_is_left_aside_is_explained(desk: Desk) -> None:
    application = awaiting(desk, "q-combien_dagents")
    with pytest.raises(DomainError, match="Il manque"):
        answer(application, combien_dagents=12)  # the same answer is no correction


# --- The database ----------------------------------------------------------------------------------------------


def refused(sql: str, *params: Any) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return str(caught.value)


def test_no_answer_moves_while_the_commune_is_asked(desk: Desk) -> None:
    application = awaiting(desk, "q-combien_dagents")
    where = "WHERE application_id = %s"
    update = f"UPDATE applications_questionanswer SET value = '13' {where} AND jsonb_typeof(value) = 'number' AND value = '12'"
    assert "frozen" in refused(update, application.pk)
    assert "frozen" in refused(f"DELETE FROM applications_questionanswer {where}", application.pk)


def test_a_correction_is_applied_as_it_was_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    application = awaiting(desk, "q-combien_dagents")
    whole = questionnaire.write
    monkeypatch.setattr(questionnaire, "write", lambda file, unit, value: whole(file, unit, 14))
    with pytest.raises(DatabaseError, match="applied as it was written"), transaction.atomic():
        answer(application, combien_dagents=90)
    assert QuestionAnswer.objects.filter(application=application, value=12).exists()


def test_another_question_does_not_move_with_the_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    application = awaiting(desk, "q-combien_dagents")
    whole = questionnaire.write

    def more(file: Application, unit: str, value: Any) -> None:
        whole(file, unit, value)
        whole(file, "q-quel_rythme", "Chaque semaine")

    monkeypatch.setattr(questionnaire, "write", more)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        answer(application, combien_dagents=90)


# --- The pages -------------------------------------------------------------------------------------------------


def test_asked_answered_and_compared_on_the_pages(desk: Desk, client: Client) -> None:
    application = sent(desk)
    client.force_login(desk.instructor)
    url = page("desk_pieces", application)
    form = {
        "version": application.version,
        "question-q-un_local_est_il_prete": "on",
        "question-q-les_seances": "on",
        "question-q-les_seances-mot": "Une ligne par séance.",
        "reason": "Les séances ont changé.",
        "due_on": in_days(10).isoformat(),
    }
    assert "Une ligne par séance" in client.post(url, {**form, "suite": "relire"}).content.decode()
    assert client.post(url, {**form, "suite": "envoyer"}).status_code == 302
    client.force_login(application.created_by)
    url = page("application_answer_pieces", application)
    shown = client.get(url).content.decode()
    assert "Une ligne par séance" in shown and 'name="q-les_seances-0-le_lieu"' in shown
    assert "Combien d’agents" not in shown
    typed = {
        "q-un_local_est_il_prete": "oui",
        "q-a_quelle_adresse": "",
        "q-les_seances-lignes": "2",
        "q-les_seances-0-le_lieu": "Mairie",
        "q-les_seances-0-le_nombre": "trois",
        "q-les_seances-1-le_lieu": "École",
        "text": "",
    }
    wrong = client.post(url, {**typed, "envoyer": "1"})
    assert wrong.status_code == 422 and "nombre entier" in wrong.content.decode() and "trois" in wrong.content.decode()
    typed["q-les_seances-0-le_nombre"] = "4"
    missing = client.post(url, {**typed, "envoyer": "1"})
    assert missing.status_code == 422 and "À quelle adresse" in missing.content.decode()
    assert client.post(url, {**typed, "enregistrer": "1"}).status_code == 302
    shown = client.get(url).content.decode()
    assert "Ce que vous aviez envoyé" in shown and "École" in shown
    typed["q-a_quelle_adresse"] = "3, rue Haute"
    assert client.post(url, {**typed, "envoyer": "1"}).status_code == 302
    client.force_login(desk.instructor)
    shown = client.get(page("desk_file", application)).content.decode()
    assert "<ins>3, rue Haute</ins>" in shown and "<del>Non</del>" in shown and "École" in shown


def test_all_that_may_be_asked_is_answered_on_one_page(desk: Desk, client: Client) -> None:
    application = sent(desk)
    asked = [item for group in asking.askable(application) for item in group.items]
    everything = {"field", "table", "question", "document"}
    assert {item.kind for item in asked} == everything and any(item.code == "budget_lines" for item in asked)
    for chosen in (asked[:20], asked[20:]):
        instruction.ask_pieces(application.pk, items=chosen, reason="Tout.", due_on=in_days(15), by=desk.instructor)
        client.force_login(application.created_by)
        url = page("application_answer_pieces", application)
        answered = client.get(url)
        assert answered.status_code == 200
        shown = answered.content.decode()
        assert all(f'id="{item.code}"' in shown or f'name="{item.code}' in shown for item in chosen)
        services.answer_pieces(application.pk, by=application.created_by, text="Rien ne change.")


def test_a_line_of_a_budget_keeps_the_words_its_form_does_not_show() -> None:
    words = {"side": "product", "is_request": False}
    own = {**words, "account": "autofinancement", "label": "Budget", "funder": "Commune", "status": "acquired"}
    state = {**words, "account": "74", "label": "Ingénierie", "funder": "État", "status": "requested"}
    typed = [
        {**state, "label": "", "amount_cents": 1},
        {**own, "funder": "", "status": "", "amount_cents": 2},
        {**own, "label": "Autre", "funder": "", "status": "", "amount_cents": 3},
    ]
    left = [SimpleNamespace(**own), SimpleNamespace(**state)]
    assert [as_sent(line, left) for line in typed] == [
        {**state, "amount_cents": 1},
        {**own, "amount_cents": 2},
        typed[2],
    ]
