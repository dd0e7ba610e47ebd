"""The documents and the photos of a report: joined one by one, each with its state; one refused loses no other."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from applications import policies
from applications.forms.report import AddPhotoForm, PhotoForm, ProofForm
from applications.models import FinalReport
from applications.report_parts import PHOTOS, PROOFS
from applications.services import report_files
from applications.services.report_files import MAX_PHOTOS
from applications.views.report_pages import (
    file_row,
    own_report,
    part_context,
    photo_row,
    refuse_readers,
    report_url,
)
from common.errors import DomainError


def _closed(request: HttpRequest, report: FinalReport, slug: str) -> HttpResponse | None:
    if request.method == "GET" and not policies.can_write_report(request.user, report):
        return redirect(report_url(report, "report_review") + f"#{slug}")
    refuse_readers(request, report)
    return None


def _join(form: Any, join: Any) -> list[str]:
    """Join each chosen file; the sentences of those that were refused."""
    refused = []
    for upload in form.cleaned_data["uploads"]:
        try:
            join(upload)
        except DomainError as refusal:
            if refusal.status == 403:
                raise
            refused.append(f"« {upload.name} » : {refusal}")
    return refused


@require_http_methods(["GET", "POST"])
def report_proofs(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = own_report(request, public_id)
    if answer := _closed(request, report, PROOFS.slug):
        return answer
    form, errors = ProofForm(request.POST or None, request.FILES or None), []
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["kind"]
        errors = _join(
            form,
            lambda upload: report_files.attach_proof(
                report.application_id, kind=kind, upload=upload, by=person(request)
            ),
        )
        if not errors:
            messages.success(request, "Le justificatif est joint.")
            return redirect(f"{request.path}#liste")
        form.add_error("uploads", errors)
        report = own_report(request, public_id)
    rows = [file_row(one) | {"label": one.get_kind_display()} for one in report.documents.all()]
    context = part_context(report, PROOFS) | {"form": form, "rows": rows}
    return render(request, "applications/report/proofs.html", context, status=422 if form.errors else 200)


@require_POST
def report_proof_remove(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    report = own_report(request, public_id)
    report_files.remove_proof(report.application_id, pk, by=person(request))
    messages.success(request, "Le justificatif est retiré du bilan.")
    return redirect("report_proofs", public_id)


@require_http_methods(["GET", "POST"])
def report_photos(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = own_report(request, public_id)
    if answer := _closed(request, report, PHOTOS.slug):
        return answer
    form, errors, added = AddPhotoForm(request.POST or None, request.FILES or None), [], []
    if request.method == "POST" and form.is_valid():
        errors = _join(
            form,
            lambda upload: added.append(
                report_files.add_photo(report.application_id, upload=upload, by=person(request))
            ),
        )
        if not errors and len(added) == 1:
            return redirect("report_photo", public_id, added[0].pk)
        if not errors:
            return redirect(f"{request.path}#liste")
        form.add_error("uploads", errors)
        report = own_report(request, public_id)
    rows = [photo_row(one) for one in report.photos.all()]
    context = part_context(report, PHOTOS) | {"form": form, "rows": rows, "most": MAX_PHOTOS}
    return render(request, "applications/report/photos.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def report_photo(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    """Caption, description, consent of the people: what a photo needs before it leaves."""
    report = own_report(request, public_id)
    if answer := _closed(request, report, PHOTOS.slug):
        return answer
    photo = next((one for one in report.photos.all() if one.pk == pk), None)
    if photo is None:
        raise Http404
    form = PhotoForm(request.POST or None, photo=photo)
    if request.method == "POST" and form.is_valid():
        try:
            report_files.save_photo(report.application_id, pk, by=person(request), **form.cleaned_data)
            messages.success(request, "La photo est enregistrée.")
            return redirect("report_photos", public_id)
        except DomainError as refused:
            if refused.status == 403:
                raise
            form.add_error(None, str(refused))
    context = part_context(report, PHOTOS) | {"form": form, "row": photo_row(photo)}
    return render(request, "applications/report/photo.html", context, status=422 if form.errors else 200)


@require_POST
def report_photo_remove(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    report = own_report(request, public_id)
    report_files.remove_photo(report.application_id, pk, by=person(request))
    messages.success(request, "La photo est retirée du bilan.")
    return redirect("report_photos", public_id)
