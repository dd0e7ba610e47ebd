"""The lists that finance takes away as files: who sees each, its rows under the filters of its page, its columns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils import timezone

from applications.models import Decision
from applications.states import DecisionKind, DecisionState
from common.dates import local
from common.hidden import hidden_from
from fund.forms.votes import LedgerForm
from fund.views.ledger import movements
from fund.words import MOVEMENT_WORDS
from payments import lists, policies
from payments.due_forms import DueForm
from payments.dues import STAGES, planned_day
from payments.finance_pages import lines_seen
from payments.list_exports import Column as C
from payments.models import Batch, Instalment, PaymentLine, Recovery, ReturnDifference, ReturnImport


@dataclass(frozen=True)
class FinanceList:
    title: str
    rows: Callable[[Any, Any], Any]  # user, query of the page
    columns: tuple[C, ...]
    sees: Callable[[Any], bool] = policies.reads_payments


def _dues(user: Any, query: Any) -> Any:
    return DueForm(query).rows(user).select_related(
        "application__call__envelope__line__budget", "organisation", "decision"
    ).order_by("pk")  # fmt: skip


def _instalments(user: Any, query: Any) -> Any:
    tab = lists.tab_for(user, lists.INSTALMENT_TABS, query)
    return lists.instalments(user, tab, query.get("q", "")[:80]).annotate(due_on=planned_day()).order_by("-pk")


def _batches(user: Any, query: Any) -> Any:
    rows = Batch.objects.visible_to(user).annotate(lines_now=Count("lines")).select_related("prepared_by", "sealed_by")
    return rows.order_by("-pk")


def _lines(user: Any, query: Any) -> Any:
    rows = PaymentLine.objects.filter(
        batch__in=Batch.objects.visible_to(user), instalment__in=Instalment.objects.visible_to(user)
    ).select_related("batch", "instalment__application", "instalment__decision", "organisation")
    asked = query.get("lot", "")
    return (rows.filter(batch=int(asked)) if asked.isdecimal() and len(asked) < 10 else rows).order_by("batch_id", "pk")


def _awards(user: Any, query: Any) -> Any:
    told = (DecisionState.SIGNED, DecisionState.NOTIFIED)
    seen = Instalment.objects.visible_to(user).values("decision")
    rows = Decision.objects.filter(kind=DecisionKind.GRANT, state__in=told, pk__in=seen)
    return rows.select_related("application__organisation", "application__call").order_by("pk")


def _ledger(user: Any, query: Any) -> Any:
    form = LedgerForm(query or None, words=MOVEMENT_WORDS)
    asked = form.cleaned_data if form.is_valid() else {}
    return movements(asked).exclude(subject__in=hidden_from(user).numbers).order_by("pk")


def _recoveries(user: Any, query: Any) -> Any:
    return Recovery.objects.visible_to(user).select_related("application", "organisation").order_by("pk")


def _differences(user: Any, query: Any) -> Any:
    rows = ReturnDifference.objects.filter(imported__in=ReturnImport.objects.visible_to(user)).order_by("pk")
    rows = rows.select_related("imported", "line__batch", "settled_by", "returned")
    asked = query.get("retour", "")
    rows = rows.filter(imported=int(asked)) if asked.isdecimal() and len(asked) < 10 else rows
    return rows.filter(settled_by__isnull=True) if query.get("etat") == "ouverts" else rows


def _ageing(user: Any, query: Any) -> Any:
    return (
        lines_seen(user)
        .select_related("batch", "organisation", "instalment__application")
        .order_by("batch__sealed_at", "pk")
    )


def _days(line: PaymentLine) -> int:
    return (timezone.localdate() - local(line.batch.sealed_at).date()).days  # type: ignore[arg-type]


FILE = C("Dossier", "application__number")
COMMUNE = C("Commune", "organisation__name")
AMOUNT = C("Montant (€)", "amount_cents", "money")
LISTS: dict[str, FinanceList] = {
    "echeances": FinanceList("Échéances", _dues, (
        FILE, COMMUNE, C("Versement", "get_kind_display"), C("Étape", lambda one: STAGES[one.stage]),
        C("Échéance prévue", "due_on", "date"), C("Attendu le", "expected_on", "date"), C("Dans cette étape depuis", "since", "date"),
        C("Ligne de budget", "application__call__envelope__line__label"),
        C("Exercice", "application__call__envelope__line__budget__year", "number"),
        C("Acte", "decision__act_number"), C("Payé le", "paid_on", "date"), C("Mandat", "mandate"), AMOUNT)),
    "versements": FinanceList("Versements", _instalments, (
        FILE, COMMUNE, C("Versement", "get_kind_display"), C("État", "get_state_display"), C("Acte", "decision__act_number"),
        C("Date de l’acte", "decision__act_date", "date"), C("Échéance prévue", "due_on", "date"),
        C("Demandé le", "requested_at", "date"), C("Service fait le", "certified_at", "date"),
        C("Approuvé le", "approved_at", "date"), C("Payé le", "paid_on", "date"), C("Mandat", "mandate"), AMOUNT)),
    "lots": FinanceList("Lots", _batches, (
        C("Lot", "__str__"), C("Exercice", "year", "number"), C("État", "get_state_display"), C("Préparé par", "prepared_by"),
        C("Scellé par", "sealed_by"), C("Scellé le", "sealed_at", "date"), C("Lignes", "lines_now", "number"),
        C("Total scellé (€)", "total_cents", "money"), C("Empreinte", "sha256"))),
    "lignes": FinanceList("Lignes des lots", _lines, (
        C("Lot", "batch"), C("Dossier", "instalment__application__number"), COMMUNE, C("Versement", "instalment__get_kind_display"),
        C("Acte", "instalment__decision__act_number"), C("Ligne", "get_state_display"),
        C("Versement, état", "instalment__get_state_display"), C("Scellé le", "batch__sealed_at", "date"),
        C("Payé le", "instalment__paid_on", "date"), C("Mandat", "instalment__mandate"), AMOUNT)),
    "aides": FinanceList("Aides attribuées", _awards, (
        FILE, C("Commune", "application__organisation__name"), C("Action", "application__title"), C("Acte", "act_number"),
        C("Date de l’acte", "act_date", "date"), C("Base juridique", "application__call__get_legal_basis_display"),
        C("Appel", "application__call__title"), C("Dossier, état", "application__get_state_display"),
        C("Accordé (€)", "amount_cents", "money"))),
    "mouvements": FinanceList("Grand livre", _ledger, (
        C("N°", "pk", "number"), C("Date", "at", "date"), C("Mouvement", lambda one: MOVEMENT_WORDS[one.verb]),
        C("Objet", "subject"), C("Libellé", "label"), C("Ligne de budget", "envelope__line__label"),
        C("Exercice", "envelope__line__budget__year", "number"), C("De", "get_from_account_display"),
        C("Vers", "get_to_account_display"), C("Annule le n°", "reverses_id", "number"), C("Par", "actor_label"), AMOUNT)),
    "recouvrements": FinanceList("Recouvrements", _recoveries, (
        FILE, COMMUNE, C("État", "get_state_display"), C("Motif", "reason"), C("Demandé le", "asked_at", "date"),
        C("Titre", "title_number"), C("Date du titre", "title_date", "date"), C("Encaissé le", "received_on", "date"),
        C("Référence", "reference"), AMOUNT)),
    "ecarts": FinanceList("Écarts des retours", _differences, (
        C("Retour", "imported__name"), C("Écart", "get_kind_display"), C("Détail", "detail"), C("Lot", "line__batch"),
        C("Ligne (€)", "line__amount_cents", "money"), C("Retour (€)", "returned__amount_cents", "money"),
        C("Réglé par", "settled_by"), C("Réglé le", "settled_at", "date"), C("Motif", "reason")),
        policies.reads_returns),
    "anciennete": FinanceList("Ordonnancé, pas payé", _ageing, (
        C("Dossier", "instalment__application__number"), COMMUNE, C("Lot", "batch__number"),
        C("Scellé le", "batch__sealed_at", "date"), C("Jours depuis le sceau", _days, "number"), AMOUNT)),
}  # fmt: skip
