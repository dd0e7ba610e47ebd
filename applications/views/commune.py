"""« Mes dossiers », a new file, the file's home, its printed form."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Organisation
from accounts.states import WRITING_ROLES
from applications import around, policies, presence, services
from applications.answers import answers_of
from applications.conversation import something_new
from applications.eligibility import organisation_check
from applications.first_answers import FirstAnswers
from applications.forms.acts import CreateForm
from applications.models import PieceRequest
from applications.signing import to_take_up
from applications.standing import standing, told_decision
from applications.states import ApplicationState
from applications.views import home_parts
from applications.views.fetching import own_file, own_files
from common.clock import database_now
from common.dates import local
from fund.forms.public import EstimateForm
from fund.models import Call

ORDER = ("commune", "authority", "")
GROUPS = {
    "commune": "À vous de jouer",
    "authority": "La métropole s’en occupe",
    "": "Terminés",
}
SHOWN = 200


@require_GET
def my_applications(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    asked = PieceRequest.objects.filter(application=OuterRef("pk"), answered_at=None).values("due_on")[:1]
    found = (
        own_files(user)
        .annotate(asked_due=Subquery(asked), new_message=something_new())
        .select_related("call", "organisation")
        .order_by("-pk")[:SHOWN]
    )
    rows = [{"application": one, "standing": standing(one)} for one in found]
    rows.sort(key=lambda row: ORDER.index(row["standing"].turn))
    groups = [
        {"title": GROUPS[turn], "rows": list(group)}
        for turn, group in groupby(rows, key=lambda row: row["standing"].turn)
    ]
    context = {
        "groups": groups,
        "calls": Call.objects.open_now().select_related("fund").order_by("closes_at"),
        "can_write": bool(user.organisation_ids(*WRITING_ROLES)),
        "several": len(user.organisation_ids()) > 1,
    }
    return render(request, "applications/commune/list.html", context)


@require_http_methods(["GET", "POST"])
def application_create(request: HttpRequest, slug: str) -> HttpResponse:
    user: Any = request.user
    call = get_object_or_404(Call.objects.public().select_related("fund"), slug=slug)
    organisations = Organisation.objects.filter(pk__in=user.organisation_ids(*WRITING_ROLES))
    commune, first = _first_answers(call, request)
    form = CreateForm(request.POST or None, organisations=organisations, chosen=commune)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["organisation"]
        application = services.create_draft(call.pk, chosen.pk, by=user, key=form.token, first=first)
        return redirect("application_home", application.public_id)
    now = database_now()
    context = {
        "call": call,
        "form": form,
        "answers": [organisation_check(call, organisation) for organisation in organisations],
        "organisations": organisations,
        "started": own_files(user).filter(call=call, state=ApplicationState.DRAFT).select_related("organisation"),
        "open": call.takes_applications(now),
        "documents": call.documents.all(),
        "first": first.words() if first else [],
    }
    return render(request, "applications/commune/create.html", context)


def _first_answers(call: Call, request: HttpRequest) -> tuple[Organisation | None, FirstAnswers | None]:
    """What « Puis-je demander ? » carries in the address of this page, when all of it can be read."""
    if "cout" not in request.GET:
        return None, None
    asked = EstimateForm(request.GET, call=call)
    if (
        not asked.is_valid()
        or asked.asked().action_type not in call.action_types
        or asked.asked().theme not in call.themes
    ):
        return None, None
    return asked.asked().organisation, FirstAnswers.of(asked.asked())


@require_GET
def application_home(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user: Any = request.user
    application = own_file(request, public_id)
    where, decision = standing(application), None
    context: dict[str, Any] = {"application": application, "standing": where, "call": application.call}
    if where.code == ApplicationState.DRAFT:
        context |= _draft_context(application, user)
    else:
        decision = told_decision(application)
        asked = home_parts.requests_of(application)
        waiting = next((one for one in asked if one.answered_at is None), None)
        context |= {
            "decision": decision,
            "requests": asked,
            "turn": home_parts.turn_of_sent(application, user, where, waiting, decision),
            "spine": home_parts.spine(application, where, 0, 0, told=decision),
            "can_withdraw": policies.can_withdraw(user, application),
            "payments_url": home_parts.link_to("application_payments", application)
            if decision and decision.kind == "grant"
            else "",
        }
    context |= {
        "amount": home_parts.amount_panel(application),
        "people": home_parts.people(application, user),
        "timeline": home_parts.timeline(application, decision),
        "remarks": (remarks := list(application.remarks.select_related("author").order_by("-pk")[:3])),
        "to_take_up": to_take_up(application, remarks[0] if remarks else None),
        "doors": around.for_the_commune(application, user),
    }
    return render(request, "applications/commune/home.html", context)


def _draft_context(application: Any, user: Any) -> dict[str, Any]:
    now = database_now()
    sections = home_parts.sections_of(application, local(now).date())
    complete = sum(one.is_complete for one in sections)
    closed = application.call.closes_at <= now
    editable = policies.can_edit(user, application)
    return {
        "parts": home_parts.parts(application, sections, editable=editable),
        "turn": home_parts.turn_of_draft(application, user, sections, closed=closed),
        "spine": home_parts.spine(application, standing(application), complete, len(sections)),
        "next_steps": [
            {
                "title": "Faire signer, puis envoyer",
                "tasks": home_parts.next_steps(application, user, complete=complete == len(sections)),
            }
        ]
        if editable and not closed
        else [],
        "can_edit": editable,
        "others_here": presence.others(application, user),
    }


@require_GET
def application_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The whole file on one page, to print or to keep."""
    application = own_file(request, public_id)
    context = {
        "application": application,
        "standing": standing(application),
        "groups": answers_of(application),
        "printed_at": database_now(),
    }
    return render(request, "applications/commune/print.html", context)
