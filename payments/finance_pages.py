"""What the pages of finance show: a return, what is ordered and not paid, the format of the files."""

import csv
import io
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from fund.models import EnvelopeBalance
from payments import files, policies
from payments.finance_forms import MappingForm
from payments.layout import Layout
from payments.models import Batch, Instalment, PaymentLine, ReturnDifference, ReturnImport
from payments.services.returns import preview
from payments.states import BatchState, InstalmentState, LineState, ReturnOutcome, ReturnState

AGES = (
    (0, 7, "Moins de 8 jours"),
    (8, 30, "De 8 à 30 jours"),
    (31, 60, "De 31 à 60 jours"),
    (61, None, "Plus de 60 jours"),
)
SAMPLE: dict[str, Any] = {
    "exercice": 2026, "dossier": "FI-2026-0042", "decision": "B-2026-118", "date_decision": "2026-07-02",
    "engagement": "FI-2026-0042-E12", "type": "Acompte", "montant": 350000, "deja_verse": 0, "reste": 350000,
    "siret": "21130005800016", "nom": "Aubagne", "adresse": "7 boulevard Jean-Jaurès, 13400 Aubagne",
    "iban": "FR7630001007941234567890185", "bic": "BDFEFRPPCCT", "titulaire": "Trésorerie d’Aubagne", "nature": "65734",
    "fonction": "52", "operation": "", "libelle": "Fonds d’initiative FI-2026-0042 acompte", "objet": "Acompte : accueillir",
    "base_juridique": "Convention", "pieces": "Décision; RIB", "service_fait_le": "2026-09-10",
    "service_fait_par": "Nadia Ferrandi", "lot": "LOT-2026-007", "ligne": 1, "voie": "7 boulevard Jean-Jaurès",
    "code_postal": "13400", "ville": "Aubagne",
}  # fmt: skip


def return_page(imported: ReturnImport, user: Any) -> dict[str, Any]:
    """Before: the columns and what would happen. After: what came of each row, and the differences."""
    context: dict[str, Any] = {
        "imported": imported,
        "can_import": policies.can_import_returns(user),
        "differences": list(imported.differences.select_related("settled_by", "line__batch")),
    }
    if imported.state == ReturnState.READ:
        found = preview(imported)
        initial = {"version": imported.version} | {f"col_{name}": header for name, header in imported.mapping.items()}
        said = found.counts
        return context | {
            "form": MappingForm(headers=found.headers, initial=initial),
            "preview": found,
            "shown": found.verdicts[:50],
            "counts": [(label, said[code]) for code, label in ReturnOutcome.choices if said[code]],
        }
    rows = imported.lines.select_related("line__batch", "line__instalment")
    by_outcome = dict(rows.order_by().values_list("outcome").annotate(Count("pk")))
    return context | {
        "lines": list(rows[:200]),
        "counts": [(label, by_outcome[code]) for code, label in ReturnOutcome.choices if code in by_outcome],
    }


def reconciliation_page(user: Any) -> dict[str, Any]:
    """The day's reconciliation: the ledger beside the lines, what waits and since when, differences nobody settled."""
    seen = lines_seen(user)
    differences = open_differences().filter(imported__in=ReturnImport.objects.visible_to(user))
    return {
        "ages": ageing(seen),
        "waiting": _oldest(seen),
        "differences": list(differences[:100]),
        "open_count": differences.count(),
        "sides": sides(),
    }


def open_differences() -> Any:
    return ReturnDifference.objects.filter(settled_by__isnull=True).select_related("imported", "line__batch")


def ordered_not_paid() -> Any:
    return PaymentLine.objects.filter(state=LineState.LIVE, instalment__state=InstalmentState.ORDERED).exclude(
        batch__state=BatchState.OPEN
    )


def lines_seen(user: Any) -> Any:
    """Ordered and not paid, of what this person sees: neither a hidden file nor another line of its batch, which names it."""
    return ordered_not_paid().filter(
        instalment__in=Instalment.objects.visible_to(user), batch__in=Batch.objects.visible_to(user)
    )


def ageing(lines: Any = None) -> list[dict[str, Any]]:
    """Lines and cents ordered and not paid, by days since the seal."""
    today, lines = timezone.now(), ordered_not_paid() if lines is None else lines
    rows = []
    for low, high, label in AGES:
        within = Q(batch__sealed_at__lte=today - timedelta(days=low))
        if high is not None:
            within &= Q(batch__sealed_at__gt=today - timedelta(days=high + 1))
        found = lines.filter(within).aggregate(lines=Count("pk"), cents=Sum("amount_cents"))
        rows.append({"label": label, "lines": found["lines"], "cents": found["cents"] or 0, "late": low > 30})
    return rows


def _oldest(lines: Any) -> list[PaymentLine]:
    rows = lines.select_related("batch", "organisation", "instalment__application")
    return list(rows.order_by("batch__sealed_at", "pk")[:50])


def sides() -> list[dict[str, Any]]:
    """Ordered and paid: by the ledger, and by the lines. Equal, or something is wrong."""
    ledger = EnvelopeBalance.objects.aggregate(ordered=Sum("ordered"), paid=Sum("paid"))
    live = PaymentLine.objects.filter(state=LineState.LIVE).exclude(batch__state=BatchState.OPEN)
    lines = live.aggregate(
        ordered=Sum("amount_cents", filter=Q(instalment__state=InstalmentState.ORDERED)),
        paid=Sum("amount_cents", filter=Q(instalment__state=InstalmentState.PAID)),
    )
    return [
        {
            "label": label,
            "ledger": ledger[name] or 0,
            "lines": lines[name] or 0,
            "agree": (ledger[name] or 0) == (lines[name] or 0),
        }
        for name, label in (("ordered", "Ordonnancé, pas encore payé"), ("paid", "Payé"))
    ]


def layout_preview(layout: Layout) -> list[list[str]]:
    """The header and one line, as the CSV gives them."""
    content = files.as_csv({"lignes": [SAMPLE]}, layout).decode(layout.encoding)
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=layout.separator))


def taken_back(batch: Batch) -> dict[int, Any]:
    """Line -> its contrary, for the page of a batch."""
    lines = PaymentLine.objects.filter(batch=batch, contrary__isnull=False).select_related("contrary")
    return {line.pk: line.contrary for line in lines}
