"""What the desk says to a commune: pieces asked, file inadmissible, decision notified."""

from collections.abc import Iterable
from typing import Any, ClassVar

from accounts.models import User
from accounts.states import WRITING_ROLES
from applications.asking import label_of
from applications.comparing import around_change
from applications.models import Application, Decision, FileLetter, PieceRequest, StaffCorrection
from applications.notifications.commune import FileMail, members
from applications.states import DecisionKind
from common.clock import database_now
from common.dates import local

LETTER = "decision_letter"
FILE_LETTER = "file_letter"


class CommuneMail(FileMail):
    """To those who write and sign for the commune."""

    def people(self) -> Iterable[User]:
        return members(self.application.organisation, *WRITING_ROLES)


class LetterMail(CommuneMail):
    """A mail that leaves with its letter, once the PDF is made (`file_letters.make`). Without a letter it is only shown."""

    awaits: ClassVar[str] = FILE_LETTER

    def __init__(self, application: Application, *, by: Any, letter: FileLetter | None = None) -> None:
        super().__init__(application, by=by)
        self.letter = letter

    def key(self) -> str | None:
        return f"letter-{self.letter.pk}" if self.letter else super().key()


class PiecesAsked(LetterMail):
    """What is missing, why, by when; the delay to answer stands still meanwhile (CRPA L. 114-5)."""

    kind = "pieces_asked"
    page = "application_answer_pieces"

    def __init__(self, application: Application, request: PieceRequest, letter: FileLetter | None = None) -> None:
        super().__init__(application, by=request.asked_by, letter=letter)
        self.request = request

    def context(self) -> dict[str, Any]:
        return {**super().context(), "request": self.request}


class DeadlineExtended(PiecesAsked):
    """The commune has more time to answer."""

    kind = "pieces_deadline_extended"
    awaits: ClassVar[str] = ""

    def __init__(self, application: Application, request: PieceRequest, *, by: Any) -> None:
        super().__init__(application, request)
        self.by = by


class RequestReminder(DeadlineExtended):
    """The deadline comes near and nothing was answered. Once a deadline: a longer one has its own."""

    kind = "pieces_reminder"

    def key(self) -> str | None:
        return f"{self.request.pk}:{self.request.due_on.isoformat()}"


class FileAssigned(FileMail):
    """To whom a file is given to instruct: one mail an hour from the same person, however many files come at once."""

    kind = "file_assigned"
    page = "desk_file"

    def __init__(self, application: Application, *, to: User, by: Any) -> None:
        super().__init__(application, by=by)
        self.to = to

    def people(self) -> Iterable[User]:
        return [] if self.to.pk == self.by.pk else [self.to]

    def key(self) -> str | None:
        return f"assigned-{self.by.pk}-{local(database_now()):%Y%m%d%H}"


class RequestLapsed(DeadlineExtended):
    """The deadline passed without an answer: the file is read as it stands, and the delay runs again."""

    kind = "pieces_request_lapsed"
    page = "application_home"


class TypoCorrected(CommuneMail):
    """A slip of the pen was mended by the desk: both texts, and why."""

    kind = "typo_corrected"
    page = "application_typos"

    def __init__(self, application: Application, correction: StaffCorrection) -> None:
        super().__init__(application, by=correction.made_by)
        self.correction = correction

    def context(self) -> dict[str, Any]:
        made = self.correction
        before, after = around_change(made.before, made.after)
        shown = {"correction": made, "label": label_of(made.name), "before": before, "after": after}
        return {**super().context(), **shown}

    def key(self) -> str | None:
        return f"typo-{self.correction.pk}"


class Inadmissible(LetterMail):
    kind = "application_inadmissible"

    def __init__(self, application: Application, *, reason: str, by: Any, letter: FileLetter | None = None) -> None:
        super().__init__(application, by=by, letter=letter)
        self.reason = reason

    def context(self) -> dict[str, Any]:
        return {**super().context(), "reason": self.reason}


class Adjourned(Inadmissible):
    """The committee put the file off: neither accepted nor refused, and why."""

    kind = "application_adjourned"


class DecisionMail(CommuneMail):
    """The decision is signed; the message leaves with its letter, once that is made."""

    awaits: ClassVar[str] = LETTER

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.application, by=decision.signed_by)
        self.decision = decision

    def context(self) -> dict[str, Any]:
        return {**super().context(), "decision": self.decision}

    def key(self) -> str | None:
        return f"decision-{self.decision.pk}"


class Granted(DecisionMail):
    kind = "decision_granted"


class Rejected(DecisionMail):
    kind = "decision_rejected"


class Waitlisted(DecisionMail):
    kind = "decision_waitlisted"


LETTER_MAILS: dict[str, type[DecisionMail]] = {
    DecisionKind.GRANT: Granted,
    DecisionKind.REJECT: Rejected,
    DecisionKind.WAITLIST: Waitlisted,
}


def letter_mail(decision: Decision) -> DecisionMail:
    return LETTER_MAILS[decision.kind](decision)
