"""The commune's report: its home, and each part on a page of its own."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import person
from applications import policies, report_parts
from applications.answers import line_words
from applications.forms.report import BudgetForms, MeasureForm, PublicationForm, TextForm
from applications.models import FinalReport
from applications.report_money import gap_words, measure_words
from applications.report_parts import BUDGET, BY_SLUG, GROUPS, MEASURES, PUBLICATION, TEXTS, Progress
from applications.services import reports
from applications.states import ReportState, Side
from applications.views.home_parts import Turn
from applications.views.report_pages import (
    amounts,
    last_remarks,
    own_report,
    part_context,
    part_url,
    reading_context,
    refuse_readers,
    report_url,
    told,
)
from applications.views.report_saving import saved, seen, typed
from common.dates import day, days_left, moment, remaining
from common.money import euros
from common.typography import counted


@require_GET
def report_home(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is left to write, planned beside done; once sent, the report as it was sent."""
    report = own_report(request, public_id)
    figures = report_parts.account(report)
    left = report_parts.progress(report, figures)
    editable = policies.can_write_report(request.user, report)
    context = {
        "report": report,
        "application": report.application,
        "parts": _task_groups(report, left, editable=editable),
        "turn": _turn(report, request.user, left),
        "amounts": amounts(figures),
        "figures": figures,
        "remarks": told(report) if report.state == ReportState.RETURNED else [],
        "own_words": [one for one in report.remarks.all() if not one.from_desk][-1:]
        if report.state in (ReportState.DRAFT, ReportState.RETURNED) and not report.signature_asked_at
        else [],
    }
    if report.state in (ReportState.SUBMITTED, ReportState.ACCEPTED):
        context |= reading_context(report)
    return render(request, "applications/report/home.html", context)


def _task_groups(report: FinalReport, left: list[Progress], *, editable: bool) -> list[dict[str, Any]]:
    by_slug = {one.part.slug: one for one in left}
    said = {one.part for one in last_remarks(report)} if report.state == ReportState.RETURNED else set()
    return [
        {"title": title, "tasks": [_task(report, by_slug[part.slug], said, editable=editable) for part in group]}
        for title, group in GROUPS
    ]


def _task(report: FinalReport, one: Progress, said: set[str], *, editable: bool) -> dict[str, Any]:
    url = part_url(report, one.part.slug) if editable else ""
    task: dict[str, Any] = {"label": one.part.title, "url": url, "hint": one.summary, "done": one.is_complete}
    if one.part.slug in said:
        return task | {"kind": "you", "state": "À revoir", "done": False, "hint": "La métropole a laissé une remarque."}
    if one.is_complete:
        return task | {
            "kind": "plain" if one.optional else "done",
            "state": "Facultatif" if one.optional else "Complet",
        }
    task["hint"] = one.part.help.split(".")[0] if one.untouched and one.part in TEXTS else one.to_do[0]
    if one.wrong:
        return task | {"kind": "err", "state": "À corriger"}
    return task | {"kind": "you", "state": "À commencer" if one.untouched else "À compléter"}


def _turn(report: FinalReport, user: Any, left: list[Progress]) -> Turn:
    if report.state == ReportState.ACCEPTED and report.accepted_at:
        return Turn("Le bilan est accepté", f"Accepté le {day(report.accepted_at)}. Il ne change plus.")
    if report.state == ReportState.SUBMITTED and report.submitted_at:
        words = f"Envoyé le {moment(report.submitted_at)}. La métropole l’accepte, ou vous dit ce qui est à compléter."
        return Turn("La métropole lit votre bilan", words)
    late = days_left(report.due_on) < 0
    title = f"À vous de jouer avant le {day(report.due_on)}"
    if late:
        title = f"Le bilan était attendu le {day(report.due_on)} : il peut toujours être envoyé"
    if report.state == ReportState.RETURNED:
        title = "La métropole vous demande de compléter le bilan"
    if not policies.can_write_report(user, report):
        return Turn("Votre commune écrit ce bilan", f"Il est attendu avant le {day(report.due_on)}.")
    to_write = [one for one in left if not one.is_complete]
    words = f"{remaining(report.due_on).capitalize()}. "
    if not to_write:
        signs = policies.can_send_report(user, report)
        words += "Tout est écrit : relisez, puis " + ("certifiez et envoyez." if signs else "demandez la signature.")
        return Turn(title, words, False, report_url(report, "report_review"), "Relire le bilan")
    first = next((one for one in to_write if one.wrong), to_write[0])
    words += f"{counted(len(to_write), 'partie')} à compléter sur {len(left)}."
    verb = "Corriger" if first.wrong else "Commencer" if first.untouched else "Compléter"
    return Turn(title, words, False, part_url(report, first.part.slug), f"{verb} « {first.part.title} »")


