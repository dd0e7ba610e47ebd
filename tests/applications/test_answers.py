"""A commune answers the questions of the call: saved as the rest, required when it is sent, frozen, read by all."""

import csv
import io
import json
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications import questionnaire, services
from applications.models import Application, QuestionAnswer
from applications.sections import progress, to_do
from applications.views import home_parts
from common.errors import DomainError
from fund.models import Call, Question
from fund.questions.form import QuestionsForm
from fund.questions.sheet import Sheet
from tests.factories import questions
from tests.factories.accounts import a_drafter, an_instructor
from tests.factories.applications import a_complete_draft, a_draft, a_pdf, signatory_of
from tests.factories.fund import a_call_open
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db
OWN = "questions"


@pytest.fixture
def call() -> Call:
    made = a_call_open()
    questions.ask(made)
    return made


def fresh(application: Application) -> Application:
    return services.for_reading().get(pk=application.pk)


def answer(application: Application, **values: Any) -> Application:
    given_values = {f"q-{code}": value for code, value in values.items()}
    services.save_section(application.pk, OWN, by=application.created_by, values=given_values)
    return fresh(application)


FULL = {
    "un_local_est_il_prete": True,
    "a_quelle_adresse": "3, rue de la République",
    "racontez": "Un lieu calme.",
    "combien_dagents": 12,
    "quel_budget": 123_450,
    "depuis_quand": "2026-02-28",
    "quel_rythme": "Chaque mois",
    "quels_publics": ["Jeunes", "Agents"],
    "les_seances": [{"le_lieu": "Mairie", "le_nombre": 3}, {"le_lieu": "=cmd|' /C calc'!A0", "le_nombre": None}],
}


# --- Saving ----------------------------------------------------------------------------------------------------


def test_every_kind_is_read_back_as_it_was_given(call: Call) -> None:
    draft = answer(a_draft(call), **FULL)
    for code, value in FULL.items():
        assert questionnaire.content(draft, f"q-{code}") == value
    again = answer(draft, les_seances=[{"le_lieu": "École", "le_nombre": None}], racontez=None)
    assert questionnaire.content(again, "q-les_seances") == [{"le_lieu": "École", "le_nombre": None}]
    assert questionnaire.content(again, "q-racontez") == ""
    assert again.version == draft.version + 1
    assert answer(again, quel_budget=123_450).version == again.version


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("combien_dagents", "12"),
        ("combien_dagents", True),
        ("combien_dagents", 501),
        ("quel_budget", -1),
        ("depuis_quand", "2026-02-31"),
        ("depuis_quand", 3),
        ("quel_rythme", "Jamais"),
        ("quels_publics", ["Jeunes", "Jeunes"]),
        ("quels_publics", "Jeunes"),
        ("un_local_est_il_prete", "oui"),
        ("racontez", "x" * 10_001),
        ("racontez", "un deux trois quatre cinq six"),
        ("les_seances", [{"le_lieu": "x"}] * 4),
        ("les_seances", "x"),
        ("les_seances", [{"le_nombre": "trois"}]),
    ],
)
def test_what_is_no_answer_is_refused_in_words(call: Call, code: str, value: Any) -> None:
    draft = a_draft(call)
    with pytest.raises(DomainError):
        answer(draft, **{code: value})
    assert not QuestionAnswer.objects.exists()


def test_only_the_questions_of_the_file_are_written(call: Call) -> None:
    other = a_call_open()
    questions.ask(other, ("Ailleurs", "short", {}))
    draft = answer(a_draft(call), ailleurs="x", inconnue="x", le_lieu="x", le_plan_du_local="x")
    assert not QuestionAnswer.objects.exists() and draft.version == 1
    nothing = a_draft(a_call_open())
    assert nothing.question_set is None
    assert answer(nothing, racontez="x").version == 1


CODES = ["racontez", "combien_dagents", "quel_budget", "depuis_quand", "quel_rythme", "un_local_est_il_prete"]
TYPED = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9]{1,6}([ ,.][0-9]{1,3})?", fullmatch=True),
    st.dates(date(1800, 1, 1), date(2300, 1, 1)).map(lambda day: f"{day:%d/%m/%Y}"),
    st.sampled_from(["oui", "non", "Chaque mois", "Chaque semaine", "31/02/2026", "1 234,5", "‮", "١٢", "-0", "1e9"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(CODES), TYPED))
