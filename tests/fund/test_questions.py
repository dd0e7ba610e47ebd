"""The questions of a call: written, ordered, conditional, previewed, frozen when it opens, replaced by a version."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.errors import DomainError, NotAllowed, Stale
from common.words import count_words
from fund import services
from fund.models import Call, Question, QuestionSet
from fund.questions.form import QuestionsForm
from fund.questions.sheet import Sheet
from fund.states import CallState
from fund.tasks import open_and_close_calls
from journal.models import Entry
from tests.factories import questions
from tests.factories.accounts import a_drafter, a_fund_manager, an_auditor, an_instructor
from tests.factories.fund import a_call, a_call_closed, a_call_open
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> Call:
    return a_call(CallState.PUBLISHED, opens_at=timezone.now() + timedelta(days=1))


def labels(one: QuestionSet) -> list[str]:
    return list(one.questions.order_by("position").values_list("label", flat=True))


def version_of(one: QuestionSet) -> int:
    return QuestionSet.objects.values_list("version", flat=True).get(pk=one.pk)


# --- Writing them ----------------------------------------------------------------------------------------------


def test_each_kind_is_written_and_stands_in_its_order(call: Call) -> None:
    one = questions.prepare(call)
    connection.check_constraints()
    assert labels(one) == [label for label, _, _ in questions.EACH] + ["Le lieu", "Le nombre"]
    verbs = Entry.objects.filter(chain=f"fund.questionset:{one.pk}").values_list("verb", flat=True)
    assert set(verbs) == {"create", "add_question"}


def test_a_section_comes_before_the_next_and_a_block_keeps_its_own(call: Call) -> None:
    one = questions.prepare(call)
    early = questions.add(one, "D’abord", section="enjeu")
    assert labels(one)[0] == early.label
    block = one.questions.get(kind="block")
    services.edit_question(block.pk, by=a_fund_manager(), version=version_of(one), section="enjeu")
    assert labels(one)[:4] == ["D’abord", "Les séances", "Le lieu", "Le nombre"]
    assert set(one.questions.filter(parent=block).values_list("section", flat=True)) == {"enjeu"}
    connection.check_constraints()


def test_moving_stops_where_a_condition_would_look_ahead(call: Call) -> None:
    one = questions.prepare(call)
    manager = a_fund_manager()
    address = one.questions.get(label="À quelle adresse ?")
    with pytest.raises(DomainError, match="doit venir après"):
        services.move_question(address.pk, by=manager, version=version_of(one), up=True)
    services.move_question(address.pk, by=manager, version=version_of(one), up=False)
    assert labels(one)[:3] == ["Un local est-il prêté ?", "Racontez", "À quelle adresse ?"]
    first = one.questions.get(label="Un local est-il prêté ?")
    services.move_question(first.pk, by=manager, version=version_of(one), up=True)
    assert labels(one)[0] == first.label
    connection.check_constraints()


def test_what_others_wait_for_is_neither_removed_nor_emptied(call: Call) -> None:
    one = questions.prepare(
        call,
        ("Quel rythme ?", "one", {"choices": ["Semaine", "Mois"]}),
        ("Quel jour ?", "short", {"if": ("Quel rythme ?", "equals", "Semaine")}),
    )
    rhythm, day = one.questions.all()
    manager = a_fund_manager()
    with pytest.raises(DomainError, match="changez d’abord cette condition"):
        services.remove_question(rhythm.pk, by=manager, version=version_of(one))
    with pytest.raises(DomainError, match="gardez ce choix"):
        services.edit_question(rhythm.pk, by=manager, version=version_of(one), choices=["Mois", "An"])
    with pytest.raises(DomainError, match="doit venir après"):
        services.edit_question(rhythm.pk, by=manager, version=version_of(one), section="engagements")
    services.remove_question(day.pk, by=manager, version=version_of(one))
    services.remove_question(rhythm.pk, by=manager, version=version_of(one))
    assert labels(one) == []


def test_a_block_leaves_with_its_questions(call: Call) -> None:
    one = questions.prepare(call)
    services.remove_question(one.questions.get(kind="block").pk, by=a_fund_manager(), version=version_of(one))
    assert "Le lieu" not in labels(one) and "Le nombre" not in labels(one)


def test_a_block_holds_simple_questions_only(call: Call) -> None:
    one = questions.prepare(call)
    block = one.questions.get(kind="block")
    page = reverse("call_question_add", args=[call.slug])
    client = Client()
    client.force_login(a_fund_manager())
    body = client.get(reverse("call_questions", args=[call.slug])).content.decode()
    inside = body[body.index(f"sorte-{block.pk}") :]
    assert "Fichier à joindre" not in inside[: inside.index("</select>")]
    assert client.get(page, {"sorte": "block", "bloc": block.pk}).status_code in (302, 404)


def test_two_managers_do_not_overwrite_each_other(call: Call) -> None:
    one = questions.prepare(call, ("Une", "short", {}))
    seen = version_of(one)
    questions.add(one, "Deux")
    with pytest.raises(Stale):
        services.edit_question(one.questions.get(label="Une").pk, by=a_fund_manager(), version=seen, label="Autre")


def test_no_more_than_the_most(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fund.services.questions.MOST_QUESTIONS", 3)
    one = questions.prepare(call, *((f"Question {n}", "short", {}) for n in range(3)))
    with pytest.raises(DomainError, match="au plus 3"):
        questions.add(one, "Une de trop")


@pytest.mark.parametrize("actor", [an_instructor, a_drafter, an_auditor])
def test_only_the_manager_writes(call: Call, actor: Any) -> None:
    one = questions.prepare(call, ("Une", "short", {}))
    with pytest.raises(NotAllowed):
        services.add_question(one.pk, by=actor(), version=version_of(one), kind="short", label="x")


# --- Versions --------------------------------------------------------------------------------------------------


def test_the_opening_puts_them_in_service(call: Call) -> None:
    one = questions.prepare(call)
    Call.objects.filter(pk=call.pk).update(opens_at=timezone.now() - timedelta(seconds=1))
    open_and_close_calls()
    one = QuestionSet.objects.get(pk=one.pk)
    assert one.state == "frozen" and one.frozen_at
    with pytest.raises(DomainError, match="en service"):
        questions.add(one, "Trop tard")
    assert services.in_service(call) == one


def test_a_new_version_is_a_copy_with_its_links(call: Call) -> None:
    call = a_call_open()
    first = questions.ask(call)
    second = services.prepare_questions(call.pk, by=a_fund_manager())
    assert services.prepare_questions(call.pk, by=a_fund_manager()) == second
    assert (second.number, labels(second)) == (2, labels(first))
    address = second.questions.get(label="À quelle adresse ?")
    assert address.asked_if is not None and address.asked_if.set_id == second.pk
    assert all(child.parent and child.parent.set_id == second.pk for child in second.questions.filter(label="Le lieu"))
    with pytest.raises(DomainError, match="une phrase"):
        services.put_in_service(second.pk, by=a_fund_manager(), version=version_of(second), reason=" ")
    questions.serve(second)
    connection.check_constraints()
    assert services.in_service(call) == second
    reasons = Entry.objects.filter(chain=f"fund.questionset:{second.pk}", verb="freeze").values_list(
        "reason", flat=True
    )
    assert list(reasons) == ["Précision demandée par le comité."]


def test_a_closed_call_asks_nothing_new() -> None:
    with pytest.raises(DomainError, match="ne changent plus"):
        services.prepare_questions(a_call_closed().pk, by=a_fund_manager())


def test_last_year_s_questions_are_copied_beside_those_written(call: Call) -> None:
    source = questions.ask(a_call_open())
    one = questions.prepare(call, ("Racontez", "long", {}))
    services.copy_questions(one.pk, source.pk, by=a_fund_manager(), version=version_of(one))
    connection.check_constraints()
    assert labels(one) == ["Racontez", *labels(source)]
    assert len(set(one.questions.values_list("code", flat=True))) == len(labels(one))
    with pytest.raises(DomainError, match="Choisissez"):
        services.copy_questions(one.pk, one.pk, by=a_fund_manager(), version=version_of(one))


# --- The form they make ----------------------------------------------------------------------------------------


def form_of(one: QuestionSet, **typed: Any) -> QuestionsForm:
    return QuestionsForm({f"q-{name}": value for name, value in typed.items()}, sheet=Sheet(one.questions.all()))


@pytest.mark.parametrize(
    ("code", "typed", "kept"),
    [
        ("racontez", "  Oui ! Voilà l’idée.\r\nFin. ", "Oui ! Voilà l’idée.\nFin."),
        ("combien_dagents", "1\u202f2", None),
        ("combien_dagents", " 12 ", 12),
        ("combien_dagents", "1 234,5", None),
        ("combien_dagents", "501", None),
        ("combien_dagents", "١٢", None),
        ("quel_budget", "1 234,5", 123_450),
        ("quel_budget", "12.000,50", None),
        ("quel_budget", "-3", None),
        ("depuis_quand", "31/02/2026", None),
        ("depuis_quand", "28/02/2026", "2026-02-28"),
        ("depuis_quand", "2026-02-28", "2026-02-28"),
        ("depuis_quand", "0001-01-01", None),
        ("quel_rythme", "Chaque mois", "Chaque mois"),
        ("quel_rythme", "Jamais", None),
        ("quels_publics", ["Agents", "Jeunes"], ["Jeunes", "Agents"]),
        ("quels_publics", ["Agents", "<script>"], None),
        ("un_local_est_il_prete", "oui", True),
        ("un_local_est_il_prete", "peut-être", None),
        ("racontez", "un deux trois quatre cinq six", None),
        ("racontez", "mot " * 3000, None),
        ("racontez", "a\x00b", None),
        ("racontez", "=1+1 <b>é\u202eߘ</b>", "=1+1 <b>é\u202eߘ</b>"),
    ],
)
def test_what_is_typed_is_kept_as_it_is_or_refused_in_words(call: Call, code: str, typed: Any, kept: Any) -> None:
    one = questions.prepare(call)
    form = form_of(one, **{code: typed})
    if form.is_valid():
        assert form.values()[f"q-{code}"] == kept and kept is not None
    else:
        assert kept is None and form.refusals()[f"q-{code}"][0][1][0].isalnum()


def test_a_question_opens_by_the_answer_to_another(call: Call) -> None:
    one = questions.prepare(call)
    for answer, asked in (("oui", True), ("non", False), ("", False)):
        form = form_of(one, un_local_est_il_prete=answer)
        assert form.is_valid()
        shown = {item["question"].code: item["shown"] for item in form.items()}
        assert (shown["a_quelle_adresse"], shown["le_plan_du_local"], shown["racontez"]) == (asked, asked, True)
        gaps = [gap.anchor for gap in form.typed().gaps()]
        assert ("id_q-a_quelle_adresse" in gaps) is asked
        assert ("id_q-un_local_est_il_prete_0" in gaps) is (answer == "")


def test_a_mistake_in_a_question_not_asked_is_no_mistake(call: Call) -> None:
    one = questions.prepare(call, ("Oui ?", "yes_no", {}), ("Quand ?", "date", {"if": ("Oui ?", "equals", "Oui")}))
    assert form_of(one, oui="non", quand="31/02/2026").is_valid()
    refused = form_of(one, oui="oui", quand="31/02/2026")
    assert not refused.is_valid() and refused.items()[1]["shown"]


def test_a_block_counts_its_rows(call: Call) -> None:
    one = questions.prepare(call)
    typed: dict[str, Any] = {"les_seances-lignes": "4"}
    for at in range(4):
        typed[f"les_seances-{at}-le_lieu"] = f"Lieu {at}"
    refused = form_of(one, **typed)
    assert not refused.is_valid() and "3 au plus, il y en a 4" in str(refused.errors)
    form = form_of(one, **(typed | {"les_seances-1-retirer": "on", "les_seances-2-le_lieu": ""}))
    assert form.is_valid()
    assert [row["le_lieu"] for row in form.values()["q-les_seances"]] == ["Lieu 0", "Lieu 3"]
    assert form_of(one, **{"les_seances-lignes": "9" * 30}).is_valid()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Oui\u202f!", 1),
        ("l’action, c’est ça", 3),
        ("« un »\u00a0deux — trois", 3),
        ("... !!! —", 0),
        ("🎉 12", 2),
    ],
)
def test_words(text: str, count: int) -> None:
    assert count_words(text) == count


# --- The pages -------------------------------------------------------------------------------------------------


@pytest.fixture
def manager() -> Client:
    client = Client()
    client.force_login(a_fund_manager())
    return client


def test_from_nothing_to_a_preview(call: Call, manager: Client) -> None:
    page = reverse("call_questions", args=[call.slug])
    assert "Préparer des questions" in manager.get(page).content.decode()
    manager.post(reverse("call_questions_act", args=[call.slug, "preparer"]))
    add = reverse("call_question_add", args=[call.slug])
    one = services.prepared(call)
    assert one is not None
    answer = manager.post(
        f"{add}?sorte=yes_no", {"version": 1, "label": "Un local est-il prêté ?", "section": "questions"}
    )
    assert answer.status_code == 302, answer.content.decode()
    target = one.questions.get()
    shown = manager.get(f"{add}?sorte=short").content.decode()
    assert "Seulement si « Un local est-il prêté" in shown and "est « Oui »" in shown
    refused = manager.post(
        f"{add}?sorte=one", {"version": 2, "label": "Rythme", "section": "questions", "choices": "Un"}
    )
    assert "au moins deux choix" in refused.content.decode()
    forged = manager.post(
        f"{add}?sorte=short", {"version": 2, "label": "X", "section": "questions", "condition": "999|equals|Oui"}
    )
    assert "Choisissez une réponse dans la liste" in forged.content.decode()
    manager.post(
        f"{add}?sorte=short",
        {"version": 2, "label": "À quelle adresse ?", "section": "questions", "condition": f"{target.pk}|equals|Oui",
         "required": "on"},
    )  # fmt: skip
    body = manager.get(page).content.decode()
    assert "Posée seulement si" in body and "réponse obligatoire" in body
    preview = reverse("call_questions_preview", args=[call.slug])
    assert 'data-asked-if="q-un_local_est_il_prete"' in manager.get(preview).content.decode()
    tried = manager.post(preview, {"q-un_local_est_il_prete": "oui"}).content.decode()
    assert "pas encore complètes" in tried and "Il manque une réponse à" in tried


def test_the_list_costs_the_same_with_thirty(call: Call, manager: Client) -> None:
    one = questions.prepare(call, *((f"Question {n}", "short", {}) for n in range(3)))
    page, preview = reverse("call_questions", args=[call.slug]), reverse("call_questions_preview", args=[call.slug])
    manager.get(page)
    costs = []
    for _ in range(2):
        with Counted() as listed:
            manager.get(page)
        with Counted() as tried:
            manager.get(preview)
        costs.append((listed.count, tried.count))
        for n in range(27):
            questions.add(one, f"Encore {n}")
    assert costs[0] == costs[1]


def test_a_question_of_another_call_is_not_there(call: Call, manager: Client) -> None:
    other = questions.prepare(a_call(CallState.PUBLISHED, opens_at=timezone.now() + timedelta(days=1)))
    questions.prepare(call, ("Une", "short", {}))
    pk = Question.objects.filter(set=other).first().pk  # type: ignore[union-attr]
    for name in ("call_question_edit", "call_question_remove"):
        assert manager.get(reverse(name, args=[call.slug, pk])).status_code == 404
    moved = manager.post(reverse("call_questions_act", args=[call.slug, "monter"]), {"question": pk, "version": 1})
    assert moved.status_code == 404
    for bad in ("x", "9" * 40, ""):
        act = reverse("call_questions_act", args=[call.slug, "monter"])
        assert manager.post(act, {"question": bad, "version": "x"}).status_code == 404
