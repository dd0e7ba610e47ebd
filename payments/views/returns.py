"""Returns from finance: the file, its columns, what it would do, what it did, and the differences."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from common.errors import DomainError
from common.paging import newest_first
from journal.services import once
from payments import policies, services
from payments.finance_forms import AttachForm, CancelForm, MappingForm, ReturnForm, SettleForm
from payments.finance_pages import reconciliation_page, return_page
from payments.forms import VersionForm
from payments.models import Batch, ContraryLine, PaymentLine, ReturnDifference, ReturnImport
from payments.views.access import confirm_identity, require, require_staff, say_first_error, seen
from payments.views.batches import batch_of


def _require_reader(request: HttpRequest) -> None:
    if not policies.reads_returns(request.user):
        raise Http404


def _require_importer(request: HttpRequest) -> None:
    _require_reader(request)
    require(policies.can_import_returns(request.user), "Le retour des paiements est importé par les finances.")


@require_http_methods(["GET", "POST"])
def return_list(request: HttpRequest) -> HttpResponse:
    """The imports, and the form for the next one; the same file twice opens the same import."""
    _require_reader(request)
    form = ReturnForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        _require_importer(request)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                read = services.read_return(file.read(), file.name, by=request.user)
            except DomainError as error:
                form.add_error("file", str(error))
            else:
                return redirect("return_detail", read.pk)
    rows = ReturnImport.objects.visible_to(request.user).defer("content").select_related("imported_by")
    context = {
        "page": newest_first(rows, request.GET),
        "form": form,
        "can_import": policies.can_import_returns(request.user),
    }
    return render(request, "payments/return_list.html", context, status=422 if form.errors else 200)


def _one(request: HttpRequest, pk: int) -> ReturnImport:
    _require_reader(request)
    found: ReturnImport = seen(ReturnImport.objects.visible_to(request.user), pk=pk)
    services.require_neutral_reader(found, request.user)
    return found


@require_safe
def return_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "payments/return.html", return_page(_one(request, pk), request.user))


@require_POST
def return_map(request: HttpRequest, pk: int) -> HttpResponse:
    imported = _one(request, pk)
    _require_importer(request)
    form = MappingForm(request.POST, headers=services.table_of(imported).headers)
    if form.is_valid():
        services.map_columns(pk, form.columns, by=request.user, version=form.cleaned_data["version"])
    else:
        say_first_error(request, form)
    return redirect("return_detail", pk)


@require_POST
def return_apply(request: HttpRequest, pk: int) -> HttpResponse:
    imported = _one(request, pk)
    _require_importer(request)
    confirm_identity(request)
    form = VersionForm(request.POST)
    if form.is_valid():
        services.apply_return(imported.pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, "Le retour est appliqué. Les écarts, s’il y en a, attendent votre décision.")
    else:
        say_first_error(request, form)
    return redirect("return_detail", pk)


@require_POST
def return_discard(request: HttpRequest, pk: int) -> HttpResponse:
    imported = _one(request, pk)
    _require_importer(request)
    form = VersionForm(request.POST)
    if form.is_valid():
        services.discard_return(imported.pk, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, "Ce fichier est écarté : rien n’a été appliqué.")
        return redirect("return_list")
    say_first_error(request, form)
    return redirect("return_detail", pk)


def _difference(request: HttpRequest, pk: int) -> ReturnDifference:
    rows = ReturnDifference.objects.filter(imported__in=ReturnImport.objects.visible_to(request.user)).select_related(
        "imported", "returned", "line__batch", "settled_by"
    )
    found: ReturnDifference = seen(rows, pk=pk)
    return found


def _difference_page(request: HttpRequest, difference: ReturnDifference, **forms: Any) -> HttpResponse:
    can_settle = policies.can_import_returns(request.user)
    attachable = can_settle and services.may_be_attached(difference)
    lines = services.candidates(difference, by=request.user) if attachable else []
    context = {
        "difference": difference,
        "can_settle": can_settle,
        "attachable": attachable,
        "lines": lines,
        "form": forms.get("form") or SettleForm(),
        "attach": forms.get("attach") or AttachForm(lines=lines),
    }
    return render(request, "payments/difference.html", context, status=422 if forms else 200)


@require_http_methods(["GET", "POST"])
def difference_settle(request: HttpRequest, pk: int) -> HttpResponse:
    _require_reader(request)
    difference = _difference(request, pk)
    if request.method != "POST":
        return _difference_page(request, difference)
    _require_importer(request)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _difference_page(request, difference, form=form)
    services.settle_difference(pk, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, "L’écart est réglé, avec son motif.")
    return redirect("return_detail", difference.imported_id)


@require_POST
def difference_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """The row is said to be of one line of ours, and has its effect on it."""
    _require_reader(request)
    difference = _difference(request, pk)
    _require_importer(request)
    confirm_identity(request)
    form = AttachForm(request.POST, lines=services.candidates(difference, by=request.user))
    if not form.is_valid():
        return _difference_page(request, difference, attach=form)
    said = form.cleaned_data
    services.attach(pk, line=said["line"], reason=said["why"], by=request.user)
    messages.success(request, "La ligne est rattachée : le retour a eu son effet, et l’écart est réglé.")
    return redirect("return_detail", difference.imported_id)


@require_safe
def reconciliation(request: HttpRequest) -> HttpResponse:
    _require_reader(request)
    return render(request, "payments/reconciliation.html", reconciliation_page(request.user))


@require_http_methods(["GET", "POST"])
def line_cancel(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """A contrary line; posted twice, it takes back once."""
    require_staff(request)
    batch = batch_of(request, pk)
    found = seen(
        PaymentLine.objects.filter(batch=batch).select_related("instalment__application", "organisation"), pk=line
    )
    require(policies.can_cancel_lines(request.user), "Une ligne scellée est annulée par les finances, approbation.")
    confirm_identity(request)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        answer = once(
            by=cast(User, request.user),
            operation="cancel_line",
            key=form.cleaned_data["key"],
            request={"line": line, "reason": reason},
            act=lambda: {"number": services.cancel_line(line, reason=reason, by=request.user).number},
        )
        messages.success(request, f"Ligne annulée par {answer['number']}. Remettez ce fichier aux finances.")
        return redirect("batch_detail", pk)
    context = {"batch": batch, "line": found, "form": form}
    return render(request, "payments/line_cancel.html", context, status=422 if form.errors else 200)


@require_POST
def contrary_export(request: HttpRequest, pk: int) -> HttpResponse:
    require_staff(request)
    seen(ContraryLine.objects.filter(line__batch__in=Batch.objects.visible_to(request.user)), pk=pk)
    require(policies.can_export_batches(request.user), "Les fichiers d’un lot sont téléchargés par les finances.")
    confirm_identity(request)
    contrary = services.export_contrary(pk, by=request.user)
    response = HttpResponse(bytes(contrary.csv), content_type="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{contrary.number}.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
