"""The menu of each role. It only leads: each view decides by itself what may be seen.

Counts come in one query, whatever the roles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts import absences
from accounts.models import JoinRequest
from accounts.policies import can_keep_accounts_of_communes
from accounts.states import DESK_ROLES, FINANCE_ROLES, READING_ROLES, JoinState, Role
from applications.conversation import to_answer
from applications.models import Application, Decision, FinalReport
from applications.queue import of_the_day, rights
from applications.states import ApplicationState, DecisionState, ReportState
from common.counting import Count, Counts, count_each, remembered
from notifications.models import Message
from notifications.states import MessageState
from payments.models import Instalment
from payments.states import InstalmentState
from reviews.models import Review
from reviews.policies import without_declared_interest
from reviews.states import ReviewState

Rows = Callable[[Any], QuerySet[Any]]


@dataclass(frozen=True)
class Item:
    label: str
    name: str
    sees: Callable[[Any], bool]
    rows: Rows | None = None
    also: tuple[str, ...] = ()  # paths under which the item stays current


def _neutral(user: Any) -> QuerySet[Any]:
    """The files in which this person has declared no interest. A subquery, for the SQL of these counts is kept."""
    return Application.objects.filter(without_declared_interest(user))


def _to_instruct(user: Any) -> QuerySet[Any]:
    return Application.objects.visible_to(user).filter(of_the_day(user))


def _to_sign(user: Any) -> QuerySet[Any]:
    found = Decision.objects.filter(state=DecisionState.RECORDED, application__in=_neutral(user))
    found = found.exclude(recorded_by=user)
    if user.has_role(Role.HEAD_OF_SERVICE):
        return found
    return found.filter(Exists(absences.in_force().filter(delegate=user)))


def _to_read(user: Any) -> QuerySet[Any]:
    seen = Application.objects.visible_to(user)
    return FinalReport.objects.filter(state=ReportState.SUBMITTED, application__in=seen)


def _to_review(user: Any) -> QuerySet[Any]:
    return Review.objects.filter(evaluator=user, state__in=(ReviewState.ASSIGNED, ReviewState.STARTED))


def _to_answer(user: Any) -> QuerySet[Any]:
    mine = user.organisation_ids()
    return Application.objects.filter(organisation__in=mine, state=ApplicationState.AWAITING_COMMUNE)


def _to_certify(user: Any) -> QuerySet[Any]:
    return Instalment.objects.filter(state=InstalmentState.REQUESTED, application__in=_neutral(user))


def _to_pay(user: Any) -> QuerySet[Any]:
    waiting = Instalment.objects.filter(state__in=(InstalmentState.CERTIFIED, InstalmentState.APPROVED))
    return waiting.filter(application__in=_neutral(user))


def _not_arrived(user: Any) -> QuerySet[Any]:
    hidden = Application.objects.filter(~without_declared_interest(user), number__isnull=False)
    return Message.objects.filter(state=MessageState.DEAD).exclude(subject_ref__in=hidden.values("number"))


def _to_let_in(user: Any) -> QuerySet[Any]:
    """Who asks to join, before those who may answer."""
    waiting = JoinRequest.objects.filter(state=JoinState.WAITING)
    if can_keep_accounts_of_communes(user):
        return waiting
    return waiting.filter(organisation__in=user.organisation_ids(Role.ORGANISATION_ADMIN))


def _holds(*roles: str) -> Callable[[Any], bool]:
    return lambda user: user.has_role(*roles)


def _in_a_commune(user: Any) -> bool:
    return bool(user.organisation_ids())


MENU = (
    Item("Mes dossiers", "my_applications", _in_a_commune, _to_answer, also=("/dossiers/",)),
    Item("Équipe", "team", _in_a_commune, _to_let_in, also=("/equipe/",)),
    Item("À traiter", "desk_queue", _holds(*DESK_ROLES), _to_instruct, also=("/instruction/", "/etiquettes/")),
    Item("Dossiers", "desk_queue", _holds(Role.AUDITOR), also=("/instruction/",)),
    Item("Questions", "desk_questions", _holds(*DESK_ROLES), to_answer),
    Item(
        "Décisions",
        "decision_list",
        _holds(*DESK_ROLES, Role.AUDITOR),
        _to_sign,
        also=("/decisions/", "/scenarios/", "/comites/", "/motifs/", "/lettres/"),
    ),
    Item("Bilans", "report_list", _holds(*DESK_ROLES, Role.AUDITOR), _to_read, also=("/bilans/",)),
    Item("Intérêts", "interest_list", _holds(Role.EVALUATOR, *DESK_ROLES, Role.AUDITOR), also=("/interets/",)),
    Item("Évaluations", "review_list", _holds(Role.EVALUATOR), _to_review, also=("/evaluations/",)),
    Item("Évaluations", "review_list", _holds(Role.EVALUATOR), _to_review, also=("/evaluations/", "/comites/")),
    Item("Bureau des finances", "finance_desk", _holds(*FINANCE_ROLES), also=("/finances/",)),
    Item("Versements", "instalment_list", _holds(*DESK_ROLES), _to_certify),
    Item("Versements", "instalment_list", _holds(*FINANCE_ROLES), _to_pay),
    Item("Lots", "batch_list", _holds(*FINANCE_ROLES)),
    Item("Retours", "return_list", _holds(*FINANCE_ROLES), also=("/retours/", "/ecarts/")),
    Item("Rapprochement", "reconciliation", _holds(*FINANCE_ROLES)),
    Item("Comptes bancaires", "bank_list", _holds(*FINANCE_ROLES)),
    Item("Appels", "call_manage_list", _holds(*DESK_ROLES, Role.AUDITOR), also=("/appels-gestion/",)),
    Item("Budget", "budget", _holds(*READING_ROLES), also=("/budget/",)),
    Item(
        "Communes",
        "commune_list",
        _holds(*READING_ROLES, Role.ADMINISTRATOR),
        _to_let_in,
        also=("/communes/", "/demandes-entree/"),
    ),
    Item("Tableau de bord", "dashboard", _holds(*DESK_ROLES, Role.AUDITOR)),
    Item("Journal", "journal", _holds(Role.AUDITOR, Role.HEAD_OF_SERVICE), also=("/journal/",)),
    Item(
        "Courriels", "message_list", _holds(Role.FUND_MANAGER, Role.ADMINISTRATOR), _not_arrived, also=("/messages/",)
    ),
    Item("Comptes", "account_list", _holds(Role.ADMINISTRATOR), also=("/comptes/",)),
)
PUBLIC = (("Les appels", "call_list"), ("Se connecter", "account_login"))


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    user = getattr(request, "user", None)
    path = request.path
    if user is None or not user.is_authenticated:
        return [_entry(label, address(name), path) for label, name in PUBLIC]
    items = _items_of(user)
    counts = _counts(user, items)
    exact = any(url == path for _, url in items.values())  # a page of its own under another item's address
    return [
        _entry(item.label, url, path, also=() if exact else item.also, count=counts.get(item.name, 0))
        for item, url in items.values()
    ]


def address(name: str) -> str:
    """The address of a page, empty where it does not exist."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _items_of(user: Any) -> dict[str, tuple[Item, str]]:
    """One item a page: the first that fits."""
    found: dict[str, tuple[Item, str]] = {}
    for item in MENU:
        if item.name not in found and item.sees(user) and (url := address(item.name)):
            found[item.name] = (item, url)
    return found


def _counts(user: Any, items: dict[str, tuple[Item, str]]) -> dict[str, int]:
    """All in one query, each up to CAP: the menu does not cost more as the years add up."""

    def build() -> Counts:
        return {name: Count.of(item.rows(user)) for name, (item, _) in items.items() if item.rows}

    return count_each(remembered(("menu", rights(user), tuple(items)), build))


def _entry(label: str, url: str, path: str, *, also: tuple[str, ...] = (), count: int = 0) -> dict[str, Any]:
    current = path == url or any(path.startswith(prefix) for prefix in also)
    return {"label": label, "url": url, "current": current, "count": count}
