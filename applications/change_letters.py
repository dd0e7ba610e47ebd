"""The letter that answers a change: made after the commit, by a task that may run twice; then its mails leave with it."""

from typing import Any

from django.db import transaction

from applications.asking import label_of
from applications.content import text_of
from applications.letter_data import recipient_lines
from applications.models import ChangeRequest
from applications.notifications.changes import CHANGE_LETTER, ChangeAnsweredMail
from applications.states import ChangeState
from common.actors import MACHINE
from documents import letters
from documents import services as documents
from journal.services import record
from notifications.models import Message
from notifications.services import attach

ANSWERED = (ChangeState.ACCEPTED, ChangeState.REFUSED)
SHORT = 200  # a longer text is not repeated as it was


def make(pk: int) -> bool:
    """Make the letter of an answered change and let its mails leave. False when already done, or not answered."""
    change = _fetch().get(pk=pk)
    if change.state not in ANSWERED or change.letter_id:
        return False
    content = letters.render("change_letter", letter_data(change))
    with transaction.atomic():
        change = _fetch().select_for_update(no_key=True, of=("self",)).get(pk=pk)
        if change.letter_id:
            return False
        application = change.application
        name = f"Réponse à la demande de modification {application.number}.pdf"
        change.letter = documents.issue(content, name=name, organisation=application.organisation, by=MACHINE)
        change.version += 1
        change.save(update_fields=["letter", "version"])
        record(change, by=MACHINE, verb="make_letter", kind="content", data={"letter_sha256": change.letter.sha256})
        for message in Message.objects.filter(
            kind=ChangeAnsweredMail.kind,
            subject_ref=application.number,
            dedup_key__contains=f":change-{change.pk}-",
            awaits=CHANGE_LETTER,
        ):
            attach(message, documents.as_attachment(change.letter))
    return True


def waiting() -> list[int]:
    """Answered changes whose letter is not made: lost tasks, found again every minute."""
    found = ChangeRequest.objects.filter(state__in=ANSWERED, letter=None)
    return list(found.order_by("pk").values_list("pk", flat=True)[:200])


def letter_data(change: ChangeRequest) -> dict[str, Any]:
    application, signer = change.application, change.decided_by
    fund = application.call.fund
    data: dict[str, Any] = {
        "head": letters.letterhead(fund, contact=application.instructor or signer),
        "number": application.number,
        "date": change.decided_at,
        "recipient": recipient_lines(application),
        "commune": application.organisation.name,
        "title": change.before.get("title") or application.title,
        "year": application.call.year,
        "asked_at": change.asked_at,
        "outcome": change.state,
        "items": [_item(change, name) for name in change.after],
        "reasons": change.answer or None,
        "signatory": {"name": signer.get_full_name(), "capacity": _capacity(change)} if signer else None,
        "signed_at": change.decided_at,
        "act_number": change.act_number or None,
        "act_date": change.act_date,
    }
    if change.reduction_cents:
        data |= {"amount_cents": change.new_award_cents, "award_cents": change.award_cents}
    return data


def _item(change: ChangeRequest, name: str) -> dict[str, str]:
    before = text_of(name, change.before.get(name))
    return {
        "label": label_of(name),
        "after": text_of(name, change.after[name]),
        **({"before": before} if before and len(before) <= SHORT else {}),
    }


def _capacity(change: ChangeRequest) -> str:
    """A lower amount is signed under an act, as a decision is; the rest by who answers."""
    job = change.decided_by.job if change.decided_by else ""
    return (change.application.call.fund.signatory_title if change.act_number else "") or job or "Le service"


def _fetch() -> Any:
    return ChangeRequest.objects.select_related(
        "application__organisation", "application__call__fund", "application__instructor", "decided_by"
    )
