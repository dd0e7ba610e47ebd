"""The final reports at the desk: those that wait, one read beside its plan, given back, accepted, judged for publication."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications import policies, report_parts
from applications.forms.acts import ActForm
from applications.forms.report import ReasonsForm
from applications.models import Application, FinalReport
from applications.notifications.reports import ReportAccepted, ReportReturned
from applications.services import report_review
from applications.states import REPORT_READ_BY_DESK, REPORT_WITH_COMMUNE, ApplicationState, Moderation, ReportState
from applications.views.report_pages import reading_context, told
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.paging import newest_first
from fund.models import Call
from reviews.views.access import desk_page, file_of

R = ReportState
EXPECTED = Q(state__in=REPORT_WITH_COMMUNE, application__state=ApplicationState.GRANTED)
VIEWS = {
    "a-lire": ("À lire", lambda today: Q(state=R.SUBMITTED)),
    "en-retard": ("En retard", lambda today: EXPECTED & Q(due_on__lt=today)),
    "attendus": ("Attendus", lambda today: EXPECTED & Q(due_on__gte=today)),
    "renvoyes": ("Renvoyés", lambda today: Q(state=R.RETURNED)),
    "acceptes": ("Acceptés", lambda today: Q(state=R.ACCEPTED)),
    "tous": ("Tous", lambda today: Q()),
}


def reports_seen(user: Any) -> Any:
    """Reports of the files this person may see; a declared interest hides them."""
    return FinalReport.objects.filter(application__in=Application.objects.on_desk_of(user).sent())


# --- The list --------------------------------------------------------------------------------------------------


@require_safe
@desk_page
def report_list(request: HttpRequest) -> HttpResponse:
    today, seen = timezone.localdate(), reports_seen(request.user)
    calls = list(Call.objects.filter(applications__report__isnull=False).distinct().order_by("-year", "-pk"))
    call = next((one for one in calls if one.slug == request.GET.get("appel")), None)
    text = request.GET.get("q", "").strip()[:100]
    if call:
        seen = seen.filter(application__call=call)
    if text:
        seen = seen.filter(
            Q(application__organisation__name__icontains=text)
            | Q(application__number__icontains=text)
            | Q(application__title__icontains=text)
        )
    counts = seen.aggregate(
        **{f"n{rank}": Count("pk", filter=rule(today)) for rank, (_, rule) in enumerate(VIEWS.values())}
    )
    chosen = request.GET.get("vue") if request.GET.get("vue") in VIEWS else "a-lire"
    rows = seen.filter(VIEWS[str(chosen)][1](today)).select_related("application__organisation", "application__call")
    query = request.GET.copy()
    for name in ("vue", "apres", "avant"):
        query.pop(name, None)
    more = f"&{query.urlencode()}" if query else ""
    context = {
        "tabs": [
            {"label": label, "url": f"?vue={name}{more}", "count": counts[f"n{rank}"], "current": name == chosen}
            for rank, (name, (label, _)) in enumerate(VIEWS.items())
        ],
        "page": newest_first(rows, request.GET),
        "calls": calls,
        "call": call,
        "text": text,
        "view": chosen,
        "today": today,
    }
    return render(request, "reviews/report_list.html", context)


# --- One report ------------------------------------------------------------------------------------------------


def report_of(user: Any, public_id: UUID) -> FinalReport:
    application = file_of(user, public_id)
    report = report_parts.reading().filter(application=application).first()
    if report is None:
        raise Http404
    return report


@require_safe
@desk_page
def desk_report(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Planned beside done, as the commune certified it. Before it is sent, only when it is expected."""
    report = report_of(request.user, public_id)
    readable = report.state in REPORT_READ_BY_DESK
    context: dict[str, Any] = {"report": report, "application": report.application, "readable": readable}
    if readable:
        context |= reading_context(report)
    instructs = policies.can_instruct(request.user, report.application)
    context |= {
        "can_judge": instructs and report.state == R.SUBMITTED,
        "can_moderate": instructs and report.state in (R.SUBMITTED, R.ACCEPTED) and report.publish_consent,
        "verdicts": Moderation.choices,
        "remarks": told(report) if report.state == R.RETURNED else [],
        "today": timezone.localdate(),
        "to_moderate": [one for one in report.texts.all() if one.publish],
        "photos_to_moderate": [one for one in report.photos.all() if one.publish],
    }
    return render(request, "reviews/report.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_report_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say, part by part, what is to be mended: the commune reads it by mail and in each part."""
    report = _to_judge(request, public_id)
    form = ReasonsForm(request.POST or None, version=report.version)
    if request.method == "POST" and form.is_valid():
        try:
            report_review.send_report_back(
                report.application_id, reasons=form.reasons(), by=request.user, version=form.cleaned_data["version"]
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Le bilan est renvoyé à la commune, avec vos remarques.")
            return redirect("desk_report", public_id)
    mails = len(list(ReportReturned(report, by=request.user, reasons={}).people()))
    context = {"report": report, "application": report.application, "form": form, "mails": mails}
    return render(request, "reviews/report_return.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_report_accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Accept, having read what it gives in figures."""
    report = _to_judge(request, public_id)
    form = ActForm(request.POST or None, version=report.version)
    if request.method == "POST" and form.is_valid():
        report_review.accept_report(report.application_id, by=request.user, version=form.cleaned_data["version"])
        messages.success(request, "Le bilan est accepté ; la commune est prévenue.")
        return redirect("desk_report", public_id)
    figures = report_parts.account(report)
    consequences: list[Any] = [
        ("Dépenses justifiées", euros(figures.justified)),
        ("Aide due", f"{euros(figures.aid.cents)} sur {euros(figures.aid.granted)} accordés"),
        "Le bilan ne changera plus. La commune peut demander le solde.",
    ]
    if figures.aid.reduced:
        consequences.insert(2, f"L’aide est réduite de {euros(figures.aid.reduced)} : {figures.aid.reason}.")
    context = {
        "report": report,
        "application": report.application,
        "form": form,
        "consequences": consequences,
        "mails": len(list(ReportAccepted(report, by=request.user, figures=figures).people())),
    }
    return render(request, "reviews/report_accept.html", context)


def _to_judge(request: HttpRequest, public_id: UUID) -> FinalReport:
    report = report_of(request.user, public_id)
    if not policies.can_instruct(request.user, report.application):
        raise NotAllowed(report_review.WHO)
    if report.state != R.SUBMITTED:
        raise DomainError(f"Le bilan est maintenant « {report.get_state_display().lower()} » : rien n’a été changé.")
    return report


@require_POST
@desk_page
def desk_report_moderate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """« Publiable » or not, part by part, among what the commune lets be published."""
    report = report_of(request.user, public_id)
    parts = {
        name.removeprefix("texte-"): str(value) for name, value in request.POST.items() if name.startswith("texte-")
    }
    photos = {
        int(name.removeprefix("photo-")): str(value)
        for name, value in request.POST.items()
        if name.startswith("photo-") and name.removeprefix("photo-").isdecimal() and len(name) < 20
    }
    version = request.POST.get("version", "")
    report_review.moderate_report(
        report.application_id,
        parts=parts,
        photos=photos,
        by=request.user,
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
    )
    messages.success(request, "Ce qui peut être publié est enregistré.")
    return redirect("desk_report", public_id)
