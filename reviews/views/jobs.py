"""Several files at once: chosen in the queue, looked at before anything is done, then a work one may leave and find again."""

import json
from typing import Any
from uuid import UUID, uuid4

from defusedcsv import csv
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import for_roles
from accounts.states import DESK_ROLES
from applications import queue
from applications.listing import BOM
from applications.models import Application
from common.errors import DomainError
from common.paging import newest_first
from reviews.bulk import KINDS, JobForm, Kind
from reviews.bulk.preflight import look
from reviews.models import Job, JobRow
from reviews.services import jobs, start_job
from reviews.states import RowState

SHOWN = 200


@require_http_methods(["GET", "POST"])
@for_roles(*DESK_ROLES)
def bulk(request: HttpRequest, code: str) -> HttpResponse:
    """What would be done and what is refused; then the work is asked for."""
    kind = KINDS.get(code)
    if kind is None or not kind.listed or not kind.offered(request.user):
        raise Http404
    chosen = selection(request)
    form = kind.form(request.POST or None, by=request.user)
    asked = form.asked() if form.is_bound and form.is_valid() else {}
    if request.POST.get("suite") == "lancer" and form.is_valid():
        try:
            job = start_job(
                kind=code, files=_seen(request), data=asked, by=request.user, key=key_of(request.POST.get("key"))
            )
            return redirect("job_detail", job.key)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return render(request, "reviews/jobs/bulk.html", _told(request, kind, form, chosen, asked), status=_status(form))


def _status(form: JobForm) -> int:
    return 422 if form.is_bound and form.errors else 200


def _told(request: HttpRequest, kind: Kind, form: JobForm, chosen: list[int], asked: dict[str, Any]) -> dict[str, Any]:
    found = look(kind, chosen[: jobs.MOST], by=request.user, asked=asked)
    return {
        "kind": kind,
        "form": form,
        "found": found,
        "too_many": jobs.MOST if len(chosen) > jobs.MOST else 0,
        "chosen": ",".join(str(pk) for pk in chosen[: jobs.MOST]),
        "seen": json.dumps({str(one.pk): ready.seen for one, ready in found.ready}),
        "key": key_of(request.POST.get("key")) or uuid4(),
        "back": request.POST.get("de", request.GET.get("de", "")),
    }


def selection(request: HttpRequest) -> list[int]:
    """The files ticked, every file of a view (`tous`), or those a former work refused."""
    given, user = request.POST or request.GET, request.user
    if "choix" in given:
        return _numbers(given["choix"].split(","))
    if given.get("travail"):
        job = get_object_or_404(Job.objects.visible_to(user), key=key_of(given["travail"]))
        return list(job.rows.filter(state=RowState.REFUSED).order_by("pk").values_list("application", flat=True))
    if given.get("tous"):
        wanted = queue.read_filters(QueryDict(given.get("de", "")), default_view=queue.default_view(user))
        if wanted.refused:  # nobody acts on every file because one filter could not be read
            for sentence in wanted.refused:
                messages.error(request, sentence)
            return []
        found = queue.filtered(user, wanted)
        return list(found.order_by("pk").values_list("pk", flat=True)[: jobs.MOST + 1])
    return _numbers(given.getlist("ids"))


def _numbers(texts: list[str]) -> list[int]:
    return sorted({int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19})[
        : jobs.MOST + 1
    ]


def _seen(request: HttpRequest) -> dict[int, dict[str, Any]]:
    try:
        given = json.loads(request.POST.get("seen", ""))
        return {int(pk): dict(seen) for pk, seen in given.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DomainError("La sélection n’a pas pu être lue. Revenez à la file et recommencez.") from error


def key_of(text: str | None) -> UUID | None:
    """The key of a form, None when it cannot be read."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


@require_safe
@for_roles(*DESK_ROLES)
def job_list(request: HttpRequest) -> HttpResponse:
    found = Job.objects.visible_to(request.user).with_counts(request.user).select_related("asked_by")
    page = newest_first(found, request.GET)
    rows = [{"job": job, "title": title_of(job)} for job in page.rows]
    return render(request, "reviews/jobs/list.html", {"rows": rows, "page": page})


def title_of(job: Job) -> str:
    return KINDS[job.kind].title if job.kind in KINDS else job.kind


@require_http_methods(["GET", "POST"])
@for_roles(*DESK_ROLES)
def job_detail(request: HttpRequest, key: UUID) -> HttpResponse:
    """How far it is, and what became of each file. A POST wakes a worker again."""
    job = get_object_or_404(
        Job.objects.visible_to(request.user).with_counts(request.user).select_related("asked_by"), key=key
    )
    if request.method == "POST":
        jobs.resume(job)
        messages.success(request, "Le travail reprend là où il en était.")
        return redirect("job_detail", key)
    shown = request.GET.get("resultat", "")
    rows = seen_rows(job, request.user)
    rows = rows.filter(state=shown) if shown in RowState.values else rows.exclude(state=RowState.WAITING)
    context = {
        "job": job,
        "title": title_of(job),
        "again": job.kind in KINDS and KINDS[job.kind].listed,
        "concluded": job.done + job.refused,  # type: ignore[attr-defined]
        "rows": list(rows.order_by("-state", "pk")[:SHOWN]),
        "most": SHOWN,
        "tabs": _tabs(job, shown),
    }
    return render(request, "reviews/jobs/detail.html", context)


def _tabs(job: Any, shown: str) -> list[dict[str, Any]]:
    tabs = (("", "Tous", job.total), (RowState.DONE, "Faits", job.done), (RowState.REFUSED, "Refusés", job.refused))
    return [
        {"label": label, "url": f"?resultat={state}" if state else "?", "count": count, "current": shown == state}
        for state, label, count in tabs
    ]


def seen_rows(job: Job, user: Any) -> Any:
    """The rows of the files this person may see today."""
    seen = Application.objects.visible_to(user)
    return JobRow.objects.filter(job=job, application__in=seen).select_related("application__organisation")


@require_safe
@for_roles(*DESK_ROLES)
def job_export(request: HttpRequest, key: UUID) -> HttpResponse:
    job = get_object_or_404(Job.objects.visible_to(request.user), key=key)
    answer = HttpResponse(BOM, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="travail-{job.pk}.csv"'
    pen = csv.writer(answer, delimiter=settings.CSV_SEPARATOR, lineterminator="\r\n")
    pen.writerow(["Dossier", "Commune", "Action", "Résultat", "Ce qui s’est passé"])
    for row in seen_rows(job, request.user).order_by("pk"):
        file = row.application
        pen.writerow([file.number, file.organisation.name, file.title, row.get_state_display(), row.reason])
    return answer
