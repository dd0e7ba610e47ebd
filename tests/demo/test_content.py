"""The demonstration's content keeps the rules it illustrates. No database, no Django."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from demo.content import ContentError, load, merge, of_commune, read
from demo.content.checks import problems, typography_problems
from demo.content.reading import build
from demo.content.shapes import Content, Partner, Project

EXPECTED_STATES = {
    "draft": 7,
    "submitted": 4,
    "in_instruction": 4,
    "awaiting_commune": 2,
    "under_review": 4,
    "reviewed": 4,
    "granted": 4,
    "waitlisted": 1,
    "rejected": 2,
    "inadmissible": 1,
    "withdrawn": 1,
}
TEXT_SECTIONS = (
    "stakes",
    "diagnostic",
    "success",
    "description",
    "resources",
    "governance",
    "obstacles",
    "open_questions",
)
WORKSHOP_KEYS = ("aubagne-logement", "aubagne-emploi", "miramas-sante")
NAMES_AS_THEY_ARE = {"commune", "organisation", "member_of", "filename", "email"}


@pytest.fixture(scope="module")
def content() -> Content:
    return load()


def texts_of(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, str) and name not in NAMES_AS_THEY_ARE:
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts_of(item, name)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts_of(getattr(value, field.name), field.name)


def with_project(content: Content, key: str, **changes: Any) -> Content:
    changed = tuple(
        dataclasses.replace(project, **changes) if project.key == key else project for project in content.projects
    )
    return dataclasses.replace(content, projects=changed)


def test_everything_holds(content: Content) -> None:
    assert problems(content) == []


def test_every_state_is_shown(content: Content) -> None:
    assert Counter(project.target_state for project in content.projects) == EXPECTED_STATES


def test_aubagne_has_three_files_in_different_states(content: Content) -> None:
    states = {project.target_state for project in content.projects if project.commune == "Aubagne"}
    assert states == {"draft", "in_instruction", "granted"}


def test_the_three_workshop_projects_are_written_out(content: Content) -> None:
    for key in WORKSHOP_KEYS:
        project = content.project(key)
        for section in TEXT_SECTIONS[:-1]:
            if section not in project.missing:
                assert len(getattr(project, section).split()) >= 120, (key, section)


def test_one_draft_only_waits_for_its_signature(content: Content) -> None:
    ready = [project for project in content.projects if project.target_state == "draft" and not project.missing]
    assert [project.commune for project in ready] == ["Istres"]


def test_sent_projects_fit_the_lengths_announced(content: Content) -> None:
    limits = {section.code: section for section in content.book.sections}
    for project in content.projects:
        for name in TEXT_SECTIONS:
            words = len(getattr(project, name).split())
            assert words <= limits[name].words_max, (project.key, name, words)


def test_no_text_is_used_twice(content: Content) -> None:
    texts = [getattr(project, name) for project in content.projects for name in TEXT_SECTIONS]
    texts += [text for action in content.past for text in (action.stakes, *texts_of(action.report)) if " " in text]
    long_texts = [text for text in texts if len(text) > 60]
    assert [text for text, count in Counter(long_texts).items() if count > 1] == []


def test_granted_money_leaves_room_in_the_envelope(content: Content) -> None:
    granted = sum(project.decision.amount_cents for project in content.projects if project.decision)
    assert 15_000_00 <= granted <= 20_000_00
    assert content.book.budget(0).total_cents == 60_000_00
    assert content.book.budget(0).line("fund").amount_cents == 40_000_00


def test_the_past_call_has_fourteen_paid_actions(content: Content) -> None:
    assert len(content.past) == 14
    assert all(action.advance_cents == action.balance_cents > 0 for action in content.past)


def test_every_role_can_sign_in(content: Content) -> None:
    listed = {person.role for person in content.people if person.listed}
    assert listed == {
        "reader",
        "drafter",
        "signatory",
        "instructor",
        "fund_manager",
        "head_of_service",
        "evaluator",
        "finance_preparer",
        "finance_approver",
        "auditor",
        "administrator",
    }
    assert content.person_by_email("redacteur@aubagne.demo").organisation == "Aubagne"


def test_french_typography(content: Content) -> None:
    assert [problem for text in texts_of(content) for problem in typography_problems(text)] == []


def test_letters_fill_without_a_blank(content: Content) -> None:
    values = {field.name: field.example for field in content.letters.fields}
    for letter in content.letters.letters:
        for paragraph in (letter.subject, letter.salutation, *letter.paragraphs, letter.closing):
            assert "{" not in merge(paragraph, values)
    with pytest.raises(KeyError):
        merge("{inconnu}", values)


def test_texts_carry_no_year(content: Content) -> None:
    """The demonstration follows today's date: a year written in a text would soon be wrong."""
    for project in content.projects:
        assert not [text for text in texts_of(project) if "202" in text.replace("\u202f", "")], project.key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Aubagne", "d’Aubagne"),
        ("Éguilles", "d’Éguilles"),
        ("La Roque-d'Anthéron", "de La Roque-d’Anthéron"),
        ("Le Puy-Sainte-Réparade", "du Puy-Sainte-Réparade"),
        ("Les Pennes-Mirabeau", "des Pennes-Mirabeau"),
        ("Vitrolles", "de Vitrolles"),
    ],
)
def test_the_name_of_a_commune_after_de(name: str, expected: str) -> None:
    assert of_commune(name) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"commune": "Ville-Inventée"}, "unknown commune"),
        ({"grounds": ("inconnu",)}, "unknown ground"),
        ({"documents": ()}, "is required"),
        ({"opinion": None}, "opinion and state disagree"),
        ({"scores": ()}, "scorecards instead of 3"),
        ({"proposed_cents": 9_999_00}, "more proposed than asked"),
        ({"decision": None}, "decision and state disagree"),
    ],
)
def test_a_broken_project_is_seen(content: Content, changes: dict[str, Any], expected: str) -> None:
    assert any(expected in problem for problem in problems(with_project(content, "aubagne-accueil", **changes)))


