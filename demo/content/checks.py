"""What must be true of the content: the rules of the call, the directories, the sums."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

from .call_shapes import Call
from .shapes import Budget, Content, PastAction, Project

ROOT = Path(__file__).resolve().parents[2]
COMMUNES = ROOT / "accounts" / "data" / "communes_amp.csv"
GROUNDS = ROOT / "applications" / "data" / "criteres_discrimination.json"

SECTIONS = ("stakes", "success", "description", "resources", "governance", "obstacles", "diagnostic")
OPINION_STATES = {"under_review", "reviewed", "granted", "waitlisted", "rejected"}
SCORED_STATES = {"reviewed", "granted", "waitlisted", "rejected"}
DECISION_KINDS = {"granted": "grant", "waitlisted": "waitlist", "rejected": "reject", "inadmissible": "inadmissible"}
ASCII_APOSTROPHE = re.compile(r"\w'\w")
PLAIN_SPACE_BEFORE_SIGN = re.compile(r"[ \u00a0][;:!?»€%]|« |\w[!?](?:\s|$)")


def problems(content: Content) -> list[str]:
    return [
        *_directory_problems(content),
        *_call_problems(content),
        *(text for project in content.projects for text in _project_problems(content, project)),
        *(text for action in content.past for text in _past_problems(content, action)),
        *_total_problems(content),
        *_letter_problems(content),
    ]


@cache
def commune_names() -> frozenset[str]:
    with COMMUNES.open(encoding="utf-8", newline="") as lines:
        return frozenset(row["nom"] for row in csv.DictReader(lines))


@cache
def ground_codes() -> frozenset[str]:
    return frozenset(item["code"] for item in json.loads(GROUNDS.read_text(encoding="utf-8"))["criteres"])


@cache
def domain_codes() -> frozenset[str]:
    return frozenset(item["code"] for item in json.loads(GROUNDS.read_text(encoding="utf-8"))["domaines"])


def typography_problems(text: str) -> list[str]:
    found = ASCII_APOSTROPHE.findall(text) + PLAIN_SPACE_BEFORE_SIGN.findall(text)
    return [f"{part!r} in {text[:60]!r}" for part in found]


def merge_fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _directory_problems(content: Content) -> Iterator[str]:
    for kind, keys in (
        ("project", [project.key for project in content.projects]),
        ("past action", [action.key for action in content.past]),
        ("person", [person.key for person in content.people]),
        ("e-mail", [person.email for person in content.people]),
    ):
        yield from (f"{kind} {key}: twice" for key, count in Counter(keys).items() if count > 1)
    for person in content.people:
        for commune in filter(None, (person.organisation, person.member_of)):
            if commune not in commune_names():
                yield f"person {person.key}: unknown commune {commune}"
        if not person.email.endswith(".demo"):
            yield f"person {person.key}: {person.email} does not end in .demo"
    pairs = {(person.organisation, person.role) for person in content.people}
    communes = {project.commune for project in content.projects} | {action.commune for action in content.past}
    for commune in sorted(communes):
        for role in ("drafter", "signatory"):
            if (commune, role) not in pairs:
                yield f"{commune}: no {role}"


def _call_problems(content: Content) -> Iterator[str]:
    for call in content.book.calls:
        if sum(criterion.weight for criterion in call.criteria) != 100:
            yield f"call {call.key}: the weights do not sum to 100"
        if sum(instalment.percent for instalment in call.instalments) != 100:
            yield f"call {call.key}: the instalments do not sum to 100"
        if [article.number for article in call.rules] != list(range(1, len(call.rules) + 1)):
            yield f"call {call.key}: the articles are not numbered in order"
        yield from (
            f"call {call.key}: criterion {criterion.code} needs six anchors"
            for criterion in call.criteria
            if len(criterion.anchors) != 6
        )


def _budget_problems(budget: Budget, call: Call, where: str) -> Iterator[str]:
    requests = [line for line in budget.products if line.is_request]
    if len(requests) != 1:
        yield f"{where}: {len(requests)} request lines instead of 1"
    if not budget.is_balanced:
        yield f"{where}: charges {budget.total_cents}, products {budget.products_cents}"
    amounts = [line.amount_cents for line in budget.charges] + [line.amount_cents for line in budget.products]
    if any(amount <= 0 for amount in amounts):
        yield f"{where}: an amount is not positive"
    in_kind = sum(line.amount_cents for line in budget.products if line.account == "87")
    if in_kind != budget.total_cents - budget.eligible_cents:
        yield f"{where}: accounts 86 and 87 differ"
    requested = budget.requested_cents
    if not call.floor_cents <= requested <= call.ceiling_cents:
        yield f"{where}: {requested} is outside floor and ceiling"
    if requested * 100 > budget.eligible_cents * call.max_rate_percent:
        yield f"{where}: {requested} is above the maximum rate of {budget.eligible_cents}"
    if budget.own_share_cents * 100 < budget.total_cents * call.min_own_share_percent:
        yield f"{where}: own share {budget.own_share_cents} below the minimum of {budget.total_cents}"


def _code_problems(item: Project | PastAction, where: str) -> Iterator[str]:
    if item.commune not in commune_names():
        yield f"{where}: unknown commune {item.commune}"
    if item.theme and item.theme not in domain_codes():
        yield f"{where}: unknown theme {item.theme}"
    yield from (f"{where}: unknown ground {code}" for code in item.grounds if code not in ground_codes())
    yield from (f"{where}: unknown domain {code}" for code in item.domains if code not in domain_codes())


def _project_problems(content: Content, project: Project) -> Iterator[str]:
    where, call = f"project {project.key}", content.book.call("current")
    yield from _code_problems(project, where)
    if project.budget:
        yield from _budget_problems(project.budget, call, where)
    if project.target_state == "draft":
        return
    yield from (f"{where}: {name} is empty" for name in SECTIONS if not getattr(project, name))
    for name in ("theme", "action_type", "phase", "publics", "grounds", "domains", "milestones", "indicators"):
        if not getattr(project, name):
            yield f"{where}: {name} is empty"
    if not project.budget or project.start_month_offset is None or project.duration_months is None:
        yield f"{where}: no budget or no calendar"
    if project.missing:
        yield f"{where}: sent with missing sections"
    yield from _required_document_problems(project, call, where)
    yield from _life_problems(content, project, where)


def _required_document_problems(project: Project, call: Call, where: str) -> Iterator[str]:
    given = {document.requirement for document in project.documents}
    for requirement in call.requirements:
        above = requirement.when == "above_threshold" and any(
            line.account in ("60", "61", "62") and line.amount_cents > requirement.threshold_cents
            for line in project.budget.charges
        )
        if (requirement.when == "always" or above) and requirement.code not in given:
            yield f"{where}: document {requirement.code} is required"


def _life_problems(content: Content, project: Project, where: str) -> Iterator[str]:
    state, requested = project.target_state, project.budget.requested_cents
    if (project.opinion is not None) != (state in OPINION_STATES):
        yield f"{where}: opinion and state disagree"
    if (project.proposed_cents is not None) != (project.opinion is not None):
        yield f"{where}: an opinion goes with a proposed amount"
    if project.proposed_cents is not None and project.proposed_cents > requested:
        yield f"{where}: more proposed than asked"
    if (project.decision.kind if project.decision else None) != DECISION_KINDS.get(state):
        yield f"{where}: decision and state disagree"
    if project.decision and (project.decision.kind == "grant") != (project.decision.amount_cents > 0):
        yield f"{where}: the decision's amount and kind disagree"
    if project.decision and project.decision.amount_cents > requested:
        yield f"{where}: more granted than asked"
    if (project.piece_request is not None) != (state == "awaiting_commune"):
        yield f"{where}: piece request and state disagree"
    if bool(project.withdrawal_reason) != (state == "withdrawn"):
        yield f"{where}: withdrawal and state disagree"
    if state in SCORED_STATES and len(project.scores) != 3:
        yield f"{where}: {len(project.scores)} scorecards instead of 3"
    yield from _score_problems(content, project, where)


def _score_problems(content: Content, project: Project, where: str) -> Iterator[str]:
    evaluators = {person.key: person for person in content.people if person.role == "evaluator"}
    criteria = [criterion.code for criterion in content.book.call("current").criteria]
    readers = [card.evaluator for card in project.scores] + [recusal.evaluator for recusal in project.recusals]
    for reader in readers:
        if reader not in evaluators:
            yield f"{where}: unknown evaluator {reader}"
        elif evaluators[reader].member_of == project.commune:
            yield f"{where}: {reader} may not read their own commune"
    if len(set(readers)) < len(readers):
        yield f"{where}: an evaluator reads twice"
    for card in project.scores:
        if [mark.criterion for mark in card.marks] != criteria:
            yield f"{where}: {card.evaluator} has not marked the five criteria in order"
        if any(not 0 <= mark.score <= 5 for mark in card.marks):
            yield f"{where}: {card.evaluator} has a mark outside 0 to 5"


# The action that was cut short: its balance is not paid, and a part of its advance is asked back.
ASKED_BACK = "passe-velaux-jurys"


def _past_problems(content: Content, action: PastAction) -> Iterator[str]:
    where = f"past {action.key}"
    yield from _code_problems(action, where)
    yield from _budget_problems(action.budget, content.book.call("past"), where)
    if action.granted_cents > action.requested_cents:
        yield f"{where}: more granted than asked"
    if action.advance_cents * 2 != action.granted_cents or action.balance_cents * 2 != action.granted_cents:
        yield f"{where}: the instalments are not two halves"
    if action.report.spent_cents < action.budget.eligible_cents and action.key != ASKED_BACK:
        yield f"{where}: less was spent than planned, the balance would be reduced"


def _total_problems(content: Content) -> Iterator[str]:
    granted = sum(project.decision.amount_cents for project in content.projects if project.decision)
    if granted > content.book.budget(0).line("fund").amount_cents:
        yield f"granted {granted}: more than the envelope"
    past = sum(action.granted_cents for action in content.past)
    if past > content.book.budget(-1).line("fund").amount_cents:
        yield f"granted last year {past}: more than the envelope"


def _letter_problems(content: Content) -> Iterator[str]:
    known = {field.name for field in content.letters.fields}
    texts = [*content.letters.receipt_next_steps, content.letters.remedies]
    for letter in content.letters.letters:
        texts += [letter.subject, letter.salutation, *letter.paragraphs, letter.closing]
    for call in content.book.calls:
        texts += [call.title, call.summary, *call.introduction, *(article.text for article in call.rules)]
        texts += [text for question in call.faq for text in (question.question, question.answer)]
    texts += [text for section in content.book.sections for text in (section.help, section.example)]
    for document in content.document_texts:
        texts += [document.heading, *document.paragraphs]
    for text in texts:
        if unknown := merge_fields(text) - known:
            yield f"unknown merge fields {sorted(unknown)} in {text[:60]!r}"
