"""The letter of a signed decision: made after the commit, by a task that may run twice; then the decision is notified."""

from typing import Any

from django.db import transaction

from applications.letter_data import letter_data
from applications.models import Decision
from applications.notifications.desk import LETTER, LETTER_MAILS
from applications.services.reports import open_report
from applications.states import DecisionKind, DecisionState
from common.actors import MACHINE
from documents import letters
from documents import services as documents
from journal.services import advance, locked
from notifications.models import Message
from notifications.services import attach

TEMPLATES = {
    DecisionKind.GRANT: "award_letter",
    DecisionKind.REJECT: "refusal_letter",
    DecisionKind.WAITLIST: "waitlist_letter",
}
NAMES = {
    DecisionKind.GRANT: "Lettre d’attribution",
    DecisionKind.REJECT: "Lettre de refus",
    DecisionKind.WAITLIST: "Lettre de mise en liste d’attente",
}


def make(pk: int) -> bool:
    """Make the letter of a signed decision, notify the decision and let its messages leave. False when already done.

    The PDF is made and stored outside the lock; who comes second under the lock throws theirs away.
    """
    decision = _fetch().get(pk=pk)
    if decision.state != DecisionState.SIGNED:
        return False
    content = letters.render(TEMPLATES[DecisionKind(decision.kind)], letter_data(decision))
    with transaction.atomic():
        decision = locked(_fetch(), pk)
        if decision.state != DecisionState.SIGNED:
            return False
        application = decision.application
        name = f"{NAMES[DecisionKind(decision.kind)]} {application.number}.pdf"
        decision.letter = documents.issue(content, name=name, organisation=application.organisation, by=MACHINE)
        advance(decision, decision.notify, by=MACHINE, data={"letter_sha256": decision.letter.sha256})
        if decision.kind == DecisionKind.GRANT:
            open_report(application.pk, by=MACHINE)
        for message in Message.objects.filter(
            kind__in=[mail.kind for mail in LETTER_MAILS.values()],
            subject_ref=application.number,
            dedup_key__contains=f":decision-{decision.pk}:",
            awaits=LETTER,
        ):
            attach(message, documents.as_attachment(decision.letter))
    return True


def waiting() -> list[int]:
    """Signed decisions whose letter is not made: lost tasks, found again every minute."""
    return list(Decision.objects.filter(state=DecisionState.SIGNED).order_by("pk").values_list("pk", flat=True)[:200])


def _fetch() -> Any:
    return Decision.objects.select_related(
        "application__organisation",
        "application__call__fund",
        "application__instructor",
        "recorded_by",
        "signed_by",
        "delegation__giver",
    )