def test_typed_answers_are_kept_whole_or_refused_in_words(call: Call, typed: dict[str, str]) -> None:
    """No crash, no silent change: what is saved shows again as an equal answer, and what is refused says why."""
    sheet = Sheet(call.question_sets.get().questions.all())
    form = QuestionsForm({f"q-{code}": text for code, text in typed.items()}, sheet=sheet)
    form.is_valid()
    refused = form.refusals()
    assert all(sentence for messages in refused.values() for _, sentence in messages)
    values = form.values()
    assert set(values) | set(refused) == {f"q-{q.code}" for q in sheet.tops() if q.kind != "file"}
    given_values = {
        (q.pk, 0): values[f"q-{q.code}"] for q in sheet.tops() if values.get(f"q-{q.code}") not in (None, [])
    }
    shown = QuestionsForm(sheet=Sheet(sheet.questions, given_values))
    back = {name: shown[name].value() for name in shown.fields if shown[name].value() is not None}
    again = QuestionsForm(back, sheet=sheet)
    assert again.is_valid(), again.errors
    assert {name: value for name, value in again.values().items() if value} == {n: v for n, v in values.items() if v}


# --- What is missing, what is asked ------------------------------------------------------------------------------


def test_what_is_missing_is_asked_and_has_its_place(call: Call) -> None:
    draft = fresh(a_complete_draft(call))
    today = timezone.localdate()
    assert to_do(draft, today=today) == [
        "Les questions de l’appel : Il manque une réponse à « Un local est-il prêté ? »."
    ]
    draft = answer(draft, un_local_est_il_prete=True, les_seances=[{"le_lieu": None, "le_nombre": 2}])
    own = next(one for one in progress(draft, today=today) if one.section.slug == OWN)
    assert [gap.anchor for gap in own.gaps] == ["id_q-a_quelle_adresse", "id_q-les_seances-0-le_lieu"]
    draft = answer(draft, un_local_est_il_prete=False, les_seances=[])
    assert to_do(draft, today=today) == []


def test_a_file_asked_by_a_question_is_a_document_of_the_file() -> None:
    call = a_call_open()
    questions.ask(
        call,
        ("Un local ?", "yes_no", {}),
        ("Le plan", "file", {"required": True, "if": ("Un local ?", "equals", "Oui")}),
    )
    draft = answer(a_complete_draft(call), un_local=True)
    assert "le plan" in " ".join(to_do(draft, today=timezone.localdate())).lower()
    services.attach_document(draft.pk, by=draft.created_by, code="q-le_plan", upload=a_pdf("plan.pdf"))
    draft = fresh(draft)
    assert draft.attachments.get(code="q-le_plan").title == "Le plan"
    assert to_do(draft, today=timezone.localdate()) == []


def test_what_is_not_asked_any_more_is_kept_and_not_sent(call: Call) -> None:
    draft = answer(a_complete_draft(call), **FULL)
    draft = answer(draft, un_local_est_il_prete=False)
    assert [one.question.code for one in questionnaire.sheet(draft).unasked()] == ["a_quelle_adresse"]
    sent = services.submit(draft.pk, by=signatory_of(draft))
    said = {one["code"]: one for one in sent.snapshot["questions"]["answers"]}
    assert "a_quelle_adresse" not in said and said["quel_budget"]["value"] == 123_450
    assert sent.snapshot["questions"]["version"] == 1
    assert [row[0]["value"] for row in said["les_seances"]["rows"]] == ["Mairie", "=cmd|' /C calc'!A0"]
    assert "un lieu calme" in sent.search_text and "republique" not in sent.search_text
    assert json.loads(json.dumps(sent.snapshot)) == sent.snapshot
    with pytest.raises(Exception, match="envoyé"):
        answer(sent, racontez="Autre")


# --- Versions --------------------------------------------------------------------------------------------------


def test_a_draft_keeps_its_questions_until_it_goes_over(call: Call) -> None:
    draft = answer(a_draft(call), **FULL)
    second = services_prepare(call)
    rhythm = second.questions.get(code="quel_rythme")
    edit(rhythm, choices=["Chaque jour", "Chaque semaine"])
    edit(second.questions.get(code="racontez"), label="Racontez encore")
    remove(second.questions.get(code="depuis_quand"))
    questions.add(second, "En plus", required=True)
    questions.serve(second)
    connection.check_constraints()
    assert fresh(draft).question_set == draft.question_set and services.newer_questions(fresh(draft)) == second
    assert a_draft(call).question_set == second
    services.change_questions(draft.pk, by=draft.created_by)
    services.change_questions(draft.pk, by=draft.created_by)
    draft = fresh(draft)
    assert draft.question_set == second
    kept = {
        code: questionnaire.content(draft, f"q-{code}") for code in FULL if code not in ("depuis_quand", "quel_rythme")
    }
    assert kept == {code: value for code, value in FULL.items() if code in kept}
    assert questionnaire.content(draft, "q-quel_rythme") == ""
    assert set(services.answers_left(draft)) == {
        ("Depuis quand ?", "28\u00a0février 2026"),
        ("Quel rythme ?", "Chaque mois"),
    }


