"""The year before: actions granted, paid in two batches, reported on, closed. And the instalments of this year's awards."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from schwifty import IBAN

from accounts.models import Organisation
from applications.models import Application, Decision
from applications.states import ApplicationState, DecisionKind
from common.money import split
from demo.content import of_commune
from demo.content.checks import ASKED_BACK
from demo.content.shapes import Document, PastAction
from demo.seed import awards, papers, reports
from demo.seed.calls import money
from demo.seed.files import Scene, a_decision, fill, send, sheet
from demo.seed.pen import Step, born, walk
from fund.models import Counter
from payments import content as batch_content
from payments.models import BankVersion, Batch, Instalment, PaymentLine
from payments.states import BankState, BatchState, InstalmentState

I = InstalmentState  # noqa: E741
S = ApplicationState


def write_actions(scene: Scene) -> None:
    """Every archived action, then the two batches that paid them."""
    dates = scene.content.book.call("past").dates
    decided = dates.decision_offset_days
    made = [
        _action(
            scene, action, sent_at=scene.clock.at(dates.opens_offset_days + 20 + index * 4, "11:20"), decided=decided
        )
        for index, action in enumerate(scene.content.past)
    ]
    for _action_text, _application, decision in made:
        if decision.signed_at:
            _plan(scene, decision, at=decision.signed_at)
            bank_of(scene, decision.application.organisation, at=decision.signed_at)
    first = scene.clock.at(decided + 40, "09:30")
    second = scene.clock.at(dates.report_due_offset_days - 20, "09:30")
    decisions = [decision for _text, _application, decision in made]
    _pay(scene, decisions, position=1, number=1, at=first)
    for text, application, _decision in made:
        reports.of_last_year(scene, text, application, at=second - timedelta(days=30))
    unsettled = {*reports.OPEN, ASKED_BACK}
    settled = [(application, decision) for text, application, decision in made if text.key not in unsettled]
    _pay(scene, [decision for _application, decision in settled], position=2, number=2, at=second)
    for application, _decision in settled:
        walk(application, [Step("close", S.CLOSED, scene.people["gestionnaire"], second + timedelta(days=25))])
    for text, application, decision in made:
        if text.key == ASKED_BACK:
            awards.ask_back(scene, application, decision)
    Counter.objects.create(series="LOT", year=scene.call.year, value=2)


def _action(
    scene: Scene, action: PastAction, *, sent_at: datetime, decided: int
) -> tuple[PastAction, Application, Decision]:
    commune = scene.communes[action.commune]
    text = _as_project(action)
    application = sheet(scene, text, commune, created_at=sent_at - timedelta(days=12))
    fill(scene, application, text)
    documents = [
        Document("deliberation", f"deliberation-{action.key}.pdf", "Délibération du conseil municipal", -20),
        Document("plan_financement", f"plan-de-financement-{action.key}.pdf", "Plan de financement", -15),
    ]
    papers.attach(
        scene.content,
        application,
        documents,
        by=scene.writer(commune),
        at=sent_at - timedelta(days=1),
        issued=lambda offset: sent_at.date() + timedelta(days=offset),
    )
    send(scene, application, sent_at)
    manager, instructor = scene.people["gestionnaire"], scene.people["instructrice"]
    at = scene.clock.at(decided, "15:00")
    taken = {"instructor": instructor}
    steps = [
        Step("start_instruction", S.IN_INSTRUCTION, instructor, sent_at + timedelta(days=3), taken),
        Step("send_to_review", S.UNDER_REVIEW, manager, sent_at + timedelta(days=9)),
        Step("finish_review", S.REVIEWED, manager, sent_at + timedelta(days=15)),
        Step("grant", S.GRANTED, manager, at),
    ]
    walk(application, steps)
    reasons = "" if action.granted_cents == application.requested_cents else "Montant ajusté aux dépenses retenues."
    decision = a_decision(
        scene, application, kind=DecisionKind.GRANT, cents=action.granted_cents, reasons=reasons, at=at
    )
    return action, application, decision


def _as_project(action: PastAction) -> Any:
    """An archived action seen as a sheet: what its report tells stands for what was announced."""
    report = action.report
    return SimpleNamespace(
        **{name: getattr(action, name) for name in PastAction.__dataclass_fields__},
        description=report.description,
        governance=report.partners,
        diagnostic=report.motivations,
        resources=report.funders,
        indicators=[
            SimpleNamespace(label=i.label, unit=i.unit, baseline=0, target=i.planned, proof="Relevé de la commune")
            for i in report.indicators
        ],
    )


# --- Payments --------------------------------------------------------------------------------------------------


def bank_of(scene: Scene, organisation: Organisation, *, at: datetime) -> BankVersion:
    """Invented details at the public accountant's bank, verified by the head of service after a call."""
    known = BankVersion.objects.filter(organisation=organisation).first()
    if known:
        return known
    iban = IBAN.generate(
        "FR", bank_code="30001", branch_code="00512", account_code=f"C13{int(organisation.siren) % 10**8:08d}"
    )
    bank = BankVersion(
        organisation=organisation,
        iban=str(iban),
        bic="BDFEFRPPCCT",
        holder=f"Commune {of_commune(organisation.name)}"[:120],
        declared_by=scene.writer(organisation),
        declared_at=at,
    )
    born(bank, by=scene.writer(organisation), at=at, verb="declare")
    head, later = scene.people["cheffe_service"], at + timedelta(days=1)
    fields = {
        "verified_by": head,
        "verified_at": later,
        "usable_from": later,
        "verification_note": "Appel au service comptable, numéro connu du standard.",
    }
    walk(bank, [Step("verify", BankState.VERIFIED, head, later, fields)])
    return bank


