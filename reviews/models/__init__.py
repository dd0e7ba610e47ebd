"""The instructor's opinion, the evaluators' grids, the interests declared."""

from reviews.models.committee import AgendaItem, CommitteeMember, CommitteeSession, Recusal, Vote
from reviews.models.evaluation import Review, ReviewQuerySet, Score
from reviews.models.interests import Conflict, NeutralChange, NeutralDecision, NeutralReport
from reviews.models.opinion import Opinion
from reviews.models.scenario import Scenario, ScenarioLine

__all__ = [
    "AgendaItem",
    "CommitteeMember",
    "CommitteeSession",
    "Conflict",
    "NeutralChange",
    "NeutralDecision",
    "NeutralReport",
    "Opinion",
    "Recusal",
    "Review",
    "ReviewQuerySet",
    "Scenario",
    "ScenarioLine",
    "Score",
    "Vote",
]