def test_a_file_sent_keeps_its_questions_for_ever(call: Call) -> None:
    draft = answer(a_complete_draft(call), **FULL)
    sent = services.submit(draft.pk, by=signatory_of(draft))
    questions.serve(services_prepare(call), "Autre chose")
    again = fresh(sent)
    assert again.question_set_id == draft.question_set_id and again.snapshot == sent.snapshot
    with pytest.raises(Exception, match="envoyé"):
        services.change_questions(sent.pk, by=sent.created_by)


def services_prepare(call: Call) -> Any:
    from common.actors import MACHINE
    from fund.services import prepare_questions

    return prepare_questions(call.pk, by=MACHINE)


def edit(question: Question, **fields: Any) -> None:
    from common.actors import MACHINE
    from fund.services import edit_question

    version = Question.objects.select_related("set").get(pk=question.pk).set.version
    edit_question(question.pk, by=MACHINE, version=version, **fields)


def remove(question: Question) -> None:
    from common.actors import MACHINE
    from fund.services import remove_question

    version = Question.objects.select_related("set").get(pk=question.pk).set.version
    remove_question(question.pk, by=MACHINE, version=version)


# --- The pages -------------------------------------------------------------------------------------------------


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(draft: Application) -> str:
    return home_parts.section_url(draft, OWN)


def test_a_call_without_questions_has_no_such_section() -> None:
    draft = a_draft(a_call_open())
    client = signed_in(draft.created_by)
    assert client.get(page_of(draft)).status_code == 404
    assert "Les questions de l’appel" not in client.get(home_parts.url("application_home", draft)).content.decode()


def test_answers_are_saved_by_the_page_and_by_the_page_that_saves_while_typing(call: Call) -> None:
    draft = a_draft(call)
    client = signed_in(draft.created_by)
    page = client.get(page_of(draft)).content.decode()
    assert 'data-unit="q-les_seances"' in page and "5\u202fmots" not in page and "5 mots au plus" in page
    done = post(client, draft, {"q-combien_dagents": "1 2", "q-quel_budget": "1 234,5"})
    body = done.content.decode()
    assert "Écrivez un nombre entier" in body and 'value="1 2"' in body
    assert questionnaire.content(fresh(draft), "q-quel_budget") == 123_450
    opened = post(client, draft, {"q-un_local_est_il_prete": "oui"})
    assert opened["Location"].endswith("/questions/#unite-q-a_quelle_adresse")
    seen = services.tokens(fresh(draft), home_section(draft))["q-depuis_quand"]
    wrong = client.post(
        page_of(draft), {"vu-q-depuis_quand": seen, "q-depuis_quand": "31/02/2026"}, headers={"X-Autosave": "1"}
    ).json()
    assert wrong["errors"] and not wrong["settled"]
    saved = client.post(
        page_of(draft), {"vu-q-depuis_quand": seen, "q-depuis_quand": "28/02/2026"}, headers={"X-Autosave": "1"}
    ).json()
    assert saved["settled"] == ["q-depuis_quand"] and saved["said"]
    stale = client.post(
        page_of(draft), {"vu-q-depuis_quand": seen, "q-depuis_quand": "27/02/2026"}, headers={"X-Autosave": "1"}
    ).json()
    assert "q-depuis_quand" in stale["conflicts"]
    assert "Depuis quand" in client.get(home_parts.url("application_history", draft)).content.decode()


def post(client: Client, draft: Application, data: dict[str, Any]) -> Any:
    """The whole form, as a browser without JavaScript sends it."""
    seen = {f"vu-{unit}": token for unit, token in services.tokens(fresh(draft), home_section(draft)).items()}
    return client.post(page_of(draft), {**seen, **data, "suite": "continuer"})


def home_section(draft: Application) -> Any:
    from applications.sections import section_in

    return section_in(fresh(draft), OWN)


