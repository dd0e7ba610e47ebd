"""Reading the report again, having it signed, certifying and sending it; the version to print."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import person
from applications import policies, report_parts
from applications.forms.acts import ActForm, ReturnForm
from applications.forms.report import CertifyForm
from applications.models import FinalReport
from applications.notifications.reports import ReportReceived, ReportSent, ReportSignatureAsked
from applications.services import reports
from applications.states import ReportState
from applications.views.report_pages import own_report, part_url, reading_context, report_url
from common.dates import day, days_left
from common.errors import NotAllowed
from common.money import euros
from journal.services import once


@require_GET
def report_review(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The whole report on one page, with what is missing and where to write it."""
    report = own_report(request, public_id)
    user: Any = request.user
    context = reading_context(report)
    left = [one for one in report_parts.progress(report, context["figures"]) if not one.is_complete]
    editable, signs = policies.can_write_report(user, report), policies.can_send_report(user, report)
    context |= {
        "left": [
            {"title": one.part.title, "url": part_url(report, one.part.slug) if editable else "", "to_do": one.to_do}
            for one in left
        ]
        if context["with_commune"]
        else [],
        "edit": {part.slug: part_url(report, part.slug) for part in report_parts.PARTS} if editable else {},
        "can_send": signs and not left,
        "can_return": signs,
        "can_ask": editable and not signs and not left,
        "late": -days_left(report.due_on) if context["with_commune"] and days_left(report.due_on) < 0 else 0,
        "home_url": report_url(report),
    }
    return render(request, "applications/report/review.html", context)


def _with_commune_or_404(request: HttpRequest, public_id: UUID) -> FinalReport:
    report = own_report(request, public_id)
    if not policies.report_with_commune(request.user, report):
        raise Http404
    return report


def _require(allowed: Any) -> None:
    if not allowed:
        raise NotAllowed("Votre rôle dans la commune ne permet pas cette action.")


@require_http_methods(["GET", "POST"])
def report_ask_signature(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = _with_commune_or_404(request, public_id)
    _require(policies.can_write_report(request.user, report))
    form = ActForm(request.POST or None, version=report.version)
    if request.method == "POST" and form.is_valid():
        reports.ask_report_signature(report.application_id, by=person(request), version=form.cleaned_data["version"])
        messages.success(request, "La signature est demandée : un courriel part aux signataires.")
        return redirect("report_home", public_id)
    people = list(ReportSignatureAsked(report, by=person(request)).people())
    context = {"report": report, "application": report.application, "form": form, "people": people}
    return render(request, "applications/report/ask_signature.html", context | {"home_url": report_url(report)})


@require_http_methods(["GET", "POST"])
def report_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = _with_commune_or_404(request, public_id)
    _require(policies.can_send_report(request.user, report))
    form = ReturnForm(request.POST or None, version=report.version)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        reports.return_report_to_drafter(
            report.application_id, text=data["text"], by=person(request), version=data["version"]
        )
        messages.success(request, "Le bilan est renvoyé à vos collègues, avec votre mot.")
        return redirect("report_home", public_id)
    context = {"report": report, "application": report.application, "form": form, "home_url": report_url(report)}
    return render(request, "applications/report/return.html", context)


@require_http_methods(["GET", "POST"])
def report_submit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is certified is said in figures; posted twice, it is sent once."""
    report = own_report(request, public_id)
    if report.state in (ReportState.SUBMITTED, ReportState.ACCEPTED) and request.method == "GET":
        return redirect("report_home", public_id)
    _require(policies.signs_its_report(request.user, report))
    form = CertifyForm(request.POST or None, version=report.version)
    if request.method == "POST" and form.is_valid():
        _submit_once(request.user, report, form)
        messages.success(request, "Le bilan est envoyé. L’accusé de réception arrive par courriel, avec sa copie.")
        return redirect("report_home", public_id)
    figures = report_parts.account(report)
    context = {
        "report": report,
        "application": report.application,
        "form": form,
        "review_url": report_url(report, "report_review"),
        "home_url": report_url(report),
        "consequences": _consequences(report, figures),
        "mails": len(ReportSent(report, by=request.user).recipients())
        + len(ReportReceived(report, by=request.user).recipients()),
    }
    return render(request, "applications/report/submit.html", context, status=422 if form.errors else 200)


def _submit_once(user: Any, report: FinalReport, form: CertifyForm) -> None:
    version, pk = form.cleaned_data["version"], report.application_id
    once(
        by=user,
        operation="submit_report",
        key=form.token,
        request={"report": report.pk, "version": version},
        act=lambda: {"report": reports.submit_report(pk, certified=True, by=user, version=version).pk},
    )


def _consequences(report: FinalReport, figures: report_parts.Account) -> list[Any]:
    late = -days_left(report.due_on)
    said: list[Any] = [
        ("Dépenses justifiées", euros(figures.justified)),
        ("Part de la commune", euros(figures.done.own_share)),
        ("Aide due", f"{euros(figures.aid.cents)} sur {euros(figures.aid.granted)} accordés"),
        "Le bilan ne change plus, sauf si la métropole vous le renvoie pour le compléter.",
    ]
    if figures.aid.reduced:
        said.append(f"L’aide est calculée ainsi : {figures.aid.reason}.")
    if late > 0:
        said.append(f"Il était attendu le {day(report.due_on)}. Il est encore reçu.")
    return said


@require_GET
def report_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = own_report(request, public_id)
    context = reading_context(report) | {"printed_at": timezone.now(), "home_url": report_url(report)}
    return render(request, "applications/report/print.html", context)
