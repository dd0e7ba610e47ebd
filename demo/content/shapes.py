"""The shapes of the demonstration's content: frozen, typed, without Django.

Amounts are integer cents. Texts are French, typographically final, and may hold merge fields such as ``{numero}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .call_shapes import CallBook, DocumentText, Letters, RequirementCode

State = Literal[
    "draft",
    "submitted",
    "in_instruction",
    "awaiting_commune",
    "under_review",
    "reviewed",
    "granted",
    "waitlisted",
    "rejected",
    "inadmissible",
    "withdrawn",
]
ActionType = Literal["", "formation", "sensibilisation", "soutien_victimes", "diagnostic", "outils_reseau"]
Phase = Literal["", "internal", "partners", "outside"]
Public = Literal[
    "agents",
    "elus",
    "professionnels",
    "benevoles",
    "jeunes",
    "enfants",
    "adultes",
    "seniors",
    "demandeurs_emploi",
    "locataires",
    "habitants_qpv",
    "associations",
]
ChargeAccount = Literal["60", "61", "62", "63", "64", "65", "86"]
ProductAccount = Literal["70", "74", "75", "87", "autofinancement"]
FundingStatus = Literal["", "acquired", "requested", "to_request"]
Role = Literal[
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
]


# Applications ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Partner:
    name: str
    role: str
    confirmed: bool


@dataclass(frozen=True)
class Milestone:
    label: str
    month_offset: int  # from the first month of the action


@dataclass(frozen=True)
class Indicator:
    label: str
    unit: str
    baseline: int
    target: int
    proof: str


@dataclass(frozen=True)
class ChargeLine:
    account: ChargeAccount
    label: str
    amount_cents: int


@dataclass(frozen=True)
class ProductLine:
    account: ProductAccount
    label: str
    funder: str
    status: FundingStatus
    amount_cents: int
    is_request: bool


@dataclass(frozen=True)
class Budget:
    charges: tuple[ChargeLine, ...]
    products: tuple[ProductLine, ...]

    @property
    def total_cents(self) -> int:
        return sum(line.amount_cents for line in self.charges)

    @property
    def products_cents(self) -> int:
        return sum(line.amount_cents for line in self.products)

    @property
    def eligible_cents(self) -> int:
        """Voluntary contributions in kind (account 86) are shown but do not open a right to money."""
        return sum(line.amount_cents for line in self.charges if line.account != "86")

    @property
    def own_share_cents(self) -> int:
        return sum(line.amount_cents for line in self.products if line.account == "autofinancement")

    @property
    def requested_cents(self) -> int:
        return sum(line.amount_cents for line in self.products if line.is_request)

    @property
    def is_balanced(self) -> bool:
        return self.total_cents == self.products_cents

    def __bool__(self) -> bool:
        return bool(self.charges or self.products)


@dataclass(frozen=True)
class Document:
    requirement: RequirementCode
    filename: str
    title: str
    issued_on_offset_days: int  # from the day of submission; from today for a draft


@dataclass(frozen=True)
class Opinion:
    kind: Literal["favorable", "reserve", "unfavorable"]
    text: str


@dataclass(frozen=True)
class Mark:
    criterion: str
    score: int
    comment: str


@dataclass(frozen=True)
class Scorecard:
    evaluator: str  # key of a person
    marks: tuple[Mark, ...]
    comment: str


@dataclass(frozen=True)
class Recusal:
    evaluator: str
    reason: str


@dataclass(frozen=True)
class Decision:
    kind: Literal["grant", "waitlist", "reject", "inadmissible"]
    amount_cents: int
    reasons: str


@dataclass(frozen=True)
class PieceRequest:
    reason: str
    items: tuple[str, ...]
    due_in_days: int


@dataclass(frozen=True)
class Project:
    """One application to the open call. ``missing`` names what a draft still lacks before it can be sent."""

    key: str
    commune: str
    target_state: State
    theme: str
    title: str
    stakes: str
    diagnostic: str
    success: str
    description: str
    resources: str
    governance: str
    obstacles: str
    open_questions: str
    action_type: ActionType
    phase: Phase
    publics: tuple[Public, ...]
    grounds: tuple[str, ...]
    domains: tuple[str, ...]
    partners: tuple[Partner, ...]
    start_month_offset: int | None  # from the month of the call's decisions
    duration_months: int | None
    milestones: tuple[Milestone, ...]
    indicators: tuple[Indicator, ...]
    budget: Budget
    documents: tuple[Document, ...]
    missing: tuple[str, ...]
    proposed_cents: int | None
    opinion: Opinion | None
    scores: tuple[Scorecard, ...]
    recusals: tuple[Recusal, ...]
    decision: Decision | None
    piece_request: PieceRequest | None
    withdrawal_reason: str


# The year before ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReportedIndicator:
    label: str
    unit: str
    planned: int
    done: int


@dataclass(frozen=True)
class Report:
    motivations: str
    funders: str
    description: str
    publics: str
    partners: str
    strong_points: str
    difficulties: str
    results: str
    contact: str  # a service, never a person
    indicators: tuple[ReportedIndicator, ...]
    spent_cents: int  # eligible cost really borne
    publication_consent: bool


@dataclass(frozen=True)
class PastAction:
    """One action of the archived call: granted, advance and balance paid, report accepted."""

    key: str
    commune: str
    theme: str
    title: str
    stakes: str
    success: str
    action_type: ActionType
    phase: Phase
    publics: tuple[Public, ...]
    grounds: tuple[str, ...]
    domains: tuple[str, ...]
    start_month_offset: int
    duration_months: int
    budget: Budget
    granted_cents: int
    advance_cents: int
    balance_cents: int
    report: Report

    @property
    def requested_cents(self) -> int:
        return self.budget.requested_cents


# People ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """An invented person. ``organisation`` is the exact name of a commune, or empty for the métropole's staff.

    ``listed``: shown on the sign-in page of the demonstration. ``member_of``: a commune whose files this member of the
    staff may not evaluate.
    """

    key: str
    email: str
    first_name: str
    last_name: str
    function: str
    role: Role
    organisation: str
    member_of: str
    listed: bool


@dataclass(frozen=True)
class Content:
    book: CallBook
    projects: tuple[Project, ...]
    past: tuple[PastAction, ...]
    people: tuple[Person, ...]
    letters: Letters
    document_texts: tuple[DocumentText, ...]

    def project(self, key: str) -> Project:
        return next(project for project in self.projects if project.key == key)

    def person(self, key: str) -> Person:
        return next(person for person in self.people if person.key == key)

    def person_by_email(self, email: str) -> Person:
        return next(person for person in self.people if person.email == email)

    def commune_person(self, commune: str, role: Role) -> Person:
        return next(person for person in self.people if person.organisation == commune and person.role == role)
