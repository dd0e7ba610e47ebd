"""The fund, its money and its calls, driven by the services as the application role."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.actors import MACHINE, Actor
from fund import services
from fund.models import Budget, BudgetLine, Call, CallDocument, Criterion, Envelope, Fund, PlannedShare
from fund.services.votes import vote_line
from fund.states import ActionType, Audience, BudgetLineKind, CallState, LegalBasis, Theme, VoteKind
from journal.services import begin

CRITERIA = {"pertinence": 25, "public": 20, "partenariat": 20, "faisabilite": 20, "evaluation": 15}
ANCHORS = [f"Ce que vaut la note {score}." for score in range(6)]
DOCUMENTS = {"deliberation": True, "plan_financement": True, "devis": False}
PLAN = ((PlannedShare.Kind.ADVANCE, 5000), (PlannedShare.Kind.BALANCE, 5000))
LIFE = (
    CallState.PUBLISHED,
    CallState.OPEN,
    CallState.CLOSED,
    CallState.DECIDING,
    CallState.DECIDED,
    CallState.ARCHIVED,
)


def a_fund(**fields: Any) -> Fund:
    """The fund of the test: the one that stands, else a new one."""
    return Fund.objects.first() or Fund.objects.create(
        **{
            "name": "Fonds d’initiative annuel",
            "authority_name": "Métropole Aix-Marseille-Provence",
            "service_name": "Service Cohésion sociale",
            "contact_email": "fonds@metropole.test",
            "contact_phone": "04 00 00 00 00",
            **fields,
        }
    )


@transaction.atomic
def a_budget(year: int | None = None, **cents: int) -> Budget:
    """A budget with its three lines: `a_budget(2027, fund=4_000_000)`. Without a year, the first one still free."""
    fund = a_fund()
    budget = Budget.objects.create(fund=fund, year=year or _free_year(fund), deliberation="CM-2026-001")
    amounts = {BudgetLineKind.OWN_ACTIONS: 1_500_000, BudgetLineKind.FUND: 4_000_000, BudgetLineKind.PLATFORM: 500_000}
    for kind, usual in amounts.items():
        line = BudgetLine.objects.create(budget=budget, kind=kind, label=kind.label)
        if amount := cents.get(kind, usual):
            vote_line(line, amount, kind=VoteKind.INITIAL, deliberation=budget.deliberation, by=MACHINE)
    return budget


@transaction.atomic
def an_envelope(cents: int = 4_000_000, *, year: int | None = None) -> Envelope:
    """The envelope of a new budget, with `cents` voted and available."""
    budget = a_budget(year, fund=0)
    envelope = Envelope.objects.create(line=budget.lines.get(kind=BudgetLineKind.FUND))
    if cents:
        services.vote(envelope.pk, cents, by=MACHINE, label="Vote du budget")
    return envelope


@transaction.atomic
def a_call(
    state: str = CallState.OPEN,
    *,
    envelope: Envelope | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    by: Actor = MACHINE,
    **fields: Any,
) -> Call:
    """A complete call, brought by the services to `state`. The dates follow the state unless they are given.

    It shares the envelope that stands; the first call of a test makes one of 40 000 €.
    """
    now = timezone.now()
    over = state in LIFE[LIFE.index(CallState.CLOSED) :]
    envelope = envelope or Envelope.objects.order_by("pk").first() or an_envelope()
    number = Call.objects.count() + 1
    closes_at = closes_at or now + timedelta(days=-1 if over else 30)
    call = Call(
        **{
            "fund": envelope.line.budget.fund,
            "envelope": envelope,
            "year": envelope.year,
            "title": f"Agir contre les discriminations, appel n° {number}",
            "slug": f"appel-{number}",
            "summary": "La Métropole aide les communes à agir près de chez elles.",
            "rules": "Une action locale, datée, qui commence après l’envoi du dossier.",
            "opens_at": opens_at or now - timedelta(days=60),
            "closes_at": max(closes_at, now + timedelta(days=1)),
            "decision_expected_on": (closes_at + timedelta(days=40)).date(),
            "audience": Audience.ALL,
            "themes": Theme.values,
            "action_types": ActionType.values,
            "max_rate_bp": 6000,
            "ceiling_cents": 600_000,
            "floor_cents": 50_000,
            "min_own_share_bp": 2000,
            "legal_basis": LegalBasis.CITY_CONTRACT,
            "report_due_on": (closes_at + timedelta(days=540)).date(),
            **fields,
        }
    )
    begin(call, by=by)
    _give_its_rules(call)
    if closes_at < now and state in LIFE:
        # A call is published before it closes; then its end comes.
        bring_call_to(call, CallState.OPEN, by=by)
        Call.objects.filter(pk=call.pk).update(closes_at=closes_at)
        return bring_call_to(call, state, by=by, done=CallState.OPEN)
    return bring_call_to(call, state, by=by)


def a_call_open(**fields: Any) -> Call:
    return a_call(CallState.OPEN, **fields)


def a_call_closed(**fields: Any) -> Call:
    return a_call(CallState.CLOSED, **fields)


def bring_call_to(call: Call, state: str, *, by: Actor = MACHINE, done: str = CallState.DRAFT) -> Call:
    """Walk the machine of the call from `done` up to `state`."""
    first = LIFE.index(done) + 1 if done in LIFE else 0
    for step in LIFE[first : LIFE.index(state) + 1] if state in LIFE else ():
        if step == CallState.PUBLISHED:
            services.publish_call(call.pk, by=by)
        elif step in (CallState.OPEN, CallState.CLOSED):
            services.open_and_close_due_calls(by=by)
        elif step == CallState.DECIDING:
            services.start_deciding(call.pk, by=by)
        elif step == CallState.DECIDED:
            services.finish_deciding(call.pk, by=by)
        else:
            services.archive_call(call.pk, by=by)
    call = Call.objects.get(pk=call.pk)
    assert call.state == state, f"the call is {call.state}, not {state}: its dates do not allow it"
    return call


def close_call(call: Call) -> Call:
    """The database's clock does not travel: the end of the call does."""
    Call.objects.filter(pk=call.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    return Call.objects.get(pk=call.pk)


def _give_its_rules(call: Call) -> None:
    for position, (code, weight) in enumerate(CRITERIA.items()):
        Criterion.objects.create(
            call=call, code=code, label=code.capitalize(), weight=weight, anchors=ANCHORS, position=position
        )
    for position, (code, required) in enumerate(DOCUMENTS.items()):
        CallDocument.objects.create(
            call=call, code=code, label=code.replace("_", " ").capitalize(), required=required, position=position
        )
    for position, (kind, share_bp) in enumerate(PLAN):
        PlannedShare.objects.create(call=call, kind=kind, share_bp=share_bp, position=position)


def _free_year(fund: Fund) -> int:
    year = timezone.localdate().year
    taken = set(Budget.objects.filter(fund=fund).values_list("year", flat=True))
    while year in taken:
        year += 1
    return year
