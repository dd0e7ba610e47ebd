"""Two yearly budgets: their votes, one amendment and one transfer this year; each line carries what the texts say."""

from datetime import date
from uuid import UUID

from accounts.models import User
from demo.content import Content
from demo.seed.calls import money
from demo.seed.pen import Clock, note, token
from fund.models import Budget, BudgetLine, BudgetVote, Envelope, Fund
from fund.states import VoteKind

AMENDED = 300_000  # brought to the fund's line by an amendment of this year
TRANSFERRED = 60_000  # given by the own actions to the platform this year


def envelopes(content: Content, fund: Fund, people: dict[str, User], clock: Clock) -> dict[int, Envelope]:
    """year offset (0, -1) -> envelope, voted in the ledger."""
    made = {}
    for text in content.book.budgets:
        now = text.year_offset == 0
        year, start = clock.today.year + text.year_offset, -100 if now else -620
        voted = clock.day(start)
        act = f"CSGE-{year}-014"
        budget = Budget.objects.create(fund=fund, year=year, deliberation=f"{act} du {voted:%d/%m/%Y}", voted_on=voted)
        lines = {
            line.code: BudgetLine.objects.create(
                budget=budget, kind=line.code, label=line.label, amount_cents=line.amount_cents
            )
            for line in text.lines
        }
        made[text.year_offset] = Envelope.objects.create(line=lines["fund"])
        pen = Votes(people["gestionnaire"], clock)
        later = {"fund": AMENDED, "own_actions": -TRANSFERRED, "platform": TRANSFERRED} if now else {}
        for code, line in lines.items():
            cents = line.amount_cents - later.get(code, 0)
            pen.vote(line, cents, VoteKind.INITIAL, f"{act} du {voted:%d/%m/%Y}", voted, start + 1, "Vote du budget")
        if now:
            _amend(pen, lines, year, clock)
    return made


def _amend(pen: "Votes", lines: dict[str, BudgetLine], year: int, clock: Clock) -> None:
    day = clock.day(-95)
    act = f"CSGE-{year}-031 du {day:%d/%m/%Y}"
    pen.vote(lines["fund"], AMENDED, VoteKind.AMENDMENT, act, day, -94, "Décision modificative n° 1")
    words = "Hébergement de la plateforme"
    for code, cents in (("own_actions", -TRANSFERRED), ("platform", TRANSFERRED)):
        pen.vote(lines[code], cents, VoteKind.TRANSFER, act, day, -94, words)


class Votes:
    """Writes the votes of the past, with their movement where the line has an envelope."""

    def __init__(self, manager: User, clock: Clock) -> None:
        self.manager, self.clock = manager, clock

    def vote(
        self, line: BudgetLine, cents: int, kind: VoteKind, act: str, voted_on: date, days: int, label: str
    ) -> None:
        at, envelope = self.clock.at(days), Envelope.objects.filter(line=line).first()
        movement = None
        if envelope:
            subject = f"BUDGET-{line.budget.year}"
            movement = money(
                envelope, "vote", cents, subject, by=self.manager, at=at, label=f"{label}, délibération {act}"
            )
            note(envelope, verb="vote", kind="money", by=self.manager, at=at, data={"cents": cents})
        BudgetVote.objects.create(
            line=line,
            kind=kind,
            amount_cents=cents,
            deliberation=act,
            voted_on=voted_on,
            label=label,
            operation=UUID(token("vote", line.budget.year, act, "" if kind == VoteKind.TRANSFER else line.kind)[:32]),
            movement=movement,
            actor_id=self.manager.actor_id,
            actor_label=self.manager.actor_label,
            occurred_at=at,
        )
