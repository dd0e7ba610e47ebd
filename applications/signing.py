"""Between those who write and those who sign: what is to be taken up again, what changed since the signature was asked."""

from dataclasses import dataclass
from datetime import datetime

from applications.models import Application, Remark
from applications.sections import BY_SLUG, Section
from journal.models import Entry
from journal.services import chain_of

ASKED, RETURNED = "ask_signature", "return_to_drafter"
DOCUMENTS = ("attach_document", "remove_document", "reuse_document", "date_document")


@dataclass(frozen=True)
class Touched:
    """A section written after a moment: by whom and when, the last time."""

    section: Section
    by: str
    at: datetime | None


def changed_since_asked(application: Application) -> list[Touched]:
    """The sections written since the signature was asked; none when it is not asked."""
    return list(_touched_after(application, ASKED).values()) if application.signature_asked_at else []


def to_take_up(application: Application, remark: Remark | None) -> list[Section]:
    """The sections that the signatory pointed at and that nobody has saved since."""
    if remark is None or not remark.sections:
        return []
    done = _touched_after(application, RETURNED)
    return [BY_SLUG[slug] for slug in remark.sections if slug in BY_SLUG and slug not in done]


def last_return(application: Application) -> Remark | None:
    return application.remarks.select_related("author").order_by("-pk").first()


def _touched_after(application: Application, verb: str) -> dict[str, Touched]:
    entries = Entry.objects.filter(chain=chain_of(application))
    since = entries.filter(verb=verb).order_by("-sequence").values_list("sequence", flat=True).first()
    if since is None:
        return {}
    found: dict[str, Touched] = {}
    for entry in entries.filter(sequence__gt=since).order_by("sequence"):
        slug = "pieces" if entry.verb in DOCUMENTS else entry.data.get("section", "")
        if slug in BY_SLUG:
            found[slug] = Touched(BY_SLUG[slug], entry.actor_label, entry.at)
    return found
