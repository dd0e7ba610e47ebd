"""The desk's list of files, and the same list as CSV."""

from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, Subquery, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from accounts.models import Organisation, User
from accounts.states import DESK_ROLES
from applications import listing, question_export, queue
from applications.models import Application, FileLabel, Label, PieceRequest
from applications.sorting import CHOICES, SORTS
from applications.states import UNDECIDED, ApplicationState
from applications.visibility import HELPING_ROLES
from common.hidden import Hidden, hidden_from
from fund.models import Call
from fund.states import CallState, Theme
from reviews.bulk import KINDS, Kind
from reviews.models import Opinion, SavedView
from reviews.services.saved_views import default_query
from reviews.views.access import desk_page
from reviews.views.queue_rows import FIELDS, table_rows

S = ApplicationState
PROPOSED = (("Proposé", "opinion__proposed_cents"),)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS = (
    (S.SUBMITTED, "À prendre"),
    (S.IN_INSTRUCTION, "En instruction"),
    (S.AWAITING_COMMUNE, "En attente de la commune"),
    (S.UNDER_REVIEW, "En évaluation"),
    (S.REVIEWED, "À décider"),
)


@require_safe
@desk_page
def desk_queue(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if not request.GET and (query := default_query(user)):
        return redirect(f"{reverse('desk_queue')}?{query}")
    chosen = queue.read_filters(request.GET, default_view=queue.default_view(user))
    page = queue.page(queue.filtered(user, chosen), chosen, request.GET, *FIELDS, labels=labels_of_rows(), **asked())
    call = current_call(chosen.call)
    context = {
        "filters": chosen,
        "page": page,
        "table": table_rows(page.rows, user, choose=bool(gestures(user)), why=chosen.view == "jour"),
        "tabs": tabs(user, chosen),
        "chips": queue.chips(chosen, names(chosen)),
        "call": call,
        "envelope": envelope(call, without=hidden_from(user)),
        "more_open": bool(chosen.label or chosen.pieces or chosen.least is not None or chosen.most is not None),
        "requested_total": sum(row["requested_cents"] for row in page.rows),
        "proposed_total": sum(row["opinion__proposed_cents"] or 0 for row in page.rows),
        "choices": choices(user, chosen),
        "clear_url": f"?vue={chosen.view}" if chosen.view else f"?etat={chosen.state}",
        "export_query": export_query(request, chosen),
        "gestures": gestures(user),
        "here": request.GET.urlencode(),
        "views": list(SavedView.objects.visible_to(user)[:12]),
        "can_help": user.has_role(*HELPING_ROLES),
    }
    return render(request, "reviews/queue.html", context)


@require_safe
@desk_page
def desk_queue_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The list with its filters, in its order, without a limit; without filters, every file that was sent."""
    chosen = queue.read_filters(request.GET, default_state="tous")
    found = SORTS[chosen.sort].ordered(queue.filtered(request.user, chosen), forward=not chosen.descending)
    call = Call.objects.filter(pk=chosen.call).first() if chosen.call else None
    beside = question_export.QuestionColumns(call) if call else None
    if kind == "xlsx":
        name = f"dossiers-{timezone.localdate():%Y-%m-%d}.xlsx"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return FileResponse(listing.as_xlsx(found, extra=PROPOSED, beside=beside), content_type=XLSX, headers=headers)
    lines = listing.as_csv(found, extra=PROPOSED, beside=beside)
    name = f"dossiers-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@desk_page
def desk_answers_export(request: HttpRequest, slug: str, kind: str) -> HttpResponseBase:
    """Every answer to the call's own questions, one line each, in the files this person may see."""
    call = get_object_or_404(Call, slug=slug)
    if kind not in ("csv", "xlsx"):
        raise Http404
    found = Application.objects.on_desk_of(request.user).sent().filter(call=call).order_by("number")
    name = f'attachment; filename="reponses-{call.slug}.{kind}"'
    if kind == "xlsx":
        content = question_export.as_xlsx(found, call)
        return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": name})
    lines = question_export.as_csv(found)
    headers = {"Content-Disposition": name}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def labels_of_rows() -> ArraySubquery:
    """The names of the labels of each row."""
    on_file = FileLabel.objects.filter(application=OuterRef("pk"))
    return ArraySubquery(on_file.order_by("label__folded").values("label__name"))


def asked() -> dict[str, Any]:
    """What each row says of the pieces asked: since when and until when the delay stands still, whether some came."""
    of_file = PieceRequest.objects.filter(application=OuterRef("pk"))
    still = of_file.filter(answered_at__isnull=True)
    return {
        "asked_at": Subquery(still.values("asked_at")[:1]),
        "asked_due": Subquery(still.values("due_on")[:1]),
        "answered": Exists(of_file.filter(answered_at__isnull=False)),
    }


def export_query(request: HttpRequest, chosen: queue.Filters) -> str:
    """The filters of the page, those by default included."""
    query = request.GET.copy()
    for name in ("apres", "avant"):
        query.pop(name, None)
    if chosen.view:
        query["vue"] = chosen.view
    else:
        query["etat"] = chosen.state
    return query.urlencode()


def gestures(user: Any) -> list[Kind]:
    """What this person may ask of several files."""
    return [kind for kind in KINDS.values() if kind.listed and user.has_role(*DESK_ROLES) and kind.offered(user)]


def current_call(pk: int | None) -> Call | None:
    """The call whose envelope stands at the top: the one chosen, else the latest that is not a draft."""
    calls = Call.objects.select_related("envelope__balance").exclude(state=CallState.DRAFT)
    return (calls.filter(pk=pk) if pk else calls.order_by("-year", "-pk")).first()


def envelope(call: Call | None, *, without: Hidden) -> dict[str, Any] | None:
    """voté, payé, engagé, proposé, disponible (the amounts proposed are taken off what is left to commit)."""
    balance = getattr(call.envelope, "balance", None) if call else None
    if call is None or balance is None:
        return None
    proposed = (
        Opinion.objects.filter(
            application__call=call, application__state__in=(*UNDECIDED, S.WAITLISTED), proposed_cents__gt=0
        )
        .exclude(application__in=without.files)
        .aggregate(total=Sum("proposed_cents"))["total"]
    )
    proposed = proposed or 0
    return {
        "voted": balance.voted,
        "paid": balance.paid + balance.recovered,
        "committed": balance.committed + balance.ordered + balance.reserved,
        "proposed": proposed,
        "available": balance.available - proposed,
        "ledger": f"{reverse('ledger')}?ligne={call.envelope_id}",
    }


def tabs(user: Any, chosen: queue.Filters) -> list[dict[str, Any]]:
    counts = queue.counted(user)
    plain = not chosen.view
    items: list[tuple[str, str, int | None, bool]] = []
    if queue.default_view(user):
        items.append(("Mes dossiers du jour", "?vue=jour", counts["jour"], chosen.view == "jour"))
    items += [(label, f"?etat={state}", counts[state], plain and chosen.state == state) for state, label in TABS]
    items.append(("Délai dépassé", "?vue=retard", counts["retard"], chosen.view == "retard"))
    items.append(("En cours", "?etat=ouverts", None, plain and chosen.state == "ouverts"))
    items.append(("Tous", "?etat=tous", None, plain and chosen.state == "tous"))
    return [
        {"label": label if count != queue.CAP else f"{label} {queue.CAP - 1}+", "url": url, "current": current}
        | {"count": None if count == queue.CAP else count}
        for label, url, count, current in items
    ]


def choices(user: Any, chosen: queue.Filters) -> dict[str, SafeString]:
    """The options of each filter."""
    desk = User.objects.filter(
        memberships__role__in=DESK_ROLES, memberships__organisation__isnull=True, memberships__ended_at__isnull=True
    ).exclude(pk=user.pk)
    people = tuple(
        (str(pk), f"{first} {last}")
        for pk, first, last in desk.distinct().order_by("last_name").values_list("pk", "first_name", "last_name")
    )
    nobody = (("", "Tous"), ("moi", "Moi"), ("personne", "Personne encore"))
    return {
        "state": options((*queue.GROUPS.items(), *queue.STATE_CHOICES), chosen.state),
        "theme": options((("", "Tous"), *Theme.choices), chosen.theme),
        "plan": options((("", "Tous"), *queue.PLANS.items()), chosen.plan),
        "delay": options((("", "Tous"), *queue.DELAYS.items()), chosen.delay),
        "pieces": options((("", "Toutes"), *queue.PIECES.items()), chosen.pieces),
        "sorts": options(CHOICES, chosen.order),
        "labels": options(_labels(), str(chosen.label or "")),
        "people": options((*nobody, *people), chosen.instructor),
    }


def _labels() -> tuple[tuple[str, str], ...]:
    worn = Exists(FileLabel.objects.filter(label=OuterRef("pk")))
    named = Label.objects.filter(Q(retired_at=None) | worn).values_list("pk", "name")
    return (("", "Toutes"), *((str(pk), name) for pk, name in named))


@lru_cache(maxsize=256)
def options(items: tuple[tuple[str, str], ...], selected: str) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, mark_safe(" selected") if value == selected else "", label) for value, label in items),
    )


def names(chosen: queue.Filters) -> dict[str, str]:
    """The words of the ids in the filters, for the chips."""
    found = {"par": {"moi": "Instruits par moi", "personne": "Sans instructeur"}.get(chosen.instructor, "")}
    if chosen.instructor.isdigit():
        person = User.objects.filter(pk=chosen.instructor).first()
        found["par"] = f"Instruits par {person}" if person else "Instructeur inconnu"
    if chosen.commune:
        found["commune"] = Organisation.objects.filter(pk=chosen.commune).values_list("name", flat=True).first() or "?"
    if chosen.call:
        found["appel"] = Call.objects.filter(pk=chosen.call).values_list("title", flat=True).first() or "?"
    if chosen.label:
        found["etiquette"] = Label.objects.filter(pk=chosen.label).values_list("name", flat=True).first() or "?"
    return found
