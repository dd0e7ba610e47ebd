"""The files of the open call, in every state, each with its whole history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Organisation, User
from applications import asking, eligibility, reference
from applications import snapshot as snapshots
from applications.models import (
    Application,
    BudgetLine,
    Decision,
    Indicator,
    Milestone,
    Partner,
    PieceRequest,
    Version,
)
from applications.notifications.desk import PiecesAsked
from applications.states import ApplicationState, DecisionKind, DecisionState, Side
from demo.content import Content
from demo.content.shapes import Project
from demo.seed import papers, questions, sent
from demo.seed.calls import money
from demo.seed.pen import Clock, Step, born, token, walk
from fund.models import Call
from reviews.models import Conflict, InterestDeclaration, Opinion, Review, Score
from reviews.states import Advice, ReviewState

S = ApplicationState
# The road to each state; `take` stands for start_instruction.
ROADS: dict[str, tuple[str, ...]] = {
    S.DRAFT: (),
    S.SUBMITTED: (S.SUBMITTED,),
    S.IN_INSTRUCTION: (S.SUBMITTED, S.IN_INSTRUCTION),
    S.AWAITING_COMMUNE: (S.SUBMITTED, S.IN_INSTRUCTION, S.AWAITING_COMMUNE),
    S.UNDER_REVIEW: (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW),
    S.REVIEWED: (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED),
    S.GRANTED: (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED, S.GRANTED),
    S.WAITLISTED: (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED, S.WAITLISTED),
    S.REJECTED: (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED, S.REJECTED),
    S.INADMISSIBLE: (S.SUBMITTED, S.IN_INSTRUCTION, S.INADMISSIBLE),
    S.WITHDRAWN: (S.SUBMITTED, S.IN_INSTRUCTION, S.WITHDRAWN),
}
VERBS = {
    S.SUBMITTED: "submit",
    S.IN_INSTRUCTION: "start_instruction",
    S.AWAITING_COMMUNE: "ask_pieces",
    S.UNDER_REVIEW: "send_to_review",
    S.REVIEWED: "finish_review",
    S.GRANTED: "grant",
    S.WAITLISTED: "waitlist",
    S.REJECTED: "reject",
    S.INADMISSIBLE: "declare_inadmissible",
    S.WITHDRAWN: "withdraw",
}
ANSWER_DAYS = 60


@dataclass
class Scene:
    """What every file of a call needs at hand."""

    content: Content
    call: Call
    communes: dict[str, Organisation]
    people: dict[str, User]
    clock: Clock
    number: int = 0

    def writer(self, commune: Organisation) -> User:
        return self._of(commune, "drafter")

    def signatory(self, commune: Organisation) -> User:
        return self._of(commune, "signatory")

    def _of(self, commune: Organisation, role: str) -> User:
        return User.objects.get(memberships__organisation=commune, memberships__role=role)

    def next_number(self) -> str:
        self.number += 1
        return f"{self.call.number_prefix}-{self.call.year}-{self.number:04d}"


def write_projects(scene: Scene) -> None:
    """Every project of the open call; those sent first come first in the numbers."""
    ready = [p for p in scene.content.projects if p.target_state != "draft"]
    order = sorted(ready, key=lambda p: (-len(ROADS[p.target_state]), p.key))
    for index, project in enumerate(order):
        write(scene, project, sent_at=scene.clock.at(-80 + index * 2, f"{9 + index % 8:02d}:{(index * 7) % 60:02d}"))
    for index, project in enumerate(p for p in scene.content.projects if p.target_state == "draft"):
        write(scene, project, sent_at=scene.clock.at(-3 - index))


def write(scene: Scene, project: Project, *, sent_at: datetime) -> Application:
    commune = scene.communes[project.commune]
    application = sheet(scene, project, commune, created_at=sent_at - timedelta(days=9))
    fill(scene, application, project)
    road = ROADS[project.target_state]
    documents_at = sent_at - timedelta(days=2)
    papers.attach(
        scene.content,
        application,
        project.documents,
        by=scene.writer(commune),
        at=documents_at,
        issued=lambda offset: sent_at.date() + timedelta(days=offset),
    )
    if not road:
        keep_history(scene, application, sent_at)
        if is_complete(project):
            Application.objects.filter(pk=application.pk).update(signature_asked_at=sent_at)
        return application
    questions.answer(application)
    send(scene, application, sent_at)
    Life(scene, application, project, sent_at).live(road[1:])
    return application


def keep_history(scene: Scene, application: Application, at: datetime) -> None:
    """A draft was written in several sittings: each text was once its first sentence, and before that nothing."""
    by = scene.writer(application.organisation)
    for days, (section, unit) in enumerate((("enjeu", "stakes"), ("description", "description"))):
        text = getattr(application, unit)
        for before, hours in (("", 25), (text.partition(". ")[0] + "." if ". " in text else "", 1)):
            if text:
                begun = at - timedelta(days=days, hours=hours)
                Version.objects.create(
                    application=application, section=section, unit=unit, before=before, by=by, begun_at=begun
                )


def sheet(scene: Scene, project: Any, commune: Organisation, *, created_at: datetime) -> Application:
    """The draft with its texts."""
    clock, call = scene.clock, scene.call
    base = call.decision_expected_on or clock.today
    starts = clock.months(base, project.start_month_offset) if project.start_month_offset is not None else None
    ends = clock.months(starts, project.duration_months or 1) if starts else None
    texts = ["stakes", "diagnostic", "success", "description", "resources", "governance", "obstacles", "open_questions"]
    application = Application(
        call=call,
        organisation=commune,
        question_set=call.question_sets.order_by("-number").first(),
        public_id=UUID(token("file", call.slug, project.key)[:32]),
        created_by=scene.writer(commune),
        created_at=created_at,
        theme=project.theme,
        title=project.title,
        action_type=project.action_type,
        phase=project.phase,
        publics=list(project.publics),
        grounds=list(project.grounds),
        domains=list(project.domains),
        commitments=[code for code, _label in reference.COMMITMENTS] if is_complete(project) else [],
        starts_on=starts,
        ends_on=ends,
        **{name: getattr(project, name, "") for name in texts},
    )
    born(application, by=scene.writer(commune), at=created_at)
    return application


def is_complete(project: Any) -> bool:
    """Sent, or a draft that only waits for its signature."""
    return getattr(project, "target_state", "") != S.DRAFT or not project.missing


def count(application: Application) -> None:
    """The amounts of the file, as the form counts them from its budget table."""
    figures = eligibility.money(application)
    Application.objects.filter(pk=application.pk).update(
        requested_cents=figures.requested,
        total_cost_cents=figures.total_cost,
        eligible_cost_cents=figures.eligible_cost,
        own_share_cents=figures.own_share,
        allowed_cents=eligibility.allowed_cents(application.call, figures),
    )
    application.refresh_from_db()


def fill(scene: Scene, application: Application, project: Any) -> None:
    """Partners, calendar, indicators and budget."""
    Partner.objects.bulk_create(
        Partner(application=application, name=p.name, role=p.role, confirmed=p.confirmed, position=n)
        for n, p in enumerate(getattr(project, "partners", ()))
    )
    Milestone.objects.bulk_create(
        Milestone(
            application=application,
            label=m.label,
            planned_on=scene.clock.months(application.starts_on or scene.clock.today, m.month_offset),
            position=n,
        )
        for n, m in enumerate(getattr(project, "milestones", ()))
    )
    Indicator.objects.bulk_create(
        Indicator(
            application=application,
            label=i.label,
            unit=i.unit,
            baseline=str(i.baseline),
            target=str(i.target),
            proof=i.proof,
            position=n,
        )
        for n, i in enumerate(getattr(project, "indicators", ()))
    )
    BudgetLine.objects.bulk_create(
        [
            BudgetLine(
                application=application,
                side=Side.CHARGE,
                account=c.account,
                label=c.label,
                amount_cents=c.amount_cents,
                position=n,
            )
            for n, c in enumerate(project.budget.charges)
        ]
        + [
            BudgetLine(
                application=application,
                side=Side.PRODUCT,
                account=p.account,
                label=p.label,
                funder=p.funder,
                status=p.status,
                amount_cents=p.amount_cents,
                is_request=p.is_request,
                position=n,
            )
            for n, p in enumerate(project.budget.products)
        ]
    )
    count(application)


def send(scene: Scene, application: Application, at: datetime) -> None:
    """Submission: snapshot, hash, number, delay to answer."""
    signatory = scene.signatory(application.organisation)
    number = scene.next_number()
    snapshot = snapshots.build(application)
    fields = {
        "number": number,
        "submitted_at": at,
        "submitted_by": signatory,
        "signature_asked_at": at - timedelta(days=1),
        "snapshot": snapshot,
        "snapshot_sha256": snapshots.sha256(snapshot),
        "due_on": at.date() + timedelta(days=ANSWER_DAYS),
        "search_text": snapshots.search_text(application, number),
    }
    walk(application, [Step("submit", S.SUBMITTED, signatory, at, fields)])
    sent.receipt(application, at)


@dataclass
class Life:
    """What happens to a file after it was sent."""

    scene: Scene
    application: Application
    project: Project
    sent_at: datetime

    def live(self, road: tuple[str, ...]) -> None:
        at = self.sent_at
        for state in road:
            at += timedelta(days=4, hours=1)
            at = min(at, self.scene.clock.at(-1, "16:00") + timedelta(minutes=self.application.pk % 50))
            getattr(self, f"to_{state}")(at)

    def step(self, state: str, by: User, at: datetime, reason: str = "", **fields: Any) -> None:
        walk(self.application, [Step(VERBS[ApplicationState(state)], state, by, at, fields, reason)])

    @property
    def instructor(self) -> User:
        return self.scene.people["instructrice" if self.application.pk % 3 else "instructeur2"]

    @property
    def manager(self) -> User:
        return self.scene.people["gestionnaire"]

    def to_in_instruction(self, at: datetime) -> None:
        self.step(S.IN_INSTRUCTION, self.instructor, at, instructor=self.instructor)
        if self.project.opinion:
            Opinion.objects.create(
                application=self.application,
                advice={"favorable": Advice.FAVORABLE, "reserve": Advice.RESERVED}.get(
                    self.project.opinion.kind, Advice.UNFAVORABLE
                ),
                text=self.project.opinion.text,
                proposed_cents=self.project.proposed_cents or 0,
                written_by=self.instructor,
            )
            Opinion.objects.filter(application=self.application).update(written_at=at)

    def to_awaiting_commune(self, at: datetime) -> None:
        request = needed(self.project.piece_request)
        self.step(S.AWAITING_COMMUNE, self.instructor, at, request.reason)
        asked = PieceRequest.objects.create(
            application=self.application,
            asked_by=self.instructor,
            asked_at=at,
            items=asking.as_json(asking.items_of(self.application, request.items)),
            reason=request.reason,
            due_on=self.scene.clock.day(request.due_in_days),
        )
        sent.told(PiecesAsked(self.application, asked), at=at)

    def to_under_review(self, at: datetime) -> None:
        self.step(S.UNDER_REVIEW, self.manager, at, complete_checked_at=at)
        done = {card.evaluator: card for card in self.project.scores}
        recused = {recusal.evaluator: recusal for recusal in self.project.recusals}
        for key in ("evaluatrice1", "evaluateur2", "evaluatrice3"):
            if key == "evaluatrice3" and self.application.organisation.name == "Vitrolles" and key not in recused:
                continue
            self._review(self.scene.people[key], done.get(key), recused.get(key), at)

    def _review(self, evaluator: User, card: Any, recusal: Any, at: datetime) -> None:
        review = Review(
            application=self.application,
            evaluator=evaluator,
            assigned_by=self.manager,
            assigned_at=at,
            due_on=(at + timedelta(days=21)).date(),
        )
        born(review, by=self.manager, at=at, verb="assign")
        if not InterestDeclaration.objects.filter(user=evaluator, call=self.scene.call).exists():
            InterestDeclaration.objects.create(user=evaluator, call=self.scene.call, declared_at=at)
        if recusal:
            Conflict.objects.create(user=evaluator, application=self.application, reason=recusal.reason, declared_at=at)
            walk(
                review, [Step("recuse", ReviewState.RECUSED, evaluator, at + timedelta(hours=2), reason=recusal.reason)]
            )
        elif card:
            criteria = {criterion.code: criterion for criterion in self.scene.call.criteria.all()}
            Score.objects.bulk_create(
                Score(review=review, criterion=criteria[mark.criterion], value=mark.score, comment=mark.comment)
                for mark in card.marks
            )
            later = at + timedelta(days=2)
            fields = {"submitted_at": later, "comment": card.comment}
            walk(review, [
                Step("start", ReviewState.STARTED, evaluator, later - timedelta(hours=1)),
                Step("submit", ReviewState.SUBMITTED, evaluator, later, fields),
            ])  # fmt: skip

    def to_reviewed(self, at: datetime) -> None:
        self.step(S.REVIEWED, self.manager, at)

    def to_inadmissible(self, at: datetime) -> None:
        reason = self.project.decision.reasons if self.project.decision else ""
        self.step(S.INADMISSIBLE, self.instructor, at, reason)

    def to_withdrawn(self, at: datetime) -> None:
        signatory = self.scene.signatory(self.application.organisation)
        self.step(S.WITHDRAWN, signatory, at, self.project.withdrawal_reason)

    def to_waitlisted(self, at: datetime) -> None:
        self.decide(DecisionKind.WAITLIST, S.WAITLISTED, at)

    def to_rejected(self, at: datetime) -> None:
        self.decide(DecisionKind.REJECT, S.REJECTED, at)

    def to_granted(self, at: datetime) -> None:
        self.decide(DecisionKind.GRANT, S.GRANTED, at)

    def decide(self, kind: str, state: str, at: datetime) -> None:
        decision = needed(self.project.decision)
        self.step(state, self.manager, at, decision.reasons)
        a_decision(
            self.scene,
            self.application,
            kind=kind,
            cents=decision.amount_cents,
            reasons=decision.reasons,
            at=at,
            # One grant waits for its signature: the head of service finds work on the first day.
            signed=self.project.key != "pennes-mirabeau-handicap",
        )


def needed(part: Any) -> Any:
    """A part that the content's own checks promise for this state."""
    if part is None:
        raise ValueError("The content of the demonstration lacks a part: run its checks.")
    return part


