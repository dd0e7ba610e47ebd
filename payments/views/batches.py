"""Batches: the list, one of them, its lines, its seal and its files."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from common.paging import newest_first
from journal.services import once
from payments import content, lists, policies, services
from payments.forms import ChosenForm, SealForm, VersionForm
from payments.models import Batch, PaymentLine
from payments.pages import MailCount, batch_page
from payments.services.exports import name_of
from payments.states import BatchState, ExportFormat
from payments.views.access import confirm_identity, require, require_staff, say_first_error, seen

TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.PDF: "application/pdf",
    ExportFormat.ZIP: "application/zip",
    ExportFormat.PES: "application/xml",
    ExportFormat.SEPA: "application/xml",
}


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    page = newest_first(lists.batches(request.user), request.GET)
    context = {
        "page": page,
        "can_prepare": policies.can_prepare_batches(request.user),
        "is_finance": policies.can_export_batches(request.user),
        "reads_returns": policies.reads_returns(request.user),
    }
    return render(request, "payments/batch_list.html", context)


@require_POST
def batch_create(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    return redirect("batch_detail", services.create_batch(by=request.user).pk)


def batch_of(request: HttpRequest, pk: int) -> Batch:
    require_staff(request)
    found: Batch = seen(Batch.objects.visible_to(request.user).select_related("prepared_by", "sealed_by"), pk=pk)
    return found


@require_safe
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "payments/batch.html", batch_page(batch_of(request, pk), request.user))


@require_POST
def batch_add(request: HttpRequest, pk: int) -> HttpResponse:
    batch, form = batch_of(request, pk), ChosenForm(request.POST)
    if form.is_valid():
        services.add_lines(batch.pk, form.cleaned_data["ids"], by=request.user, version=form.cleaned_data["version"])
    else:
        say_first_error(request, form)
    return redirect("batch_detail", pk)


@require_POST
def batch_remove(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    batch, form = batch_of(request, pk), VersionForm(request.POST)
    seen(PaymentLine.objects.filter(batch=batch), pk=line)
    if form.is_valid():
        services.remove_line(line, by=request.user, version=form.cleaned_data["version"])
    else:
        say_first_error(request, form)
    return redirect("batch_detail", pk)


@require_http_methods(["GET", "POST"])
def batch_seal(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that says what will be ordered, in figures; posted twice, it seals once."""
    batch = batch_of(request, pk)
    require(policies.can_prepare_batches(request.user), "Un lot est scellé par une personne des finances, préparation.")
    confirm_identity(request)
    if batch.state != BatchState.OPEN and request.method == "GET":
        return redirect("batch_detail", pk)
    form = SealForm(request.POST or None, initial={"version": batch.version})
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        answer = once(
            by=cast(User, request.user),
            operation="seal_batch",
            key=form.cleaned_data["key"],
            request={"batch": pk, "version": version},
            act=lambda: {"number": services.seal_batch(pk, by=request.user, version=version).number},
        )
        messages.success(
            request, f"Le lot {answer['number']} est scellé. Téléchargez son fichier pour le logiciel de finances."
        )
        return redirect("batch_detail", pk)
    lines = content.lines_of(batch)
    context = {
        "batch": batch,
        "form": form,
        "lines": lines,
        "total": sum(line.amount_cents for line in lines),
        "communes": len({line.organisation_id for line in lines}),
        "mails": MailCount.of_seal(lines),
    }
    return render(request, "payments/batch_seal.html", context, status=422 if form.errors else 200)


@require_POST
def batch_transmit(request: HttpRequest, pk: int) -> HttpResponse:
    batch, form = batch_of(request, pk), VersionForm(request.POST)
    if form.is_valid():
        services.mark_transmitted(batch.pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, f"Le lot {batch.number} est noté comme transmis.")
    return redirect("batch_detail", pk)


@require_POST
def batch_export(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """The file, always the same bytes; a POST, for each download is written in the journal."""
    if format not in ExportFormat.values:
        raise Http404
    batch = batch_of(request, pk)
    require(policies.can_export_batches(request.user), "Les fichiers d’un lot sont téléchargés par les finances.")
    confirm_identity(request)
    export = services.export_batch(batch.pk, format, by=request.user)
    response = HttpResponse(bytes(export.content), content_type=TYPES[ExportFormat(format)])
    response.headers["Content-Disposition"] = f'attachment; filename="{name_of(batch, ExportFormat(format))}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
