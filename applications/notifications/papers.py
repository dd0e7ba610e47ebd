"""What is said about what was signed by hand: a convention to sign, a scan that was deposited."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.states import Role
from applications.models import Application, SignedPaper
from applications.notifications.changes import staff
from applications.notifications.commune import members
from applications.notifications.desk import CommuneMail, LetterMail


class ConventionToSign(LetterMail):
    """To who signs for the commune, with the convention."""

    kind = "convention_to_sign"
    page = "application_letters"

    def people(self) -> Iterable[User]:
        return members(self.application.organisation, Role.SIGNATORY)


class PaperOfDesk(CommuneMail):
    """A signed document is in the commune's space."""

    kind = "signed_paper_of_desk"
    page = "application_letters"

    def __init__(self, application: Application, paper: SignedPaper, *, by: Any) -> None:
        super().__init__(application, by=by)
        self.paper = paper

    def context(self) -> dict[str, Any]:
        return {**super().context(), "paper": self.paper}

    def key(self) -> str | None:
        return f"signed-{self.paper.pk}"


class PaperOfCommune(PaperOfDesk):
    """The commune deposited its signed convention: to the managers who see the file."""

    kind = "signed_paper_of_commune"
    page = "desk_letters"

    def people(self) -> Iterable[User]:
        seen = type(self.application).objects.filter(pk=self.application.pk)
        return [
            one for one in staff(Role.FUND_MANAGER) if (seen & type(self.application).objects.visible_to(one)).exists()
        ]
