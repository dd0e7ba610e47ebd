"""The lists of the staff: which rows, which tab, how many in each."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from accounts.states import Role
from common.search import sort_key
from payments.models import BankVersion, Batch, Instalment
from payments.states import BankState, InstalmentState

S = InstalmentState
K = BankState


@dataclass(frozen=True)
class Tab:
    code: str
    label: str
    states: tuple[str, ...]


INSTALMENT_TABS = (
    Tab("certifier", "À certifier", (S.REQUESTED,)),
    Tab("approuver", "À viser ou approuver", (S.CERTIFIED, S.ENDORSED)),
    Tab("prets", "Prêts pour un lot", (S.APPROVED,)),
    Tab("ordonnances", "Ordonnancés", (S.ORDERED,)),
    Tab("payes", "Payés", (S.PAID,)),
    Tab("prevus", "Prévus", (S.PLANNED,)),
    Tab("sans_objet", "Sans objet", (S.VOID,)),
)
BANK_TABS = (
    Tab("verifier", "À vérifier", (K.DECLARED,)),
    Tab("verifies", "Vérifiées", (K.VERIFIED,)),
    Tab("anciennes", "Remplacées ou refusées", (K.SUPERSEDED, K.REFUSED)),
)


def tab_for(user: Any, tabs: tuple[Tab, ...], query: QueryDict) -> Tab:
    """The tab asked for, by its name or by a state it shows, else the one where this person has work."""
    asked = query.get("etat", "")
    first = {Role.FINANCE_APPROVER: "approuver", Role.HEAD_OF_SERVICE: "approuver", Role.FINANCE_PREPARER: "prets"}
    wanted = asked or next((code for role, code in first.items() if user.has_role(role)), "")
    return next((tab for tab in tabs if wanted == tab.code or wanted in tab.states), tabs[0])


def counters(tabs: tuple[Tab, ...], current: Tab, rows: "QuerySet[Any]") -> list[dict[str, Any]]:
    """One query for the figures of all the tabs."""
    by_state = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return [
        {
            "label": tab.label,
            "url": f"?etat={tab.code}",
            "count": sum(by_state.get(state, 0) for state in tab.states),
            "current": tab == current,
        }
        for tab in tabs
    ]


def instalments(user: Any, tab: Tab, search: str) -> "QuerySet[Instalment]":
    account = BankVersion.objects.filter(
        organisation=OuterRef("organisation"), state__in=(K.VERIFIED, K.DECLARED)
    ).order_by("-state")  # « verified » after « declared »
    rows = Instalment.objects.visible_to(user).filter(state__in=tab.states)
    if search:
        rows = rows.filter(_search(search, "application__number", "organisation__sort_name"))
    return rows.annotate(account_state=Subquery(account.values("state")[:1])).select_related(
        "application", "organisation", "decision", "requested_by", "certified_by", "approved_by"
    )


def banks(user: Any, tab: Tab, search: str) -> "QuerySet[BankVersion]":
    rows = BankVersion.objects.visible_to(user).filter(state__in=tab.states)
    if search:
        rows = rows.filter(_search(search, "organisation__siren", "organisation__sort_name"))
    return rows.select_related("organisation", "declared_by", "verified_by", "document")


def _search(text: str, number: str, name: str) -> Q:
    return Q(**{f"{number}__icontains": text.strip()}) | Q(**{f"{name}__contains": sort_key(text)})


def batches(user: Any) -> "QuerySet[Batch]":
    return Batch.objects.visible_to(user).annotate(lines_now=Count("lines")).select_related("prepared_by", "sealed_by")
