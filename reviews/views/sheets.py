"""Decisions by spreadsheet: the table to fill in, its reading, what it would do, the work."""

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import for_roles
from accounts.states import Role
from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError
from common.paging import newest_first
from documents.tables import MAX_BYTES
from reviews.averages import results
from reviews.decision_sheet import to_fill_in
from reviews.models import DecisionSheet
from reviews.services.sheets import do_sheet, look_at, read_sheet

S = ApplicationState
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetForm(forms.Form):
    use_required_attribute = False
    file = forms.FileField(
        label="Tableau rempli",
        help_text="CSV ou XLSX, 5 Mo au plus. Rien n’est enregistré avant que vous ayez vu ce qu’il fait.",
        error_messages={"required": "Choisissez le tableau à lire.", "empty": "Ce fichier est vide."},
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > MAX_BYTES:
            raise forms.ValidationError("Ce fichier dépasse 5 Mo : découpez-le.")
        return self.cleaned_data["file"]


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def sheet_list(request: HttpRequest) -> HttpResponse:
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            sheet = read_sheet(file.read(), file.name, by=request.user)
        except DomainError as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("sheet_detail", sheet.pk)
    seen = DecisionSheet.objects.visible_to(request.user).defer("lines").select_related("job")
    context = {"form": form, "page": newest_first(seen, request.GET)}
    return render(request, "reviews/sheets/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def sheet_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What the sheet would do, line by line; once asked, the page of its work."""
    sheet = get_object_or_404(DecisionSheet.objects.visible_to(request.user).select_related("job"), pk=pk)
    if sheet.job is not None:
        return redirect("job_detail", sheet.job.key)
    problem = ""
    if request.method == "POST":
        try:
            return redirect("job_detail", do_sheet(pk, versions=_versions(request), by=request.user).key)
        except DomainError as refusal:
            problem = str(refusal)
    looked = look_at(sheet, by=request.user)
    seen = json.dumps({str(one.pk): one.version for one, _ in looked.found.ready})
    before = DecisionSheet.objects.visible_to(request.user).filter(sha256=sheet.sha256, job__isnull=False)
    context = {
        "sheet": sheet,
        "looked": looked,
        "found": looked.found,
        "seen": seen,
        "problem": problem,
        "before": before.exclude(pk=pk).select_related("job").first(),
    }
    return render(request, "reviews/sheets/detail.html", context, status=422 if problem else 200)


def _versions(request: HttpRequest) -> dict[int, int]:
    try:
        return {int(pk): int(version) for pk, version in json.loads(request.POST.get("seen", "")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DomainError("La page n’a pas pu être lue. Relisez-la, puis recommencez.") from error


@require_safe
@for_roles(Role.FUND_MANAGER)
def sheet_model(request: HttpRequest) -> HttpResponse:
    """The files to decide, in a table to fill in."""
    seen = Application.objects.on_desk_of(request.user).filter(state__in=(S.REVIEWED, S.WAITLISTED)).order_by("number")
    files = list(seen.select_related("organisation", "opinion")[:1000])
    scores = results([one.pk for one in files])
    rows = [
        {
            "number": one.number,
            "commune": one.organisation.name,
            "title": one.title,
            "requested": one.requested_cents,
            "proposed": one.opinion.proposed_cents if hasattr(one, "opinion") else 0,
            "score": scores[one.pk].shown if one.pk in scores else "",
        }
        for one in files
    ]
    name = f"decisions-{timezone.localdate():%Y-%m-%d}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(to_fill_in(rows), content_type=XLSX, headers=headers)
