"""Last year's session of the committee, signed; the next one, prepared; and two scenarios to compare."""

from datetime import timedelta

from applications.models import Application, Decision
from applications.states import ApplicationState
from demo.seed.files import Scene
from demo.seed.pen import Step, born, note, walk
from fund.models import EnvelopeBalance
from journal.models import Kind
from reviews.committee import Room
from reviews.committee_snapshot import print_of, snapshot_of
from reviews.committee_states import ALLOCABLE, Attendance, Outcome, ScenarioState, SessionState, VoteMode
from reviews.models import AgendaItem, CommitteeMember, CommitteeSession, Recusal, Scenario, ScenarioLine
from reviews.neutrality import interested

S = SessionState
SEATS = {
    "evaluatrice1": "Personne qualifiée",
    "evaluateur2": "Centre de ressources politique de la ville",
    "evaluatrice3": "Élue de Vitrolles",
    "cheffe_service": "Présidente de séance",
}
PLACE = "Le Pharo, salle Garibaldi, 58 boulevard Charles-Livon, Marseille"


def write(before: Scene, now: Scene) -> None:
    last_year(before)
    two_scenarios(now)
    the_next_one(now)


def last_year(scene: Scene) -> None:
    """The morning of the day when the grants of the archived call were recorded. A minute later the machine makes its minutes."""
    decisions = list(Decision.objects.filter(application__call=scene.call).select_related("application").order_by("pk"))
    day = decisions[0].recorded_at
    session = _planned(scene, title=f"Comité du fonds, {day.year}", held_at=day.replace(hour=9, minute=30))
    _agenda(session, [(one.application, one.amount_cents) for one in decisions])
    manager, head = scene.people["gestionnaire"], scene.people["cheffe_service"]
    session.members.update(attendance=Attendance.PRESENT)
    walk(session, [Step("open", S.OPEN, manager, session.held_at, {"opened_at": session.held_at})])
    voters = session.members.count()
    for item, decision in zip(session.items.order_by("position"), decisions, strict=True):
        seated = voters - item.recusals.count()
        AgendaItem.objects.filter(pk=item.pk).update(
            outcome=Outcome.GRANTED,
            amount_cents=decision.amount_cents,
            reasons=decision.reasons,
            decided_by=manager,
            voters=seated,
            votes_for=seated - item.position % 2,
            votes_against=0,
            abstentions=item.position % 2,
            version=2,
        )
    given = sum(one.amount_cents for one in decisions)
    seen = snapshot_of(session, Room(available=given + 1_500_000, granted=given))
    for file in seen["files"]:
        file["state"] = ApplicationState.REVIEWED.value
    closed, signed = day.replace(hour=11, minute=40), day.replace(hour=14, minute=10)
    digest = print_of(seen)
    frozen = {"snapshot": seen, "snapshot_sha256": digest, "closed_at": closed, "closed_by": manager}
    act = {
        "deliberation_number": f"CHL-{day.year}-214",
        "deliberation_date": day.date(),
        "executory_on": day.date(),
        "act_reference": f"013-200054807-{day:%Y%m%d}-214-DE",
    }
    walk(session, [
        Step("close", S.CLOSED, manager, closed, frozen, data={"sha256": digest}),
        Step("sign", S.SIGNED, head, signed, {**act, "signed_by": head, "signed_at": signed}),
    ])  # fmt: skip
    for decision in decisions:
        AgendaItem.objects.filter(session=session, application=decision.application_id).update(decision=decision)


def the_next_one(scene: Scene) -> None:
    files = _ready(scene)
    session = _planned(
        scene,
        title="Comité du fonds, session d’automne"
        if scene.clock.today.month > 6
        else "Comité du fonds, session de printemps",
        held_at=scene.clock.at(8, "14:00"),
        invited_at=scene.clock.at(-1, "17:30"),
    )
    _agenda(session, [(one, _opinion(one)) for one in files])


def two_scenarios(scene: Scene) -> None:
    """What the opinions say; the same money shared otherwise, so that the comparison has something to tell."""
    files, manager, head = _ready(scene), scene.people["gestionnaire"], scene.people["cheffe_service"]
    available = EnvelopeBalance.objects.get(envelope=scene.call.envelope_id).available
    for name, sentence, by, rate in (
        ("Selon les avis", "Les montants des avis d’instruction, dans l’ordre des notes.", manager, 100),
        ("Chacun un peu moins", "Quatre cinquièmes de chaque montant, pour retenir un dossier de plus.", head, 80),
    ):
        at = scene.clock.at(-2, "10:15")
        plan = Scenario(call=scene.call, name=name, note=sentence, envelope_cents=available, author=by, created_at=at)
        born(plan, by=by, at=at)
        kept = files if rate < 100 else files[:-1]
        for place, file in enumerate(kept):
            floor, cents = scene.call.floor_cents, _opinion(file) * rate // 100 // 10_000 * 10_000
            remark = "Avis à relire : le cofinancement est attendu." if place == 1 else ""
            if cents >= max(floor, 1):
                ScenarioLine.objects.create(
                    scenario=plan, application=file, proposed_cents=cents, remark=remark, written_by=by
                )
        if kept is not files and _opinion(files[-1]):
            ScenarioLine.objects.create(scenario=plan, application=files[-1], reserve_rank=1, written_by=by)
        walk(plan, [Step("share", ScenarioState.SHARED, by, at + timedelta(minutes=20))])


# --- Pieces ------------------------------------------------------------------------------------------------------


def _planned(scene: Scene, **fields: object) -> CommitteeSession:
    manager = scene.people["gestionnaire"]
    session = CommitteeSession(
        call=scene.call, place=PLACE, quorum=3, vote_mode=VoteMode.COUNTS, created_by=manager, **fields
    )
    born(session, by=manager, at=session.held_at - timedelta(days=12), verb="plan")
    CommitteeMember.objects.bulk_create(
        CommitteeMember(session=session, user=scene.people[key], capacity=capacity) for key, capacity in SEATS.items()
    )
    return session


def _agenda(session: CommitteeSession, files: list[tuple[Application, int]]) -> None:
    """In this order; who has an interest steps aside from the beginning."""
    members = {one.user_id: one for one in session.members.order_by("pk")}
    out = interested(members, [file.pk for file, _cents in files])
    for place, (file, cents) in enumerate(files, start=1):
        item = AgendaItem.objects.create(session=session, application=file, position=place, proposed_cents=cents)
        for user in sorted(out[file.pk]):
            Recusal.objects.create(item=item, member=members[user], reason="Intérêt déclaré ou lien avec la commune")
    note(
        session,
        verb="add_files",
        by=session.created_by,
        at=session.held_at - timedelta(days=10),
        kind=Kind.CONTENT,
        data={"files": len(files)},
    )


def _ready(scene: Scene) -> list[Application]:
    """Files of the call that may be given money and have an opinion, the best notes first."""
    states = (ApplicationState.REVIEWED, ApplicationState.WAITLISTED, ApplicationState.UNDER_REVIEW)
    found = Application.objects.filter(call=scene.call, state__in=set(states) & set(ALLOCABLE), opinion__isnull=False)
    return sorted(found.select_related("opinion"), key=lambda one: (one.state == ApplicationState.UNDER_REVIEW, one.pk))


def _opinion(file: Application) -> int:
    most = min(file.requested_cents, file.allowed_cents or file.requested_cents)
    return min(int(file.opinion.proposed_cents), most)
