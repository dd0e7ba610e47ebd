"""The instructor's opinion, the evaluators' grids, the interests declared, the works on several files."""

from reviews.models.checklist import CheckAnswer, CheckedApplication
from reviews.models.committee import AgendaItem, CommitteeMember, CommitteeSession, Recusal, Vote
from reviews.models.declarations import DeclaredOrganisation, InterestDeclaration
from reviews.models.evaluation import Review, ReviewQuerySet, Score
from reviews.models.interests import Conflict, NeutralChange, NeutralDecision, NeutralLabel, NeutralReport
from reviews.models.jobs import Job, JobQuerySet, JobRow
from reviews.models.notes import Note, NoteMention
from reviews.models.opinion import Opinion
from reviews.models.outside import OutsideOpinion
from reviews.models.reading import DuplicateVerdict, NeutralCorrection, ReadingRemark
from reviews.models.saved_view import SavedView, SavedViewQuerySet
from reviews.models.scenario import Scenario, ScenarioLine
from reviews.models.sheet import DecisionSheet, DecisionSheetQuerySet

__all__ = [
    "AgendaItem",
    "CheckAnswer",
    "CheckedApplication",
    "CommitteeMember",
    "CommitteeSession",
    "Conflict",
    "DecisionSheet",
    "DecisionSheetQuerySet",
    "DeclaredOrganisation",
    "DuplicateVerdict",
    "InterestDeclaration",
    "Job",
    "JobQuerySet",
    "JobRow",
    "NeutralChange",
    "NeutralCorrection",
    "NeutralDecision",
    "NeutralLabel",
    "NeutralReport",
    "Note",
    "NoteMention",
    "Opinion",
    "OutsideOpinion",
    "ReadingRemark",
    "Recusal",
    "Review",
    "ReviewQuerySet",
    "SavedView",
    "SavedViewQuerySet",
    "Scenario",
    "ScenarioLine",
    "Score",
    "Vote",
]
