"""The instructor's opinion, the evaluators' grids, the interests declared."""

from reviews.models.evaluation import Review, ReviewQuerySet, Score
from reviews.models.interests import Conflict, NeutralChange, NeutralDecision, NeutralReport
from reviews.models.opinion import Opinion

__all__ = [
    "Conflict",
    "NeutralChange",
    "NeutralDecision",
    "NeutralReport",
    "Opinion",
    "Review",
    "ReviewQuerySet",
    "Score",
]
