from applications.models.answers import QuestionAnswer
from applications.models.appeal import Appeal
from applications.models.application import (
    Application,
    Attachment,
    BudgetLine,
    Indicator,
    Milestone,
    Partner,
)
from applications.models.assistance import Assistance
from applications.models.change import ChangeRequest
from applications.models.correction import ContentVersion, Correction
from applications.models.decision import AwardMovement, Decision
from applications.models.exchange import AskedItem, PieceRequest, Remark
from applications.models.file_letter import FileLetter
from applications.models.ground import DecisionGround, Ground
from applications.models.history import KeptText, Version
from applications.models.label import FileLabel, Label
from applications.models.letter_text import LetterText
from applications.models.messages import FileMessage, MessagePaper, MessageReading
from applications.models.renewal import Renewal
from applications.models.report import (
    FinalReport,
    ReportDocument,
    ReportIndicator,
    ReportLine,
    ReportPhoto,
    ReportRemark,
    ReportSection,
)
from applications.models.signed_paper import SignedPaper
from applications.models.typo import StaffCorrection

__all__ = [
    "Appeal",
    "Application",
    "AskedItem",
    "Assistance",
    "Attachment",
    "AwardMovement",
    "BudgetLine",
    "ChangeRequest",
    "ContentVersion",
    "Correction",
    "Decision",
    "DecisionGround",
    "FileLabel",
    "FileLetter",
    "FileMessage",
    "FinalReport",
    "Ground",
    "Indicator",
    "KeptText",
    "Label",
    "LetterText",
    "MessagePaper",
    "MessageReading",
    "Milestone",
    "Partner",
    "PieceRequest",
    "QuestionAnswer",
    "Remark",
    "Renewal",
    "ReportDocument",
    "ReportIndicator",
    "ReportLine",
    "ReportPhoto",
    "ReportRemark",
    "ReportSection",
    "SignedPaper",
    "StaffCorrection",
    "Version",
]
