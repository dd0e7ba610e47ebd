"""What is ready to be put in a batch, and what is not and why (preflight): the same words for the page and the refusal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from applications.states import ApplicationState
from common.clock import database_now
from common.dates import day, moment
from payments.models import BankVersion, Instalment, PaymentLine
from payments.separation import Part, clash_among, deeds_of, verified_accounts
from payments.states import EXECUTABLE, InstalmentState, LineState

PAYABLE_FILES = (ApplicationState.GRANTED, ApplicationState.CLOSED)
WHO_ACTS = {
    InstalmentState.REQUESTED: "l’instructeur",
    InstalmentState.CERTIFIED: "le chef de service ou les finances, approbation",
    InstalmentState.ENDORSED: "les finances, approbation",
}


@dataclass(frozen=True)
class Row:
    """An instalment before a batch: ready when `reason` is empty; `who` is expected to act."""

    instalment: Instalment
    account: BankVersion | None
    reason: str = ""
    who: str = ""

    @property
    def ready(self) -> bool:
        return not self.reason


def candidates() -> QuerySet[Instalment]:
    return Instalment.objects.select_related(
        "application__organisation",
        "application__call",
        "organisation",
        "decision__recorded_by",
        "requested_by",
        "certified_by",
        "endorsed_by",
        "approved_by",
    )


def examine(instalments: Iterable[Instalment], *, preparer: Any, in_batch: int | None = None) -> list[Row]:
    """Each instalment with its account and what stands in the way; four queries whatever their number.

    `in_batch`: lines of that batch are not an obstacle (it is being sealed).
    """
    found = list(instalments)
    accounts = verified_accounts(one.organisation_id for one in found)
    live = PaymentLine.objects.filter(instalment__in=[one.pk for one in found], state=LineState.LIVE)
    elsewhere = {
        line.instalment_id: line.batch for line in live.exclude(batch=in_batch).select_related("batch__prepared_by")
    }
    now = database_now()
    rows = []
    for instalment in found:
        account = accounts.get(instalment.organisation_id)
        reason, who = _obstacle(instalment, account, preparer, elsewhere.get(instalment.pk), now)
        rows.append(Row(instalment, account, reason, who))
    return rows


def _obstacle(
    instalment: Instalment, account: BankVersion | None, preparer: Any, batch: Any, now: Any
) -> tuple[str, str]:
    if batch is not None:
        return f"Déjà dans « {batch} », préparé par {batch.prepared_by}", str(batch.prepared_by)
    if instalment.state != InstalmentState.APPROVED:
        return f"À l’étape « {instalment.get_state_display()} », pas encore approuvé", WHO_ACTS.get(
            InstalmentState(instalment.state), "la commune"
        )
    decision = instalment.decision
    if decision.state not in EXECUTABLE or not decision.act_number or decision.act_date is None:
        return "La décision n’est pas signée", "le chef de service"
    if decision.act_date > timezone.localdate(now):
        return f"La décision prend effet le {day(decision.act_date)}", "personne, il faut attendre"
    if instalment.application.state not in PAYABLE_FILES:
        return f"Le dossier est « {instalment.application.get_state_display()} »", "le service instructeur"
    if account is None:
        return "Coordonnées bancaires non vérifiées", "l’instructeur ou le chef de service"
    if account.usable_from and account.usable_from > now:
        return f"Compte changé récemment : utilisable le {moment(account.usable_from)}", "personne, il faut attendre"
    deeds = deeds_of(instalment, account) | {Part.PREPARE: preparer}
    sentence = clash_among(deeds, instalment.application.reference)
    return (sentence, "un autre préparateur ou le service") if sentence else ("", "")


def preflight(*, preparer: Any, reader: Any, limit: int = 200) -> tuple[list[Row], list[Row]]:
    """What waits between the request and a batch, of what the reader sees: (ready, not ready), oldest first."""
    states = (
        InstalmentState.APPROVED,
        InstalmentState.ENDORSED,
        InstalmentState.CERTIFIED,
        InstalmentState.REQUESTED,
    )
    nearest_first = Case(*(When(state=state, then=Value(rank)) for rank, state in enumerate(states)))
    seen = Instalment.objects.visible_to(reader).values("pk")
    waiting = candidates().filter(state__in=states, pk__in=seen).order_by(nearest_first, "pk")
    rows = examine(waiting[:limit], preparer=preparer)
    free = [row for row in rows if not row.reason.startswith("Déjà dans")]
    return [row for row in free if row.ready], [row for row in free if not row.ready]
