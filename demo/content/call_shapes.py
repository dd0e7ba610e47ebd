"""The shapes of the calls, their rules and their letters. Amounts are integer cents; texts may hold merge fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RequirementCode = Literal[
    "deliberation",
    "plan_financement",
    "calendrier",
    "devis",
    "attestation_non_commencement",
    "rib",
    "diagnostic",
    "lettre_partenaire",
]


# The calls ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BudgetLine:
    code: str
    label: str
    explanation: str
    amount_cents: int


@dataclass(frozen=True)
class YearBudget:
    year_offset: int
    lines: tuple[BudgetLine, ...]

    @property
    def total_cents(self) -> int:
        return sum(line.amount_cents for line in self.lines)

    def line(self, code: str) -> BudgetLine:
        return next(line for line in self.lines if line.code == code)


@dataclass(frozen=True)
class Article:
    number: int
    title: str
    text: str


@dataclass(frozen=True)
class Question:
    question: str
    answer: str


@dataclass(frozen=True)
class Criterion:
    code: str
    label: str
    weight: int
    question: str
    anchors: tuple[str, ...]  # six sentences, for the scores 0 to 5


@dataclass(frozen=True)
class Requirement:
    code: RequirementCode
    label: str
    help: str
    when: Literal["always", "above_threshold", "optional"]
    threshold_cents: int  # of one line of expense; 0 unless above_threshold


@dataclass(frozen=True)
class SectionHelp:
    code: str
    label: str
    help: str
    example: str
    words_min: int
    words_max: int


@dataclass(frozen=True)
class Instalment:
    code: Literal["advance", "balance"]
    label: str
    percent: int
    condition: str


@dataclass(frozen=True)
class LegalBasis:
    code: str
    label: str
    explanation: str


@dataclass(frozen=True)
class CallDates:
    """Days from today; hours are of Europe/Paris."""

    opens_offset_days: int
    opens_at: str
    closes_offset_days: int
    closes_at: str
    decision_offset_days: int
    report_due_offset_days: int


@dataclass(frozen=True)
class CallContact:
    service: str
    email: str
    phone: str
    address: str
    hours: str


@dataclass(frozen=True)
class Call:
    key: Literal["current", "past"]
    title: str
    summary: str
    introduction: tuple[str, ...]
    dates: CallDates
    max_rate_percent: int
    ceiling_cents: int
    floor_cents: int
    min_own_share_percent: int
    max_applications: int
    legal_basis: LegalBasis
    instalments: tuple[Instalment, ...]
    criteria: tuple[Criterion, ...]
    requirements: tuple[Requirement, ...]
    rules: tuple[Article, ...]
    faq: tuple[Question, ...]
    contact: CallContact


@dataclass(frozen=True)
class FundTexts:
    name: str
    authority: str
    service: str
    presentation: str


@dataclass(frozen=True)
class CallBook:
    fund: FundTexts
    budgets: tuple[YearBudget, ...]
    sections: tuple[SectionHelp, ...]
    calls: tuple[Call, ...]

    def call(self, key: str) -> Call:
        return next(call for call in self.calls if call.key == key)

    def budget(self, year_offset: int) -> YearBudget:
        return next(budget for budget in self.budgets if budget.year_offset == year_offset)


# Letters --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MergeField:
    name: str
    label: str
    example: str


@dataclass(frozen=True)
class Letter:
    code: str
    label: str
    subject: str
    salutation: str
    paragraphs: tuple[str, ...]
    closing: str


@dataclass(frozen=True)
class Letters:
    fields: tuple[MergeField, ...]
    receipt_next_steps: tuple[str, ...]
    remedies: str
    letters: tuple[Letter, ...]

    def letter(self, code: str) -> Letter:
        return next(letter for letter in self.letters if letter.code == code)


@dataclass(frozen=True)
class DocumentText:
    """The text of a sample document, so that the attachments of the demonstration read like real ones."""

    requirement: RequirementCode
    heading: str
    paragraphs: tuple[str, ...]
