"""The instructor's page of one file, and the opinion written on it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from accounts import absences
from accounts.access import for_roles
from accounts.states import READING_ROLES
from applications import around, policies
from applications.answers import help_words
from applications.awards import given_back_of
from applications.models import Application, Attachment, Decision, FileLabel
from applications.states import GONE, UNDECIDED, ApplicationState, DecisionState
from common.errors import DomainError
from common.money import MoneyError, parse_euros
from fund.models import EnvelopeBalance
from reviews import checklist, dossier, family, services
from reviews.averages import results
from reviews.forms import OpinionForm
from reviews.models import Opinion, Review
from reviews.states import ReviewState
from reviews.timeline import story
from reviews.views.access import desk_page, file_of, file_to_instruct

S = ApplicationState
RELATED = ("call__envelope__balance", "organisation", "instructor", "submitted_by", "opinion__written_by")
# What the computed rules look at; the rest of the content is laid out once (dossier.content).
FOR_THE_RULES = (
    "budget_lines",
    "assistances__helper",
    Prefetch("attachments", Attachment.objects.sent().select_related("file")),
    "call__documents",
    "call__points",
)
# Long, and not shown here: the snapshot alone is as large as the file.
UNREAD = (
    *("snapshot", "search", "search_text", "call__rules", "call__summary", "call__contact"),
    *("organisation__postal_codes", "organisation__address", "organisation__latitude", "organisation__longitude"),
    *(f"{who}__{field}" for who in ("instructor", "submitted_by") for field in ("password", "job", "phone")),
)


@require_safe
@for_roles(*READING_ROLES)
def desk_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return render(request, "reviews/file.html", page_of(request, public_id))


@require_POST
@desk_page
def desk_opinion(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_to_instruct(request.user, public_id)
    form = OpinionForm(request.POST)
    if form.is_valid():
        try:
            services.write_opinion(application.pk, by=request.user, **given(form))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "L’avis et le montant proposé sont enregistrés.")
            return redirect("desk_file", public_id)
    return render(request, "reviews/file.html", page_of(request, public_id, form=form), status=422)


@require_safe
@desk_page
def desk_opinion_consequence(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The lines under the amount, while it is being typed."""
    application = file_of(request.user, public_id)
    try:
        cents: int | None = parse_euros(request.GET.get("proposed_cents", "") or "0")
    except MoneyError:
        cents = None
    available = available_cents(application)
    told = dossier.consequence(
        application, cents, available=available, elsewhere=dossier.proposed_elsewhere(application, request.user)
    )
    return render(request, "reviews/_consequence.html", {"consequence": told, "unreadable": cents is None})


def given(form: OpinionForm) -> dict[str, Any]:
    data = form.cleaned_data
    seen = parse_datetime(data["seen"]) if data["seen"] else None
    return {
        "advice": data["advice"],
        "text": data["text"],
        "proposed_cents": data["proposed_cents"] or 0,
        "version": data["version"],
        "seen": seen,
    }


def available_cents(application: Application) -> int:
    found = EnvelopeBalance.objects.filter(envelope__calls=application.call_id).values_list("available", flat=True)
    return found.first() or 0


