"""The desk's list of files, and the same list as CSV."""

from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery, Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Organisation, User
from accounts.states import DESK_ROLES, Role
from applications import listing, queue
from applications.models import PieceRequest
from applications.states import UNDECIDED, ApplicationState
from common.dates import day_short
from common.money import percent, rate
from fund.models import Call
from fund.states import CallState, Theme
from reviews.models import Opinion
from reviews.views.access import desk_page

S = ApplicationState
FIELDS = (
    "number",
    "public_id",
    "title",
    "state",
    "submitted_at",
    "due_on",
    "suspended_days",
    "requested_cents",
    "eligible_cost_cents",
    "instructor_id",
    "instructor__first_name",
    "instructor__last_name",
    "organisation__name",
    "organisation__plan_status",
    "opinion__proposed_cents",
)
TAGS = {
    S.SUBMITTED: ("info", "mail"),
    S.IN_INSTRUCTION: ("warn", "half"),
    S.AWAITING_COMMUNE: ("hold", "pause"),
    S.UNDER_REVIEW: ("hold", "clock"),
    S.REVIEWED: ("info", "check"),
    S.GRANTED: ("done", "check"),
}
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
    chosen = queue.read_filters(request.GET, default_view=default_view(user))
    asked = PieceRequest.objects.filter(application=OuterRef("pk"), answered_at__isnull=True).values("due_on")[:1]
    page = queue.page(queue.filtered(user, chosen), chosen, request.GET, *FIELDS, asked_due=Subquery(asked))
    rows = [shown(row, user) for row in page.rows]
    call = current_call(chosen.call)
    context = {
        "filters": chosen,
        "page": page,
        "rows": rows,
        "tabs": tabs(user, chosen),
        "chips": queue.chips(chosen, names(chosen)),
        "call": call,
        "envelope": envelope(call),
        "more_open": bool(chosen.pieces or chosen.commune or chosen.least is not None or chosen.most is not None),
        "requested_total": sum(row["requested_cents"] for row in page.rows),
        "proposed_total": sum(row["opinion__proposed_cents"] or 0 for row in page.rows),
        "choices": choices(user),
        "clear_url": f"?vue={chosen.view}" if chosen.view else f"?etat={chosen.state}",
        "export_query": request.GET.urlencode() or ("vue=jour" if chosen.view == "jour" else ""),
    }
    return render(request, "reviews/queue.html", context)


@require_safe
@desk_page
def desk_queue_export(request: HttpRequest) -> StreamingHttpResponse:
    """The list with its filters, in its order, without a limit."""
    chosen = queue.read_filters(request.GET)
    sign = "-" if chosen.descending else ""
    found = queue.filtered(request.user, chosen).order_by(f"{sign}{queue.SORTS[chosen.sort].column}", f"{sign}pk")
    lines = listing.as_csv(found, extra=[("Proposé", "opinion__proposed_cents")])
    name = f"dossiers-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def default_view(user: Any) -> str:
    return "jour" if user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER) else ""


def current_call(pk: int | None) -> Call | None:
    """The call whose envelope stands at the top: the one chosen, else the latest that is not a draft."""
    calls = Call.objects.select_related("envelope__balance").exclude(state=CallState.DRAFT)
    return (calls.filter(pk=pk) if pk else calls.order_by("-year", "-pk")).first()


def envelope(call: Call | None) -> dict[str, int] | None:
    """voté, payé, engagé, proposé, disponible (the amounts proposed are taken off what is left to commit)."""
    balance = getattr(call.envelope, "balance", None) if call else None
    if call is None or balance is None:
        return None
    proposed = Opinion.objects.filter(
        application__call=call, application__state__in=(*UNDECIDED, S.WAITLISTED), proposed_cents__gt=0
    ).aggregate(total=Sum("proposed_cents"))["total"]
    proposed = proposed or 0
    return {
        "voted": balance.voted,
        "paid": balance.paid + balance.recovered,
        "committed": balance.committed + balance.ordered + balance.reserved,
        "proposed": proposed,
        "available": balance.available - proposed,
    }


def tabs(user: Any, chosen: queue.Filters) -> list[dict[str, Any]]:
    counts = queue.counted(user)
    plain = not chosen.view
    items: list[tuple[str, str, int | None, bool]] = []
    if default_view(user):
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


def choices(user: Any) -> dict[str, Any]:
    desk = User.objects.filter(
        memberships__role__in=DESK_ROLES, memberships__organisation__isnull=True, memberships__ended_at__isnull=True
    )
    return {
        "states": [*queue.GROUPS.items(), *queue.STATE_CHOICES],
        "themes": Theme.choices,
        "plans": queue.PLANS.items(),
        "delays": queue.DELAYS.items(),
        "pieces": queue.PIECES.items(),
        "people": [
            (str(pk), f"{first} {last}")
            for pk, first, last in desk.distinct().order_by("last_name").values_list("pk", "first_name", "last_name")
            if pk != user.pk
        ],
        "communes": Organisation.objects.values_list("pk", "name"),
    }


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
    return found


# --- One row ---------------------------------------------------------------------------------------------------


def shown(row: dict[str, Any], user: Any) -> dict[str, Any]:
    """A row as the table shows it: words ready, so that the template only lays them out."""
    kind, icon = TAGS.get(row["state"], ("plain", ""))
    today = timezone.localdate()
    sent = row["submitted_at"]
    return {
        "number": row["number"],
        "public_id": row["public_id"],
        "commune": row["organisation__name"],
        "plan": row["organisation__plan_status"] == "adopted",
        "title": row["title"],
        "tag_kind": kind,
        "tag_icon": icon,
        "tag_label": S(row["state"]).label,
        "turn": whose_turn(row, user),
        "age": (today - timezone.localdate(sent)).days if sent else None,
        "sent": sent,
        "requested": row["requested_cents"],
        "proposed": row["opinion__proposed_cents"],
        "to_propose": row["opinion__proposed_cents"] is None and row["state"] == S.IN_INSTRUCTION,
        "rate": percent(rate(row["requested_cents"], row["eligible_cost_cents"], rounding="half_up") // 10 * 10),
        **delay(row, today),
    }


def whose_turn(row: dict[str, Any], user: Any) -> str:
    if row["state"] == S.SUBMITTED:
        return "à prendre"
    if row["state"] == S.IN_INSTRUCTION:
        mine = row["instructor_id"] == user.pk
        return "vous" if mine else f"{row['instructor__first_name']} {row['instructor__last_name']}"
    return {S.AWAITING_COMMUNE: "la commune", S.UNDER_REVIEW: "évaluateurs", S.REVIEWED: "gestionnaire"}.get(
        row["state"], ""
    )


def delay(row: dict[str, Any], today: Any) -> dict[str, Any]:
    """The clock of the file: how far, in which colour, in words."""
    due = row["due_on"]
    if due is None or row["state"] not in UNDECIDED:
        return {"meter": None, "delay": "", "late": False}
    left, total = (due - today).days, settings.ANSWER_DELAY_DAYS
    if row["state"] == S.AWAITING_COMMUNE:
        asked = row["asked_due"]
        words = f"arrêté, pièces avant le {day_short(asked)}" if asked else "arrêté"
        return {"meter": (total - left, total, "stop"), "delay": words, "late": bool(asked and asked < today)}
    if left < 0:
        return {"meter": (total, total, "late"), "delay": f"{-left} j de retard", "late": True}
    return {
        "meter": (total - left, total, "v"),
        "delay": f"{left} j restants" if left else "aujourd’hui",
        "late": False,
    }