def test_forged_forms_change_nothing(call: Call) -> None:
    draft = a_draft(call)
    client = signed_in(draft.created_by)
    for data in (
        {"q-les_seances-lignes": "999999999999", "q-les_seances-998-le_lieu": "x"},
        {"q-les_seances-lignes": "-1"},
        {"q-quel_rythme": "x", "q-quels_publics": ["x", "y"], "q-un_local_est_il_prete": "x"},
        {"q-racontez": "\x00", "q-a_quelle_adresse": "x" * 400},
        {"vu-q-inconnue": "x", "q-inconnue": "x"},
    ):
        for headers in ({}, {"X-Autosave": "1"}):
            assert client.post(page_of(draft), data, headers=headers).status_code in (200, 302)
    assert not QuestionAnswer.objects.exists()


def test_the_page_costs_the_same_with_thirty_questions() -> None:
    costs = []
    for count in (3, 30):
        call = a_call_open()
        questions.ask(call, *((f"Question {n}", "short", {}) for n in range(count)))
        draft = a_draft(call)
        client = signed_in(draft.created_by)
        client.get(page_of(draft))
        with Counted() as one:
            assert client.get(page_of(draft)).status_code == 200
        with Counted() as home:
            client.get(home_parts.url("application_home", draft))
        costs.append((one.count, home.count))
    assert costs[0] == costs[1]


def test_the_answers_are_read_by_the_desk_and_on_paper(call: Call) -> None:
    draft = answer(a_complete_draft(call), **FULL)
    sent = services.submit(draft.pk, by=signatory_of(draft))
    for client, name in (
        (signed_in(draft.created_by), "application_review"),
        (signed_in(draft.created_by), "application_print"),
        (signed_in(an_instructor()), "desk_file"),
    ):
        body = client.get(reverse(name, args=[sent.public_id])).content.decode()
        assert "Les questions de l’appel" in body and "Un lieu calme." in body and "Mairie" in body


def test_going_over_is_offered_where_the_file_is(call: Call) -> None:
    draft = answer(a_draft(call), racontez="Un lieu calme.")
    change = reverse("application_change_questions", args=[draft.public_id])
    client = signed_in(draft.created_by)
    assert client.get(change).status_code == 302
    questions.serve(services_prepare(call), "Le comité a précisé.")
    assert (
        "Les questions de l’appel ont changé" in client.get(home_parts.url("application_home", draft)).content.decode()
    )
    assert "Le comité a précisé." in client.get(change).content.decode()
    assert client.post(change, {"version": draft.version}).status_code == 302
    assert fresh(draft).question_set.number == 2  # type: ignore[union-attr]
    assert signed_in(a_drafter()).get(change).status_code == 404


# --- Exports ---------------------------------------------------------------------------------------------------


def test_the_exports_hold_a_column_a_question_and_a_line_an_answer(call: Call) -> None:
    draft = answer(a_complete_draft(call), **FULL)
    sent = services.submit(draft.pk, by=signatory_of(draft))
    desk = signed_in(an_instructor())
    listed = desk.get(reverse("desk_queue_export"), {"appel": call.pk, "etat": "tous"})
    rows = list(csv.reader(io.StringIO(b"".join(listed.streaming_content).decode("utf-8-sig")), delimiter=";"))  # type: ignore[attr-defined]
    line = dict(zip(rows[0], rows[1], strict=True))
    assert (line["Numéro"], line["Quel budget ?"], line["Quels publics ?"]) == (
        sent.number,
        "1234,50",
        "Jeunes, Agents",
    )
    assert line["Les séances"] == "Mairie ; 3 | =cmd|' /C calc'!A0"
    plain = desk.get(reverse("desk_queue_export"), {"etat": "tous"})
    assert "Quel budget" not in b"".join(plain.streaming_content).decode()  # type: ignore[attr-defined]
    told = desk.get(reverse("desk_answers_export", args=[call.slug, "csv"]))
    text = b"".join(told.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    cells = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert next(row[6] for row in cells if row[5] == "Le lieu") == "Mairie"
    assert all(cell[:1] not in "=+-@" for row in cells for cell in row if cell)
    book = openpyxl.load_workbook(
        io.BytesIO(desk.get(reverse("desk_answers_export", args=[call.slug, "xlsx"])).content)
    )
    values = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert any(row[6] == "=cmd|' /C calc'!A0" for row in values)
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)  # type: ignore[union-attr]
