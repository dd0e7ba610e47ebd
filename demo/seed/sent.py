"""What left with each file: receipts, letters of decision, and the mails that carried them, as they were read then."""

from datetime import datetime
from typing import Any

from applications import decision_letters, receipts
from applications.letter_data import letter_data
from applications.models import Application, Decision
from applications.notifications.commune import SubmittedMail
from applications.notifications.desk import letter_mail
from applications.services import for_reading
from applications.states import DecisionKind
from demo.seed import papers
from demo.seed.pen import token
from documents import letters
from documents import services as documents
from documents.models import StoredFile
from notifications.mail import Mail
from notifications.models import Message
from notifications.states import MessageState


def receipt(application: Application, at: datetime) -> None:
    """The receipt of a file just sent, and the mail to who signed and who wrote."""
    found = for_reading().get(pk=application.pk)
    made = issue("receipt", receipts.data_of(found), f"Accusé de réception {found.number}.pdf", found, at)
    Application.objects.filter(pk=found.pk).update(receipt=made)
    application.receipt = made
    told(SubmittedMail(found, by=found.submitted_by), at=at, paper=made)


def decision_letter(decision: Decision, at: datetime) -> StoredFile:
    """The letter of a decision just signed, and the mail that notified it."""
    kind = DecisionKind(decision.kind)
    name = f"{decision_letters.NAMES[kind]} {decision.application.number}.pdf"
    data = letter_data(decision)
    made = issue(decision_letters.TEMPLATES[kind], data, name, decision.application, at)
    told(letter_mail(decision), at=at, paper=made)
    return made


def issue(template: str, data: dict[str, Any], name: str, application: Application, at: datetime) -> StoredFile:
    """A document the fund made at that moment."""
    return papers.store(
        letters.render(template, data),
        name,
        organisation=application.organisation,
        by=None,
        at=at,
        key=token(template, application.public_id, at),
        origin="issued",
    )


def told(mail: Mail, *, at: datetime, paper: StoredFile | None = None) -> None:
    """A mail of the past: it left when what it says happened, with its document."""
    carried = [documents.as_attachment(paper)] if paper is not None else []
    for message in mail.queue():
        Message.objects.filter(pk=message.pk).update(
            state=MessageState.SENT, created_at=at, sent_at=at, attempts=1, awaits="", attachments=carried
        )
