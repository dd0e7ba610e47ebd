"""What a budget amounts to, how much a call allows for it, and whether a file respects the rules. Pure functions.

Amounts are cents, rates basis points. Children are read through `.all()`: prefetch them (`services.for_reading()`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from accounts.models import Organisation
from accounts.states import OrganisationKind
from applications import questionnaire
from applications.models import Application
from applications.states import VOLUNTARY, Side
from applications.validity import REFUSED_FILES, out_of_date
from common.dates import day, local
from common.money import euros, percent, rate, share
from documents.states import FileState
from fund.estimate import may_apply
from fund.limits import Allowed, allowed_for
from fund.models import Call
from fund.states import ActionType, Theme

OWN_ACCOUNTS = ("autofinancement", "70", "75")


# --- The budget ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Money:
    """A provisional budget in figures. Voluntary contributions (86 and 87) are valued apart: nobody pays them."""

    charges: int  # without 86: what will be paid, so the eligible cost
    products: int  # without 87
    voluntary_charges: int
    voluntary_products: int
    requested: int
    other_subsidies: int
    own_share: int

    @property
    def eligible_cost(self) -> int:
        return self.charges

    @property
    def total_cost(self) -> int:
        return self.charges + self.voluntary_charges

    @property
    def gap(self) -> int:
        """Charges minus products: what is missing when positive."""
        return self.charges - self.products

    @property
    def surplus(self) -> int:
        return -self.gap

    @property
    def voluntary_gap(self) -> int:
        return self.voluntary_charges - self.voluntary_products

    @property
    def is_empty(self) -> bool:
        return not (self.charges or self.products)

    @property
    def is_balanced(self) -> bool:
        return not self.is_empty and self.gap == 0 and self.voluntary_gap == 0

    @property
    def rate_bp(self) -> int:
        """Share of the eligible cost asked of the fund."""
        return rate(self.requested, self.eligible_cost)

    @property
    def own_share_bp(self) -> int:
        return rate(self.own_share, self.total_cost, rounding="floor")


def money_of(lines: Iterable[Any]) -> Money:
    """Sums of budget lines (anything with side, account, amount_cents, is_request)."""
    lines = list(lines)

    def total(side: str, *, voluntary: bool = False) -> int:
        return sum(x.amount_cents for x in lines if x.side == side and (x.account in VOLUNTARY) == voluntary)

    products = [line for line in lines if line.side == Side.PRODUCT]
    return Money(
        charges=total(Side.CHARGE),
        products=total(Side.PRODUCT),
        voluntary_charges=total(Side.CHARGE, voluntary=True),
        voluntary_products=total(Side.PRODUCT, voluntary=True),
        requested=sum(line.amount_cents for line in products if line.is_request),
        other_subsidies=sum(line.amount_cents for line in products if line.account == "74" and not line.is_request),
        own_share=sum(line.amount_cents for line in products if line.account in OWN_ACCOUNTS and not line.is_request),
    )


def money(application: Application) -> Money:
    return money_of(application.budget_lines.all())


# --- What the call allows --------------------------------------------------------------------------------------


def allowed(call: Call, figures: Money) -> Allowed:
    """The most the call allows for this budget, with each rule that bounds it (fund.limits)."""
    return allowed_for(
        call,
        cost=figures.eligible_cost,
        total_cost=figures.total_cost,
        other_subsidies=figures.other_subsidies,
    )


def allowed_cents(call: Call, figures: Money) -> int:
    return allowed(call, figures).cents


# --- The rules, one by one -------------------------------------------------------------------------------------

CheckState = Literal["ok", "no", "ask", "wait"]


@dataclass(frozen=True)
class Check:
    """One rule and its computed result; `section` is where the commune mends it."""

    code: str
    ok: bool
    label: str
    reason: str
    section: str = ""
    value: str = ""
    rule: str = ""
    unknown: bool = False  # nothing to look at yet

    @property
    def state(self) -> CheckState:
        return "ok" if self.ok else "wait" if self.unknown else "no"


def organisation_check(call: Call, organisation: Organisation) -> Check:
    """May this organisation apply to this call at all?"""
    reason = may_apply(call, organisation)
    if organisation.kind != OrganisationKind.COMMUNE:
        reason = "L’appel s’adresse aux communes. Demandez à la commune de porter le dossier."
    ok = not reason
    reason = reason or f"{organisation.name}, {organisation.get_plan_status_display().lower()}"
    return Check("organisation", ok, "Commune éligible", reason, "commune")


def theme_check(application: Application) -> Check:
    call = application.call
    if not application.theme or not application.action_type:
        return Check(
            "theme", False, "Thème et type d’action", "Le thème ou le type d’action manque.", "chantier", unknown=True
        )
    fits = application.theme in call.themes and application.action_type in call.action_types
    words = f"{Theme(application.theme).label} ; {ActionType(application.action_type).label.lower()}"
    return Check(
        "theme", fits, "Thème et type d’action", words if fits else f"{words} : l’appel ne les retient pas.", "chantier"
    )


def dates_check(application: Application, today: date) -> Check:
    """The action starts after the file is sent: money never pays for what was decided without it."""
    starts, ends = application.starts_on, application.ends_on
    sent = local(application.submitted_at).date() if application.submitted_at else today
    label, section = "Dates de l’action", "description"
    if starts is None or ends is None:
        return Check("dates", False, label, "Le début ou la fin de l’action manque.", section, unknown=True)
    if ends < starts:
        return Check("dates", False, label, "L’action finit avant d’avoir commencé.", section)
    if starts < sent:
        return Check("dates", False, label, "L’action commence avant l’envoi du dossier.", section)
    return Check("dates", True, label, f"du {day(starts)} au {day(ends)}", section)


def money_checks(call: Call, figures: Money) -> list[Check]:
    """The rules of the budget, each with the figure, the rule and what would mend it."""
    if figures.is_empty:
        labels = ("Équilibre", "Montant demandé", "Part demandée au fonds", "Part de la commune")
        reason = "Le budget n’est pas encore rempli."
        return [Check(f"budget_{n}", False, label, reason, "budget", unknown=True) for n, label in enumerate(labels)]
    return [
        _balance_check(figures),
        _amount_check(call, figures),
        _rate_check(call, figures),
        _own_share_check(call, figures),
    ]


def _balance_check(figures: Money) -> Check:
    ok = figures.is_balanced
    if ok:
        reason = f"{euros(figures.charges)} de charges et de produits"
    elif figures.gap:
        missing = "produits" if figures.gap > 0 else "charges"
        reason = (
            f"Il manque {euros(abs(figures.gap))} de {missing} : {euros(figures.charges)} de charges, "
            f"{euros(figures.products)} de produits."
        )
    else:
        reason = (
            f"Les contributions volontaires ont la même valeur des deux côtés : {euros(figures.voluntary_charges)} "
            f"en charges (86), {euros(figures.voluntary_products)} en produits (87)."
        )
    gap = figures.gap or figures.voluntary_gap
    return Check("balance", ok, "Équilibre", reason, "budget", euros(abs(gap)), euros(0))


def _amount_check(call: Call, figures: Money) -> Check:
    most = allowed(call, figures)
    label, asked = "Montant demandé", figures.requested
    value, rule = euros(asked), f"de {euros(call.floor_cents)} à {euros(most.cents)}"
    if asked == 0:
        return Check("amount", False, label, "Le montant demandé au fonds manque.", "budget", value, rule)
    if asked < call.floor_cents:
        reason = f"Le fonds n’accorde pas moins de {euros(call.floor_cents)}."
        return Check("amount", False, label, reason, "budget", value, rule)
    if asked > most.cents:
        reason = f"Maximum pour ce budget : {euros(most.cents)} ({most.reason})."
        return Check("amount", False, label, reason, "budget", value, rule)
    return Check("amount", True, label, f"maximum {euros(most.cents)} : {most.reason}", "budget", value, rule)


def _rate_check(call: Call, figures: Money) -> Check:
    # Compared in cents: a rounded rate could hide one cent too many.
    ok = figures.requested <= share(figures.eligible_cost, call.max_rate_bp)
    reason = f"{percent(figures.rate_bp)} de {euros(figures.eligible_cost)} de dépenses retenues"
    rule = f"{percent(call.max_rate_bp)} au plus"
    return Check("rate", ok, "Part demandée au fonds", reason, "budget", percent(figures.rate_bp), rule)


def _own_share_check(call: Call, figures: Money) -> Check:
    least = share(figures.total_cost, call.min_own_share_bp, rounding="ceil")
    ok = figures.own_share >= least
    reason = f"{euros(figures.own_share)} apportés par la commune"
    if not ok:
        reason += f", il en faut au moins {euros(least)}"
    rule = f"{percent(call.min_own_share_bp)} au moins"
    return Check("own_share", ok, "Part de la commune", reason, "budget", percent(figures.own_share_bp), rule)


def documents_check(application: Application, today: date) -> Check:
    """A document still in quarantine counts as given: a scanner that is down is not the commune's fault. The day that
    matters for what expires is that of the sending."""
    missing = missing_documents(application)
    required = [document for document in questionnaire.documents(application) if document.required]
    label = "Pièces obligatoires"
    if missing:
        reason = "Il manque : " + ", ".join(document.label.lower() for document in missing) + "."
        return Check("documents", False, label, reason, "pieces")
    sent = local(application.submitted_at).date() if application.submitted_at else today
    if late := out_of_date(application, sent):
        return Check("documents", False, label, " ".join(late), "pieces")
    if not required:
        return Check("documents", True, label, "l’appel n’en demande pas", "pieces")
    count = f"{len(required)} pièce{'s' if len(required) > 1 else ''} sur {len(required)}"
    if any(one.file.state == FileState.QUARANTINED for one in application.attachments.all()):
        count += ", analyse antivirus en cours"
    return Check("documents", True, label, count, "pieces")


def in_force(application: Application) -> list[Any]:
    """The documents that count: readable, and not replaced by another that is."""
    readable = [one for one in application.attachments.all() if one.file.state not in REFUSED_FILES]
    replaced = {one.replaces_id for one in readable}
    return [one for one in readable if one.pk not in replaced]


def missing_documents(application: Application) -> list[Any]:
    """Required documents, of the call or of its questions, that no readable file answers."""
    given = {one.code for one in in_force(application)}
    return [one for one in questionnaire.documents(application) if one.required and one.code not in given]


def checks(application: Application, *, today: date) -> list[Check]:
    """Every computed rule of a file, for the commune before sending and for the instructor after (recevabilité)."""
    return [
        organisation_check(application.call, application.organisation),
        theme_check(application),
        dates_check(application, today),
        *money_checks(application.call, money(application)),
        documents_check(application, today),
    ]