def page_of(request: HttpRequest, public_id: UUID, *, form: OpinionForm | None = None) -> dict[str, Any]:
    user: Any = request.user
    found = Application.objects.on_desk_of(user).sent().select_related(*RELATED).prefetch_related(*FOR_THE_RULES)
    named = FileLabel.objects.filter(application=OuterRef("pk")).order_by("label__folded").values("label__name")
    application = get_object_or_404(found.defer(*UNREAD).annotate(labels=ArraySubquery(named)), public_id=public_id)
    opinion: Opinion | None = getattr(application, "opinion", None)
    decision, reviews = _after_instruction(application)
    balance = getattr(application.call.envelope, "balance", None)
    elsewhere = dossier.proposed_elsewhere(application, request.user)
    others = family.others(application, user)
    near = family.near(application, others, family.verdicts_on(application, others))
    today = timezone.localdate()
    computed = checklist.computed(application, others, near, today=today)
    checks = checklist.lines(application, computed, checklist.last_answers(application))
    return {
        "application": application,
        **dossier.reading(application),
        "spine": dossier.spine(application, decision),
        "clock": dossier.clock(application),
        "checks": checks,
        "checks_ok": sum(line.settled for line in checks),
        "opinion": opinion,
        "form": form or opinion_form(application, opinion),
        "consequence": dossier.consequence(
            application,
            opinion.proposed_cents if opinion else None,
            available=balance.available if balance else 0,
            elsewhere=elsewhere,
        ),
        "past": family.history(others, today=today),
        "per_inhabitant": family.per_inhabitant(application, others),
        "near": near,
        "remarks": services.open_remarks(application) if policies.can_instruct(user, application) else [],
        "may_read_notes": services.may_read_notes(user),
        "notes": services.notes_of(application) if services.may_read_notes(user) else [],
        "story": story(application, decision),
        "requests": dossier.exchanges(application),
        "decision": decision,
        "reviews": reviews,
        "result": results([application.pk]).get(application.pk) if reviews else None,
        "conflicts": list(application.conflicts.filter(lifted_at__isnull=True).select_related("user")),
        "away_words": _away(application),
        "doors": around.for_the_desk(application, user),
        "help_words": help_words(application),
        **acts(user, application, opinion, decision, reviews),
    }


def _away(application: Application) -> str:
    """« absence jusqu’au 3 mai, remplacement par… » when who instructs is away today. One query."""
    found = absences.away([application.instructor_id]) if application.instructor_id else {}
    return "".join(map(absences.words, found.values()))


def _after_instruction(application: Application) -> tuple[Decision | None, list[Review]]:
    """The last decision and the reviews; a file still in instruction has none (its machine does not come back)."""
    if application.state in (S.SUBMITTED, S.IN_INSTRUCTION, S.AWAITING_COMMUNE):
        return None, []
    decisions = application.decisions.exclude(state__in=GONE).select_related("letter", "signed_by", "delegation")
    decisions = decisions.annotate(given_back=given_back_of("pk"))
    return decisions.order_by("-pk").first(), list(application.reviews.select_related("evaluator").order_by("pk"))


def opinion_form(application: Application, opinion: Opinion | None) -> OpinionForm:
    initial: dict[str, Any] = {}
    if opinion is not None:
        initial = {
            "advice": opinion.advice,
            "text": opinion.text,
            "proposed_cents": opinion.proposed_cents,
            "seen": opinion.written_at.isoformat(),
        }
    return OpinionForm(version=application.version, initial=initial)


def acts(
    user: Any, application: Application, opinion: Opinion | None, decision: Decision | None, reviews: list[Review]
) -> dict[str, Any]:
    """Which buttons this person gets; the services check again."""
    state, instructs = application.state, policies.can_instruct(user, application)
    decides = policies.can_record_decision(user, application)
    in_instruction = instructs and state == S.IN_INSTRUCTION
    waiting = sum(review.state in services.OPEN_REVIEWS for review in reviews)
    return {
        "can_take": instructs and state == S.SUBMITTED,
        "can_take_over": instructs
        and state in UNDECIDED
        and state != S.SUBMITTED
        and application.instructor_id != user.pk,
        "can_instruct": in_instruction,
        "can_remark": instructs and state in UNDECIDED,
        "can_extend": instructs and state == S.AWAITING_COMMUNE,
        "can_write_opinion": policies.can_give_opinion(user, application) and state in services.OPINION_STATES,
        "can_complete": in_instruction and application.complete_checked_at is None,
        "can_review": in_instruction and application.complete_checked_at is not None and opinion is not None,
        "can_organise": instructs and state == S.UNDER_REVIEW,
        "can_decide": decides and state in (S.REVIEWED, S.WAITLISTED),
        "can_sign": decision is not None
        and decision.state == DecisionState.RECORDED
        and decision.recorded_by_id != user.pk
        and policies.power_to_sign(user)[0],
        "reviews_waiting": waiting,
        "reviews_in": sum(review.state == ReviewState.SUBMITTED for review in reviews),
    }
