"""The documents of a file as data for their rows: what is asked, what is there, where each stands."""

import hashlib
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from applications import services
from applications.answers import documents_of
from applications.forms.acts import DateDocumentForm, UploadForm
from applications.models import Application, Attachment
from applications.validity import valid_until
from common.dates import day
from documents.states import FileState

# From the best to the worst: a row says the worst of its files.
FILE_STATES = {
    FileState.CLEAN: ("done", "Prêt"),
    FileState.QUARANTINED: ("plain", "En cours d’analyse"),
    FileState.INFECTED: ("err", "Refusé : virus détecté"),
    FileState.UNREADABLE: ("err", "Refusé"),
    FileState.DISCARDED: ("err", "Supprimé"),
}
ADVICE = {
    FileState.INFECTED: "Un virus a été trouvé dans ce fichier. Retirez-le, faites vérifier votre poste, puis joignez une copie saine.",
    FileState.UNREADABLE: "Retirez-le, puis joignez-le de nouveau.",
}
OTHERS = "autre"
SLOW_AFTER = timedelta(minutes=2)


def document_rows(
    application: Application, errors: dict[str, str], dates: dict[int, DateDocumentForm]
) -> list[dict[str, Any]]:
    """A row for each document of the call, and the last one for whatever else helps."""
    offers = services.reusable(application, timezone.localdate())
    rows = [_row(one["document"], one["files"], errors, offers) for one in _documents(application)]
    for file in (file for row in rows for file in row["files"]):
        file["form"] = dates.get(file["pk"], file["form"])
    return rows


def document_row(application: Application, code: str) -> dict[str, Any]:
    """The row of one document; of the others for a code the call does not know."""
    rows = _documents(application)
    one = next((row for row in rows if row["document"] and row["document"].code == code), rows[-1])
    return _row(one["document"], one["files"], {}, {})


def _documents(application: Application) -> list[dict[str, Any]]:
    rows = documents_of(application)
    if not any(row["document"] is None for row in rows):
        rows.append({"document": None, "files": []})
    return rows


def _row(
    document: Any, files: list[Attachment], errors: dict[str, str], offers: dict[str, Attachment]
) -> dict[str, Any]:
    code = document.code if document else OTHERS
    shown = [file_row(one, document) for one in files]
    kind, label = state_of(document, files, shown)
    form = UploadForm(initial={"code": code}, auto_id=f"id_{code}_%s")
    if code in errors:
        form.fields["uploads"].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"erreur-{code}"}
    return {
        "code": code,
        "label": document.label if document else "Autres pièces",
        "hint": document.help if document else "Tout ce qui aide à comprendre l’action.",
        "age": document.age if document else "",
        "optional": not (document and document.required),
        "kind": kind,
        "state": label,
        "error": errors.get(code, ""),
        "files": shown,
        **scanning(files, shown, kind),
        "offer": _offer(offers.get(code)) if not files else None,
        "form": form,
    }


def scanning(files: list[Attachment], shown: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """How a row asks again by itself while its files are scanned."""
    waiting = [one for one in files if one.file.state == FileState.QUARANTINED]
    pause = 20 if any(_is_slow(one) for one in waiting) else 2
    return {"waits": bool(waiting), "pause": pause, "seen": _mark(shown, kind)}


def state_of(document: Any, files: list[Attachment], shown: list[dict[str, Any]]) -> tuple[str, str]:
    if not files:
        return ("you", "À joindre") if document and document.required else ("plain", "Aucune")
    order = list(FILE_STATES)
    worst = max(files, key=lambda one: order.index(FileState(one.file.state)))
    kind, label = FILE_STATES[FileState(worst.file.state)]
    if kind == "done" and document and document.valid_months and not any(one["is_valid"] for one in shown):
        return "you", "Date à indiquer" if any(one["needs_date"] for one in shown) else "Trop ancienne"
    if kind == "done" and len(files) > 1:
        return kind, f"{len(files)} fichiers prêts"
    return kind, label


def file_row(attachment: Attachment, document: Any = None) -> dict[str, Any]:
    """One file of the list, with its state in words and what to do about it."""
    stored = attachment.file
    state = FileState(stored.state)
    kind, label = FILE_STATES[state]
    until = valid_until(document, attachment.dated_on)
    expires = bool(document and document.valid_months)
    return {
        "pk": attachment.pk,
        "name": stored.name,
        "size": stored.size,
        "when": attachment.added_at,
        "refused": kind == "err",
        "kind": kind,
        "state": label,
        "is_slow": state == FileState.QUARANTINED and _is_slow(attachment),
        "url": reverse("file_download", args=[stored.key]) if state == FileState.CLEAN else "",
        "note": _note(stored),
        "needs_date": expires and attachment.dated_on is None,
        "is_valid": expires and until is not None and until >= timezone.localdate(),
        "validity": _validity(until),
        "form": DateDocumentForm(initial={"dated_on": attachment.dated_on}, auto_id=f"id_{attachment.pk}_%s")
        if expires
        else None,
    }


def _note(stored: Any) -> str:
    """Why a file was refused and what to do: the sentence of the inspection where there is one."""
    if stored.state == FileState.UNREADABLE and stored.scan_note:
        return str(stored.scan_note)
    return ADVICE.get(FileState(stored.state), "")


def _validity(until: date | None) -> str:
    if until is None:
        return ""
    return (
        f"valable jusqu’au {day(until)}"
        if until >= timezone.localdate()
        else f"n’est plus valable depuis le {day(until)}"
    )


def _is_slow(attachment: Attachment) -> bool:
    return bool(attachment.added_at < timezone.now() - SLOW_AFTER)


def waits(application: Application) -> bool:
    """The scanner takes longer than usual."""
    return any(one.file.state == FileState.QUARANTINED and _is_slow(one) for one in application.attachments.all())


def _offer(given: Attachment | None) -> dict[str, Any] | None:
    if given is None:
        return None
    origin = given.application
    return {
        "pk": given.pk,
        "name": given.file.name,
        "size": given.file.size,
        "when": given.added_at,
        "year": origin.call.year,
        "number": origin.number,
    }


def _mark(files: list[dict[str, Any]], kind: str) -> str:
    text = "|".join([kind, *(f"{one['pk']}:{one['state']}:{one['is_slow']}" for one in files)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same_as_seen(row: dict[str, Any], seen: str) -> bool:
    return bool(row["waits"] and row["seen"] == seen)
