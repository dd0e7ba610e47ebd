from applications.models.application import (
    Application,
    Attachment,
    BudgetLine,
    Indicator,
    Milestone,
    Partner,
)
from applications.models.decision import AwardMovement, Decision, FinalReport
from applications.models.exchange import PieceRequest, Remark

__all__ = [
    "Application",
    "Attachment",
    "AwardMovement",
    "BudgetLine",
    "Decision",
    "FinalReport",
    "Indicator",
    "Milestone",
    "Partner",
    "PieceRequest",
    "Remark",
]
