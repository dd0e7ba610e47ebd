"""Mending a slip of the pen in a file that was sent, by the fund's team. Never an amount, a date, a choice or a document."""

from difflib import SequenceMatcher
from typing import Any

from django.db import transaction

from applications import doors, snapshot
from applications.asking import label_of
from applications.comparing import edges
from applications.models import Application, StaffCorrection
from applications.notifications.desk import TypoCorrected
from applications.services.exchange import keep_version
from applications.services.instruction import check_instructs, locked_for_desk, same_version
from applications.services.reading import for_reading
from common.errors import DomainError
from journal.services import record

MOST = doors.TYPO_CHARACTERS  # beyond, it is no slip any more
WIDEST = 600
TITLE = 160


def check_typo(application: Application, name: str, after: str) -> str:
    """The text as it would read; DomainError when it is more than a slip of the pen."""
    if name not in doors.TYPOS:
        raise DomainError("Le service corrige une faute dans un texte ; jamais un montant, une date ou une pièce.")
    if application.state not in doors.TYPO_STATES:
        raise DomainError(
            f"Le dossier est « {application.get_state_display().lower()} » : son texte ne change plus ici."
        )
    before, words = getattr(application, name), after.replace("\r\n", "\n").strip()
    if name == "title":
        words = " ".join(words.split())
        if len(words) > TITLE:
            raise DomainError(f"Le titre tient en {TITLE} caractères.")
    if not words:
        raise DomainError("Un texte ne se vide pas : demandez à la commune de le corriger.")
    if words == before.replace("\r\n", "\n").strip():
        raise DomainError("Rien n’a changé dans ce texte.")
    if changed(before.replace("\r\n", "\n"), words) > MOST:
        raise DomainError(
            f"Le service corrige une faute, {MOST} caractères au plus. Au-delà, demandez à la commune de corriger sa réponse."
        )
    return words


def changed(before: str, after: str) -> int:
    """How many characters differ; what begins and ends alike is set aside first."""
    start, end = edges(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(old), len(new)) > WIDEST:
        return WIDEST
    matched = SequenceMatcher(None, old, new, autojunk=False)
    return sum(max(b - a, d - c) for tag, a, b, c, d in matched.get_opcodes() if tag != "equal")


@transaction.atomic
def correct_typo(
    pk: int, *, name: str, after: str, reason: str, by: Any, version: int | None = None
) -> StaffCorrection:
    """Mend a slip in one text: a new version of the content beside what was sent, told to the commune with both texts."""
    locked_for_desk(pk, by=by)
    application = for_reading(Application.objects.filter(pk=pk)).get()
    check_instructs(application, by=by)
    same_version(application, version)
    words = check_typo(application, name, after)
    if not reason.strip():
        raise DomainError("Dites à la commune pourquoi son texte est corrigé.")
    made = StaffCorrection.objects.create(
        application=application,
        number=application.content_version + 1,
        name=name,
        before=getattr(application, name),
        after=words,
        reason=reason.strip(),
        made_by=by,
    )
    setattr(application, name, words)
    application.content_version += 1
    application.version += 1
    application.search_text = snapshot.search_text(application, str(application.number))
    application.save(update_fields=[name, "content_version", "search_text", "version", "updated_at"])
    keep_version(application, by=by, typo=made)
    data = {"items": [label_of(name)], "before": made.before, "after": words}
    record(application, by=by, verb="correct_typo", reason=made.reason, data=data)
    TypoCorrected(application, made).queue()
    return made
