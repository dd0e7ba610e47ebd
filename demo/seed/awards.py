"""The life of an award after its decision: one account that asks money back, one act that waits for its signature."""

from datetime import timedelta

from applications.models import Application, Decision
from applications.states import DecisionKind
from demo.seed.calls import money
from demo.seed.files import Scene
from demo.seed.pen import Step, born, note, walk
from journal.models import Kind
from payments import acts, settlement
from payments.models import AwardAct, Instalment, Recovery, Settlement
from payments.states import ActKind, InstalmentState

EXTENDED = "Martigues"
WHY = (
    "La formatrice est arrêtée jusqu’à l’été : les trois dernières séances sont reportées à la rentrée. "
    "La commune a demandé un report, sans changement du budget."
)


def ask_back(scene: Scene, application: Application, decision: Decision) -> None:
    """Yesterday: the report tells of a smaller action than the advance paid for; finance has the title to issue."""
    by, at = scene.people["instructrice"], scene.clock.at(-1, "11:30")
    computed = settlement.compute(application, decision)
    if computed is None:
        raise ValueError(f"{application.number}: no account without an accepted report")
    sums, subject = computed.sums, str(application.number)
    label = f"Décompte : {application.title}"[:200]
    made = Settlement.objects.create(
        decision=decision,
        application=application,
        organisation=application.organisation,
        granted_cents=sums.granted,
        due_cents=sums.due,
        explained=computed.lines,
        movement=money(scene.call.envelope, "decommit", sums.released, subject, by=by, at=at, label=label),
        made_by=by,
    )
    note(made, verb="settle", by=by, at=at, kind=Kind.MONEY, data={"due": sums.due, "recover": sums.recover})
    for planned in Instalment.objects.filter(decision=decision, state=InstalmentState.PLANNED):
        why = "D’après le décompte, rien n’est dû."
        walk(planned, [Step("void", InstalmentState.VOID, by, at, {"return_reason": why}, reason=why)])
    recovery = Recovery(
        decision=decision,
        application=application,
        organisation=application.organisation,
        amount_cents=sums.recover,
        reason="Trop versé d’après le décompte.",
        asked_by=by,
        asked_at=at,
    )
    born(recovery, by=by, at=at, verb="ask")


def extend(scene: Scene) -> None:
    """An extension prepared this morning; the head of service signs it."""
    granted = Decision.objects.filter(
        application__call=scene.call, application__organisation__name=EXTENDED, kind=DecisionKind.GRANT
    )
    decision = granted.filter(notified_at__isnull=False).select_related("application").first()
    if decision is None:
        return
    before = acts.lapse_date(decision)
    at = scene.clock.at(-1, "16:10")
    act = AwardAct(
        application=decision.application,
        decision=decision,
        organisation_id=decision.application.organisation_id,
        kind=ActKind.EXTENSION,
        reason=WHY,
        before=before,
        until=before + timedelta(days=183),
        award_cents=decision.amount_cents,
        prepared_by=scene.people["gestionnaire"],
        prepared_at=at,
    )
    born(act, by=scene.people["gestionnaire"], at=at, verb="prepare_act")
