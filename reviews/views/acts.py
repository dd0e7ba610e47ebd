"""The acts on one file during instruction and evaluation: one form, one service, one answer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import for_roles
from accounts.states import DESK_ROLES
from applications import asking, eligibility, policies
from applications import services as applications
from applications.models import Application, PieceRequest
from applications.notifications.commune import FileMail
from applications.notifications.desk import Inadmissible, PiecesAsked
from applications.services.instruction import check_request
from applications.states import ApplicationState
from common.dates import day
from common.errors import DomainError, NotAllowed
from common.typography import counted
from notifications.mail import Recipient, shared_context
from reviews import services
from reviews.averages import results
from reviews.forms import DeadlineForm, InadmissibleForm, PiecesForm, ReasonForm, ReviewersForm
from reviews.models import Opinion
from reviews.neutrality import declared, neutral_evaluators
from reviews.views.access import desk_page, file_of, file_to_instruct

S = ApplicationState
ANSWER_DAYS, REVIEW_DAYS = 15, 14


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


@require_POST
@desk_page
def desk_take(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a file, or take it over from a colleague."""
    application = file_of(request.user, public_id)
    over = request.POST.get("reprendre") == "oui"
    verb = applications.take_over if over else applications.start_instruction
    verb(application.pk, by=request.user, version=_version(request))
    messages.success(request, f"Vous instruisez le dossier {application.number}.")
    return redirect("desk_file", public_id)


