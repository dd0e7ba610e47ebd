"""The documents of a draft: each one the call asks for, and the others."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from applications import eligibility, policies, services
from applications.answers import documents_of
from applications.forms.acts import UploadForm
from applications.models import Application, Attachment
from applications.sections import BY_SLUG
from applications.views import home_parts
from applications.views.drafting import refuse_readers, section_context
from applications.views.fetching import own_file, person
from common.errors import DomainError
from documents.states import FileState

FILE_STATES = {
    FileState.QUARANTINED: ("plain", "Reçu, analyse en cours"),
    FileState.CLEAN: ("done", "Jointe"),
    FileState.INFECTED: ("err", "Refusée : virus détecté"),
    FileState.UNREADABLE: ("err", "Refusée : fichier illisible"),
}


@require_http_methods(["GET", "POST"])
def documents(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Each document the call asks for, with its files; several at once, one may replace another."""
    application, one = own_file(request, public_id), BY_SLUG["pieces"]
    if request.method == "GET" and not policies.can_edit(request.user, application):
        return redirect(home_parts.url("application_review", application) + "#pieces")
    refuse_readers(request, application)
    errors: dict[str, str] = {}
    if request.method == "POST":
        code, error = join_files(request, application)
        if not error:
            return redirect(f"{request.path}#{code}")
        errors[code] = error
    rows = documents_of(application)
    if not any(row["document"] is None for row in rows):
        rows.append({"document": None, "files": []})
    context = section_context(application, one) | {
        "rows": [_document_row(row, errors) for row in rows],
        "missing": eligibility.missing_documents(application),
        "errors": errors,
    }
    return render(request, "applications/commune/documents.html", context)


def join_files(request: HttpRequest, application: Application) -> tuple[str, str]:
    """Join what was chosen; the code of the document and, when a file is refused, the sentence."""
    form = UploadForm(request.POST, request.FILES)
    code = request.POST.get("code", "")
    if not form.is_valid():
        return code, " ".join(str(error) for errors in form.errors.values() for error in errors)
    code, replaces = form.cleaned_data["code"], form.cleaned_data["replaces"]
    for upload in form.cleaned_data["uploads"]:
        try:
            services.attach_document(application.pk, by=person(request), code=code, upload=upload, replaces=replaces)
        except DomainError as refusal:
            if refusal.status == 403:
                raise
            return code, f"« {upload.name} » : {refusal}"
        replaces = None
    return code, ""


def _document_row(row: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    document, files = row["document"], row["files"]
    code = document.code if document else "autre"
    kind, label = ("plain", "Aucune")
    if files:
        worst = max(files, key=lambda one: list(FILE_STATES).index(FileState(one.file.state)))
        kind, label = FILE_STATES[FileState(worst.file.state)]
        if len(files) > 1 and kind != "err":
            label = f"{len(files)} fichiers"
    elif document and document.required:
        kind, label = "you", "À joindre"
    return {
        "code": code,
        "label": document.label if document else "Autres pièces",
        "hint": document.help if document else "Tout ce qui aide à comprendre l’action.",
        "optional": not (document and document.required),
        "kind": kind,
        "state": label,
        "error": errors.get(code, ""),
        "files": [file_row(one) for one in files],
        "form": UploadForm(initial={"code": code}, auto_id=f"id_{code}_%s"),
    }


def file_row(attachment: Attachment) -> dict[str, Any]:
    stored = attachment.file
    kind, label = FILE_STATES[FileState(stored.state)]
    return {
        "pk": attachment.pk,
        "name": stored.name,
        "size": stored.size,
        "when": attachment.added_at,
        "refused": kind == "err",
        "state": label,
        "url": reverse("file_download", args=[stored.key]) if stored.state == FileState.CLEAN else "",
        "note": stored.scan_note,
    }


@require_POST
def document_remove(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    application = own_file(request, public_id)
    services.remove_document(application.pk, pk, by=person(request))
    messages.success(request, "La pièce est retirée du dossier.")
    return redirect("application_documents", public_id)
