"""A session ends: what lacks, the close, the deliberation, its answers recorded as decisions, its papers."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import for_roles
from accounts.states import DESK_ROLES, Role
from applications.models import FileLetter
from applications.states import LetterKind
from common.errors import DomainError, NotAllowed
from common.money import euros
from reviews import services
from reviews.bulk import KINDS
from reviews.bulk.preflight import look
from reviews.committee import can_sign, items_seen, room_of, sees_everything
from reviews.committee_papers import csv_of, xlsx_of
from reviews.committee_states import Outcome, SessionState
from reviews.forms_committee import ActForm
from reviews.models import CommitteeSession
from reviews.services import start_job
from reviews.views.committee import agenda_of, session_of
from reviews.views.jobs import key_of

S = SessionState


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def committee_close(request: HttpRequest, pk: int) -> HttpResponse:
    """What is missing; then the close, which freezes the session."""
    session = session_of(request.user, pk)
    if session.state != S.OPEN:
        return redirect("committee_detail", pk)
    if request.method == "POST":
        version = request.POST.get("version", "")
        done = services.close_session(
            pk, by=request.user, version=int(version) if version.isdecimal() and len(version) < 10 else None
        )
        if done.is_closed:
            messages.success(request, "La séance est close, telle qu’elle a été vue. Le procès-verbal se prépare.")
            return redirect("committee_detail", pk)
        messages.warning(request, "Un intérêt a été déclaré depuis une réponse : reprenez le vote de ce dossier.")
        return redirect("committee_close", pk)
    items, room = agenda_of(session, request.user), room_of(session, items_seen(session, request.user))
    found = services.lacks(session, room, items)
    given = sum(one.outcome == Outcome.GRANTED for one in items)
    consequences = [
        f"{euros(room.granted)} accordés à {given} dossiers\u202f; il restera {euros(room.left)} dans l’enveloppe.",
        "Les membres, les déports, les votes et les réponses ne changent plus.",
        "Aucune décision n’est encore enregistrée, aucune commune n’est prévenue.",
    ]
    context = {"session": session, "lacks": found, "consequences": consequences, "room": room}
    return render(request, "reviews/committee/close.html", context)


@require_http_methods(["GET", "POST"])
@for_roles(*DESK_ROLES)
def committee_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """The deliberation that follows the session: number, dates, reference of the act."""
    session = session_of(request.user, pk)
    if not can_sign(request.user):
        raise NotAllowed("La séance est signée par la direction du service.")
    if session.state != S.CLOSED:
        return redirect("committee_detail", pk)
    form = ActForm(request.POST or None, version=session.version, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        act = dict(form.cleaned_data)
        version = act.pop("version")
        try:
            services.sign_session(pk, **act, by=request.user, version=version)
        except NotAllowed:
            raise
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "La séance est signée. Le gestionnaire du fonds peut enregistrer les décisions.")
            return redirect("committee_detail", pk)
    context = {"session": session, "form": form}
    return render(request, "reviews/committee/sign.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@for_roles(Role.FUND_MANAGER)
def committee_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Each answer of the signed session becomes a decision: looked at, then a work one may leave."""
    session = session_of(request.user, pk)
    if session.state != S.SIGNED:
        raise Http404
    kind, asked = KINDS["comite"], {"session": session.pk}
    found = look(kind, _to_record(session, request.user), by=request.user, asked=asked)
    if request.method == "POST":
        files = {file.pk: ready.seen for file, ready in found.ready}
        job = start_job(kind=kind.code, files=files, data=asked, by=request.user, key=key_of(request.POST.get("key")))
        return redirect("job_detail", job.key)
    context = {"session": session, "found": found, "key": uuid4()}
    return render(request, "reviews/committee/record.html", context)


def _to_record(session: CommitteeSession, user: Any) -> list[int]:
    """What the session answered and nothing was done of yet: no standing decision, no letter of adjournment."""
    seen = items_seen(session, user)
    put_off = FileLetter.objects.filter(kind=LetterKind.ADJOURNED, occasion=f"seance-{session.pk}")
    told = Q(outcome=Outcome.ADJOURNED, application__in=put_off.values("application"))
    waiting = seen.filter(Q(decision=None) | Q(decision__state="withdrawn")).exclude(told)
    return list(waiting.values_list("application", flat=True))


@require_safe
@for_roles(*DESK_ROLES, Role.AUDITOR)
def committee_export(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The list of decisions as it was frozen, for whoever may see every file of it."""
    session = session_of(request.user, pk)
    if kind not in ("csv", "xlsx") or session.snapshot is None or not sees_everything(session, request.user):
        raise Http404
    make = csv_of if kind == "csv" else xlsx_of
    content_type = (
        "text/csv; charset=utf-8"
        if kind == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    headers = {"Content-Disposition": f'attachment; filename="comite-{session.pk}.{kind}"'}
    return HttpResponse(make(session.snapshot["files"]), content_type=content_type, headers=headers)
