"""Each letter and each mail about a file, with its proof: when it left, what it carried, when the commune first opened it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.models import Membership
from applications.models import Application, ChangeRequest, Decision, FileLetter, SignedPaper
from documents.models import StoredFile
from documents.states import FileState, Origin
from journal.models import Entry, Kind
from journal.services import record
from notifications.models import Message
from notifications.states import MessageState

# What is said to communes; a kind that is not here is the desk's alone (tests/applications/test_letters_page.py holds the list).
TO_COMMUNES = frozenset(
    {
        "appeal_answered",
        "appeal_received",
        "application_adjourned",
        "application_inadmissible",
        "application_submitted",
        "award_act",
        "award_lapsing",
        "change_answered",
        "convention_to_sign",
        "decision_granted",
        "decision_rejected",
        "decision_waitlisted",
        "help_ended",
        "help_opened",
        "instalment_ordered",
        "instalment_paid",
        "instalment_returned",
        "instalment_stopped",
        "message_to_commune",
        "pieces_asked",
        "pieces_deadline_extended",
        "pieces_reminder",
        "pieces_request_lapsed",
        "recovery",
        "report_accepted",
        "report_reminder",
        "report_returned",
        "report_signature_asked",
        "report_sent",
        "report_to_mend",
        "settlement",
        "signed_paper_of_desk",
        "typo_corrected",
    }
)
STATES = {
    MessageState.QUEUED: ("hold", "En attente d’envoi"),
    MessageState.SENT: ("done", "Remis au serveur de messagerie"),
    MessageState.FAILED: ("err", "Non remis : refusé par le serveur du destinataire"),
    MessageState.DEAD: ("err", "Non remis, après plusieurs essais"),
}
SHOWN = 200


@dataclass(frozen=True)
class Paper:
    """A document that went with a mail: its bytes are kept, and found the same by their SHA-256."""

    name: str
    sha256: str
    size: int
    url: str
    opened_at: datetime | None
    opened_by: str


@dataclass(frozen=True)
class Letter:
    subject: str
    name: str
    email: str
    kind: str  # of the tag
    state: str
    at: datetime
    attempts: int
    message_id: str
    papers: tuple[Paper, ...]


def letters_of(application: Application, user: Any, *, for_the_commune: bool) -> list[Letter]:
    """Newest first. A commune reads what was said to its own people, once it left or may leave; the desk reads all."""
    found = Message.objects.filter(subject_ref=application.number).defer("body_text", "body_html").order_by("-pk")
    if for_the_commune:
        people = Membership.objects.filter(organisation=application.organisation_id).values("user_id")
        found = found.filter(kind__in=TO_COMMUNES, awaits="", recipient_id__in=people)
    messages = list(found[:SHOWN])
    papers = _papers(messages, user)
    return [_letter(one, papers) for one in messages]


def _letter(message: Message, papers: dict[str, Paper]) -> Letter:
    kind, state = STATES[MessageState(message.state)]
    return Letter(
        message.subject,
        message.recipient_label,
        message.recipient_email,
        kind,
        state,
        message.sent_at or message.created_at,
        message.attempts,
        message.message_id,
        tuple(papers[one["path"]] for one in message.attachments if one.get("path") in papers),
    )


def _papers(messages: list[Message], user: Any) -> dict[str, Paper]:
    paths = {one["path"] for message in messages for one in message.attachments if one.get("path")}
    files = list(StoredFile.objects.visible_to(user).filter(path__in=paths, state=FileState.CLEAN))
    first = _first_openings(files)
    return {one.path: _paper(one, first.get(_chain(one))) for one in files}


@dataclass(frozen=True)
class Scan:
    """A version of a signed document; its paper is None until the antivirus has read it (or when it refused it)."""

    signed: SignedPaper
    paper: Paper | None
    last: bool


def scans_of(application: Application) -> list[Scan]:
    """The signed documents of a file, each version, the last first."""
    signed = SignedPaper.objects.filter(decision__application=application).select_related("file", "deposited_by")
    found = list(signed.order_by("kind", "-number"))
    first = _first_openings([one.file for one in found])
    kinds: set[str] = set()
    scans = []
    for one in found:
        clean = one.file.state == FileState.CLEAN
        paper = _paper(one.file, first.get(_chain(one.file))) if clean else None
        scans.append(Scan(one, paper, one.kind not in kinds))
        kinds.add(one.kind)
    return scans


def _first_openings(files: list[StoredFile]) -> dict[str, Entry]:
    first: dict[str, Entry] = {}
    for entry in Entry.objects.filter(chain__in=[_chain(one) for one in files]).order_by("-sequence"):
        first[entry.chain] = entry
    return first


def _paper(file: StoredFile, opened: Entry | None) -> Paper:
    url = reverse("file_download", args=[file.key])
    at, by = (opened.at, opened.actor_label) if opened else (None, "")
    return Paper(file.name, file.sha256, file.size, url, at, by)


def _chain(file: StoredFile) -> str:
    return f"opened:{file.pk}"


def keep_opening(sender: Any, *, file: StoredFile, user: Any, **kwargs: Any) -> None:
    """Receiver of `documents.signals.file_served`: the first time each person of a commune opens a letter sent to it."""
    if file.organisation_id not in user.organisation_ids():
        return
    is_letter = (
        SignedPaper.objects.filter(file=file).exists()
        if file.origin == Origin.UPLOADED
        else (
            Decision.objects.filter(letter=file).exists()
            or ChangeRequest.objects.filter(letter=file).exists()
            or FileLetter.objects.filter(file=file).exists()
            or Application.objects.filter(receipt=file).exists()
        )
    )
    if is_letter and not Entry.objects.filter(chain=_chain(file), actor_id=user.pk).exists():
        record(file, by=user, verb="open_letter", kind=Kind.READ, chain=_chain(file))