def a_decision(
    scene: Scene, application: Application, *, kind: str, cents: int, reasons: str, at: datetime, signed: bool = True
) -> Decision:
    """Recorded (the money committed), then signed by the head of service and notified; its instalments planned."""
    manager, head = scene.people["gestionnaire"], scene.people["cheffe_service"]
    movement = None
    if kind == DecisionKind.GRANT:
        movement = money(
            scene.call.envelope, "commit", cents, application.number or "", by=manager, at=at, label=application.title
        )
    decision = Decision(
        application=application,
        kind=kind,
        amount_cents=cents,
        reasons=reasons,
        recorded_by=manager,
        recorded_at=at,
        movement=movement,
    )
    born(decision, by=manager, at=at, verb="record")
    if signed:
        signed_at = at + timedelta(hours=20)
        act_day = signed_at.date()
        fields = {
            "signed_by": head,
            "signed_at": signed_at,
            "act_number": f"D-{act_day.year}-{application.pk:04d}",
            "act_date": min(act_day, scene.clock.today),
        }
        walk(decision, [Step("sign", DecisionState.SIGNED, head, signed_at, fields)])
        notified = at + timedelta(hours=21)
        told = {"notified_at": notified, "letter": sent.decision_letter(decision, notified)}
        walk(decision, [Step("notify", DecisionState.NOTIFIED, None, notified, told)])
    return decision
