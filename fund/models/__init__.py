from fund.models.calls import Call, CallDocument, CallQuerySet, Criterion, PlannedShare
from fund.models.money import Budget, BudgetLine, Counter, Envelope, EnvelopeBalance, Fund, Movement
from fund.models.questions import Question, QuestionSet

__all__ = [
    "Budget",
    "BudgetLine",
    "Call",
    "CallDocument",
    "CallQuerySet",
    "Counter",
    "Criterion",
    "Envelope",
    "EnvelopeBalance",
    "Fund",
    "Movement",
    "PlannedShare",
    "Question",
    "QuestionSet",
]
