"""The instalments of an award, planned when its decision is signed."""

from typing import Any

from django.db import transaction

from applications.models import Decision
from applications.states import DecisionKind
from common.actors import MACHINE, Actor
from common.money import FULL_RATE, split
from fund.models import PlannedShare
from journal.services import begin
from payments.models import Instalment
from payments.states import EXECUTABLE


@transaction.atomic
def plan_instalments(decision: Decision, *, by: Actor) -> list[Instalment]:
    """Share a signed award by the plan of its call, to the cent. Done once: called again, it changes nothing.

    A share so small that it makes no cent gives no instalment; a call without a plan pays once.
    """
    decision = (
        Decision.objects.select_for_update(no_key=True, of=("self",))
        .select_related("application__call")
        .get(pk=decision.pk)
    )
    if decision.kind != DecisionKind.GRANT or decision.state not in EXECUTABLE or decision.instalments.exists():
        return []
    plan = [(share.kind, share.share_bp) for share in decision.application.call.plan.all()]
    plan = plan or [(PlannedShare.Kind.SINGLE, FULL_RATE)]
    parts = zip(plan, split(decision.amount_cents, [bp for _kind, bp in plan]), strict=True)
    planned = [(kind, cents) for (kind, _bp), cents in parts if cents]
    instalments = []
    for position, (kind, cents) in enumerate(planned, start=1):
        instalment = Instalment(
            decision=decision,
            application=decision.application,
            organisation_id=decision.application.organisation_id,
            kind=kind,
            position=position,
            amount_cents=cents,
        )
        begin(instalment, by=by, verb="plan", data={"cents": cents, "application": decision.application.number})
        instalments.append(instalment)
    return instalments


def plan_on_signature(sender: Any, *, decision: Decision, by: Actor, **kwargs: Any) -> None:
    """Receiver of `applications.signals.decision_signed`, in the transaction of the signature."""
    plan_instalments(decision, by=by)


def plan_missing_instalments() -> int:
    """Plan what a signed award lacks (it should lack nothing: see the invariant I-03b); how many were mended."""
    lacking = Decision.objects.filter(kind=DecisionKind.GRANT, state__in=EXECUTABLE, instalments__isnull=True)
    return sum(bool(plan_instalments(decision, by=MACHINE)) for decision in lacking.order_by("pk"))