@require_POST
@desk_page
def desk_complete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_of(request.user, public_id)
    services.find_complete(application.pk, by=request.user, version=_version(request))
    messages.success(request, f"Le dossier {application.number} est déclaré complet et recevable.")
    return redirect("desk_file", public_id)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_pieces(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask for pieces: written, read as the commune will read it, then sent."""
    application = file_to_instruct(request.user, public_id, "call__fund", "organisation")
    initial = {"due_on": timezone.localdate() + timedelta(days=ANSWER_DAYS)}
    missing = _missing(application)
    form = PiecesForm(
        request.POST or None,
        version=application.version,
        initial=initial,
        groups=asking.askable(application),
        ticked={document.code for document in missing},
        remarks=services.open_remarks(application),
        wanted=request.GET.get("remarque", ""),
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if request.POST.get("suite") == "envoyer":
                services.ask_pieces(
                    application.pk,
                    items=form.asked(),
                    reason=data["reason"],
                    due_on=data["due_on"],
                    by=request.user,
                    version=data["version"],
                )
                messages.success(request, "La demande est partie ; le délai d’instruction est arrêté.")
                return redirect("desk_file", public_id)
            preview = _pieces_mail(application, form, request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    context = {"application": application, "form": form, "preview": preview, "missing": missing}
    return render(request, "reviews/pieces.html", context, status=422 if form.errors else 200)


def _pieces_mail(application: Application, form: PiecesForm, by: Any) -> dict[str, Any]:
    items, data = asking.items_of(application, form.asked()), form.cleaned_data
    check_request(items, data["reason"], data["due_on"])
    draft = PieceRequest(
        application=application,
        asked_by=by,
        items=asking.as_json(items),
        reason=data["reason"],
        due_on=data["due_on"],
    )
    return as_read(PiecesAsked(application, draft))


def _missing(application: Application) -> list[Any]:
    found = applications.for_reading(Application.objects.filter(pk=application.pk)).get()
    return eligibility.missing_documents(found)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_deadline(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """More time for the commune, or, once its time is over, the instruction taken up without its answer."""
    application = file_to_instruct(request.user, public_id)
    asked = applications.open_request(application)
    if asked is None:
        messages.info(request, "La commune a répondu entre-temps : il n’y a plus de demande en cours.")
        return redirect("desk_file", public_id)
    over = asked.due_on < timezone.localdate()
    form = DeadlineForm(request.POST or None, version=application.version)
    if request.method == "POST" and request.POST.get("suite") == "reprendre":
        applications.resume_instruction(application.pk, by=request.user, version=_version(request))
        messages.success(request, "L’instruction reprend ; la commune est prévenue.")
        return redirect("desk_file", public_id)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            applications.extend_deadline(
                application.pk, due_on=data["due_on"], by=request.user, version=data["version"]
            )
            messages.success(request, f"La commune a jusqu’au {day(data['due_on'])} ; elle est prévenue.")
            return redirect("desk_file", public_id)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    mails = len(list(PiecesAsked(application, asked).people()))
    context = {"application": application, "form": form, "asked": asked, "over": over, "mails": mails}
    return render(request, "reviews/deadline.html", context, status=422 if form.errors else 200)


def as_read(mail: FileMail) -> dict[str, Any]:
    """A mail as its recipients will read it, before it is queued."""
    people = list(mail.people())
    recipient = Recipient.of(people[0]) if people else None
    context = {"recipient": recipient, "base_url": settings.BASE_URL, **shared_context(), **mail.context()}
    return {
        "subject": " ".join(render_to_string(f"emails/{mail.kind}.subject.txt", context).split()),
        "text": render_to_string(f"emails/{mail.kind}.txt", context).strip(),
        "people": [person.get_full_name() for person in people],
    }


@require_http_methods(["GET", "POST"])
@desk_page
def desk_inadmissible(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_to_instruct(request.user, public_id, "call__fund", "organisation")
    form = InadmissibleForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        applications.declare_inadmissible(
            application.pk, reason=form.whole(), by=request.user, version=form.cleaned_data["version"]
        )
        messages.success(request, f"Le dossier {application.number} est déclaré irrecevable ; la commune est prévenue.")
        return redirect("desk_file", public_id)
    mails = len(list(Inadmissible(application, reason="", by=request.user).people()))
    context = {"application": application, "form": form, "mails": mails}
    return render(request, "reviews/inadmissible.html", context, status=422 if form.errors else 200)


# --- The evaluation of the file --------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@desk_page
def desk_review(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who evaluates the file, how far they are; send it to review, or give it to one more."""
    application = file_of(request.user, public_id, "call__fund", "organisation")
    if request.method == "POST" and not policies.can_instruct(request.user, application):
        raise NotAllowed("Les évaluateurs sont choisis par un instructeur ou la gestion du fonds.")
    people = neutral_evaluators(application)
    initial = {"due_on": timezone.localdate() + timedelta(days=REVIEW_DAYS)}
    form = ReviewersForm(request.POST or None, version=application.version, people=people, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _give(application, form, request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Dossier confié à {counted(len(form.chosen()), 'évaluateur')}.")
            return redirect("desk_review", public_id)
    context = {
        "application": application,
        "form": form,
        "people": people,
        "reviews": application.reviews.select_related("evaluator").order_by("pk"),
        "conflicts": declared(application),
        "result": results([application.pk]).get(application.pk),
        "is_manager": policies.is_fund_manager(request.user, application),
        "has_opinion": Opinion.objects.filter(application=application).exists(),
        "finish_form": ReasonForm(version=application.version, label="Motif, si des grilles manquent", required=False),
        "can_give": can_give(request.user, application),
    }
    return render(request, "reviews/review.html", context, status=422 if form.errors else 200)


def can_give(user: Any, application: Application) -> bool:
    ready = application.state == S.IN_INSTRUCTION and application.complete_checked_at is not None
    return bool(policies.can_instruct(user, application)) and (ready or application.state == S.UNDER_REVIEW)


def _give(application: Application, form: ReviewersForm, by: Any) -> None:
    data = form.cleaned_data
    if application.state == S.UNDER_REVIEW:
        services.assign_several(application.pk, evaluators=form.chosen(), due_on=data["due_on"], by=by)
        return
    services.open_review(
        application.pk, evaluators=form.chosen(), due_on=data["due_on"], by=by, version=data["version"]
    )


@require_POST
@desk_page
def desk_review_finish(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_of(request.user, public_id)
    services.finish_review(
        application.pk,
        by=request.user,
        version=_version(request),
        reason=request.POST.get("reason", "")[:4000],
    )
    messages.success(request, f"L’évaluation du dossier {application.number} est close : il peut être décidé.")
    return redirect("desk_file", public_id)


@require_http_methods(["GET", "POST"])
@for_roles(*DESK_ROLES)
def desk_conflict(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Step aside from a file one instructs or decides."""
    application = file_of(request.user, public_id)
    form = conflict_form(request)
    if request.method == "POST" and form.is_valid():
        services.declare_conflict(application.pk, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, f"Votre déport du dossier {application.number} est enregistré.")
        return redirect("desk_queue")
    context = {"application": application, "form": form, "back": "desk_queue"}
    return render(request, "reviews/conflict.html", context, status=422 if form.errors else 200)


def conflict_form(request: HttpRequest) -> ReasonForm:
    return ReasonForm(
        request.POST or None,
        label="Quel est cet intérêt\u202f?",
        hint="Un lien familial, un mandat, un emploi, une association… Le registre des déports le garde.",
    )