def test_an_unbalanced_budget_is_seen(content: Content) -> None:
    budget = content.project("aubagne-accueil").budget
    first, *others = budget.charges
    dearer = dataclasses.replace(first, amount_cents=first.amount_cents + 1)
    broken = with_project(content, "aubagne-accueil", budget=dataclasses.replace(budget, charges=(dearer, *others)))
    assert any("charges" in problem for problem in problems(broken))


@pytest.mark.parametrize("request_cents", [6_000_01, 499_99])
def test_a_request_outside_the_rules_is_seen(content: Content, request_cents: int) -> None:
    budget = content.project("aubagne-accueil").budget
    products = tuple(
        dataclasses.replace(line, amount_cents=request_cents) if line.is_request else line for line in budget.products
    )
    broken = with_project(content, "aubagne-accueil", budget=dataclasses.replace(budget, products=products))
    assert any("outside floor and ceiling" in problem for problem in problems(broken))


def test_an_evaluator_never_reads_their_own_commune(content: Content) -> None:
    broken = with_project(content, "aubagne-accueil", commune="Vitrolles")
    assert any("may not read their own commune" in problem for problem in problems(broken))


@pytest.mark.parametrize(
    "data",
    [
        {"name": "A", "role": "B"},
        {"name": "A", "role": "B", "confirmed": True, "extra": 1},
        {"name": "A", "role": "B", "confirmed": 1},
        ["A"],
    ],
)
def test_reading_is_strict(data: Any) -> None:
    with pytest.raises(ContentError):
        build(Partner, data, "partner")


def test_shapes_cannot_be_changed() -> None:
    project: Project = read().projects[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        project.title = "Autre"  # type: ignore[misc]
