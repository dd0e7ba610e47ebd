from fund.models.calls import Call, CallDocument, CallPoint, CallQuerySet, Criterion, PlannedShare
from fund.models.money import Budget, BudgetLine, Counter, Envelope, EnvelopeBalance, Fund, Movement
from fund.models.questions import Question, QuestionSet
from fund.models.votes import BudgetVote, PaymentCredit

__all__ = [
    "Budget",
    "BudgetLine",
    "BudgetVote",
    "Call",
    "CallDocument",
    "CallPoint",
    "CallQuerySet",
    "Counter",
    "Criterion",
    "Envelope",
    "EnvelopeBalance",
    "Fund",
    "Movement",
    "PaymentCredit",
    "PlannedShare",
    "Question",
    "QuestionSet",
]