def _plan(scene: Scene, decision: Decision, *, at: Any) -> list[Instalment]:
    shares = list(scene.call.plan.all())
    amounts = split(decision.amount_cents, [part.share_bp for part in shares])
    made = []
    for position, (part, cents) in enumerate(zip(shares, amounts, strict=True), start=1):
        instalment = Instalment(
            decision=decision,
            application=decision.application,
            organisation=decision.application.organisation,
            kind=part.kind,
            position=position,
            amount_cents=cents,
        )
        born(instalment, by=scene.people["cheffe_service"], at=at, verb="plan")
        made.append(instalment)
    return made


def ready(scene: Scene, instalment: Instalment, *, at: datetime, until: str = I.APPROVED) -> None:
    """Requested by the commune, certified by the instructor, approved by finance: as far as `until`."""
    people, writer = scene.people, scene.writer(instalment.organisation)
    steps = [
        Step("request", I.REQUESTED, writer, at, {"requested_by": writer, "requested_at": at}),
        Step(
            "certify",
            I.CERTIFIED,
            people["instructrice"],
            at + timedelta(days=2),
            {"certified_by": people["instructrice"], "certified_at": at + timedelta(days=2)},
        ),
        Step(
            "approve",
            I.APPROVED,
            people["approbation_finances"],
            at + timedelta(days=3),
            {"approved_by": people["approbation_finances"], "approved_at": at + timedelta(days=3)},
        ),
    ]
    walk(instalment, steps[: [I.REQUESTED, I.CERTIFIED, I.APPROVED].index(I(until)) + 1])


def _pay(scene: Scene, decisions: Sequence[Decision], *, position: int, number: int, at: datetime) -> None:
    """One batch of one instalment of each award: sealed, transmitted, paid, reconciled."""
    preparer = scene.people["prepa_finances"]
    instalments = list(Instalment.objects.filter(decision__in=decisions, position=position).order_by("pk"))
    for instalment in instalments:
        ready(scene, instalment, at=at - timedelta(days=12))
    batch = Batch(year=scene.call.year, prepared_by=preparer, created_at=at)
    born(batch, by=preparer, at=at)
    for instalment in instalments:
        bank = bank_of(scene, instalment.organisation, at=at)
        PaymentLine.objects.create(
            batch=batch,
            instalment=instalment,
            organisation=instalment.organisation,
            bank_version=bank,
            amount_cents=instalment.amount_cents,
            # The database copies the persons from where they stand; these say the same.
            decision_recorded_by=instalment.decision.recorded_by,
            iban_verified_by=scene.people["cheffe_service"],
            certified_by=scene.people["instructrice"],
            approved_by=scene.people["approbation_finances"],
            prepared_by=preparer,
            created_at=at,
        )
    _seal(scene, batch, f"LOT-{scene.call.year}-{number:03d}", at + timedelta(hours=1))
    for instalment in instalments:
        subject, label = instalment.application.number or "", instalment.get_kind_display()
        money(scene.call.envelope, "order", instalment.amount_cents, subject, by=preparer, at=at, label=label)
        paid_on: date = (at + timedelta(days=14)).date()
        walk(
            instalment,
            [
                Step("order", I.ORDERED, preparer, at + timedelta(hours=1)),
                Step(
                    "pay",
                    I.PAID,
                    None,
                    at + timedelta(days=15),
                    {"paid_on": paid_on, "mandate": f"{scene.call.year % 100}{instalment.pk:05d}"},
                ),
            ],
        )
        money(scene.call.envelope, "pay", instalment.amount_cents, subject, by=preparer, at=at, label=label)
    walk(
        batch,
        [
            Step("transmit", BatchState.TRANSMITTED, preparer, at + timedelta(hours=2)),
            Step("reconcile", BatchState.RECONCILED, preparer, at + timedelta(days=16)),
        ],
    )


def _seal(scene: Scene, batch: Batch, number: str, at: datetime) -> None:
    preparer = scene.people["prepa_finances"]
    lines = batch_content.lines_of(batch)
    content = batch_content.canonical(batch_content.build(batch, lines, number=number, sealed_by=preparer))
    fields = {
        "number": number,
        "sealed_by": preparer,
        "sealed_at": at,
        "line_count": len(lines),
        "total_cents": sum(line.amount_cents for line in lines),
        "content": content,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }
    walk(batch, [Step("seal", BatchState.SEALED, preparer, at, fields)])


def plan_instalments(scene: Scene) -> None:
    """This year's signed awards: one advance approved, one certified, Aubagne's still to be asked for."""
    signed = Decision.objects.filter(application__call=scene.call, kind=DecisionKind.GRANT, signed_at__isnull=False)
    stages = {"Martigues": I.CERTIFIED, "Saint-Zacharie": I.APPROVED}
    for decision in signed.select_related("application__organisation").order_by("pk"):
        at = decision.signed_at or scene.clock.at(-20)
        advance = _plan(scene, decision, at=at)[0]
        stage = stages.get(decision.application.organisation.name)
        if stage:
            bank_of(scene, decision.application.organisation, at=at)
            ready(scene, advance, at=at + timedelta(days=1), until=stage)