# --- The parts -------------------------------------------------------------------------------------------------


def _elsewhere(request: HttpRequest, report: FinalReport, slug: str) -> HttpResponse | None:
    """Who cannot write this part now reads it where it stands."""
    if request.method == "GET" and not policies.can_write_report(request.user, report):
        return redirect(report_url(report, "report_review") + f"#{slug}")
    refuse_readers(request, report)
    return None


@require_http_methods(["GET", "POST"])
def report_text(request: HttpRequest, public_id: UUID, part: str) -> HttpResponse:
    report = own_report(request, public_id)
    if answer := _elsewhere(request, report, part):
        return answer
    section = next(one for one in report.texts.all() if one.slug == part)
    form = TextForm(typed(request), initial={"text": section.text, "publish": section.publish})
    context = part_context(report, BY_SLUG[part])

    def save() -> None:
        reports.save_report_text(
            report.application_id, part, by=person(request), **form.cleaned_data, **seen(request, part)
        )

    if done := saved(request, report, BY_SLUG[part], [form], save, context):
        return done
    context |= {"form": form, "announced": report_parts.announced(report.application, part)}
    return render(request, "applications/report/text.html", context)


@require_http_methods(["GET", "POST"])
def report_measures(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = own_report(request, public_id)
    if answer := _elsewhere(request, report, MEASURES.slug):
        return answer
    forms = [MeasureForm(typed(request), measure=one) for one in report.measures.all()]
    context = part_context(report, MEASURES)

    def save() -> None:
        rows = {one.measure.pk: (one.cleaned_data["done"], one.cleaned_data["comment"]) for one in forms}
        given = seen(request, MEASURES.slug)
        reports.save_report_measures(report.application_id, rows=rows, by=person(request), **given)

    if done := saved(request, report, MEASURES, forms, save, context):
        return done
    context["rows"] = [{"form": one, "gap": measure_words(one.measure.target, one.measure.done)} for one in forms]
    context["forms"] = forms
    return render(request, "applications/report/measures.html", context)


@require_http_methods(["GET", "POST"])
def report_budget(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Line by line: planned, done, the gap in words. The aid is computed, never typed."""
    report = own_report(request, public_id)
    if answer := _elsewhere(request, report, BUDGET.slug):
        return answer
    forms = BudgetForms(report, typed(request))
    context = part_context(report, BUDGET)

    def save() -> None:
        given = {"done": forms.done(), "added": forms.added(), "note": forms.note.cleaned_data["note"]}
        given |= seen(request, BUDGET.slug)
        reports.save_report_budget(report.application_id, by=person(request), **given)

    if done := saved(request, report, BUDGET, forms.forms, save, context):
        return done
    figures = report_parts.account(report)
    context |= {
        "forms": forms,
        "figures": figures,
        "amounts": amounts(figures),
        "charges": _lines(forms, Side.CHARGE),
        "products": _lines(forms, Side.PRODUCT),
        "to_do": report_parts.progress(report, figures)[len(report_parts.TEXTS) + 1].to_do,
        "aid_words": f"{euros(figures.aid.cents)}, {gap_words(figures.aid.granted, figures.aid.cents)}",
    }
    return render(request, "applications/report/budget.html", context)


def _lines(forms: BudgetForms, side: Side) -> list[dict[str, Any]]:
    return [
        {
            "form": one,
            "line": one.line,
            "words": line_words(one.line),
            "gap": gap_words(one.line.planned_cents, one.line.done_cents),
        }
        for one in forms.planned
        if one.line.side == side
    ]


@require_http_methods(["GET", "POST"])
def report_publication(request: HttpRequest, public_id: UUID) -> HttpResponse:
    report = own_report(request, public_id)
    if answer := _elsewhere(request, report, PUBLICATION.slug):
        return answer
    form = PublicationForm(typed(request), initial={"accepted": report.publish_consent})
    context = part_context(report, PUBLICATION)

    def save() -> None:
        given = {"accepted": form.cleaned_data["accepted"], **seen(request, PUBLICATION.slug)}
        reports.save_report_publication(report.application_id, by=person(request), **given)

    if done := saved(request, report, PUBLICATION, [form], save, context):
        return done
    texts = [
        {"title": one.get_slug_display(), "yes": one.publish, "url": part_url(report, one.slug)}
        for one in report.texts.all()
    ]
    context |= {"form": form, "texts": texts, "photos": report.photos.all(), "today": timezone.localdate()}
    return render(request, "applications/report/publication.html", context)
