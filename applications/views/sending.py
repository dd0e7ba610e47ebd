"""Reading again, having it signed, sending, answering, withdrawing: what leaves the commune's hands."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import person
from applications import eligibility, policies, services
from applications.answers import answers_of
from applications.forms.acts import ActForm, ReturnForm, WithdrawForm
from applications.models import Application
from applications.notifications.commune import SignatureAskedMail
from applications.sections import progress
from applications.signing import changed_since_asked
from applications.standing import standing
from applications.states import ApplicationState
from applications.views import home_parts
from applications.views.fetching import own_file, own_file_alone
from common.clock import database_now
from common.dates import day, local, moment
from common.errors import NotAllowed
from common.money import euros, percent
from journal.services import once


@require_GET
def application_review(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """All the answers on one page; each line may be changed while the file is a draft."""
    application = own_file(request, public_id)
    user: Any = request.user
    now = database_now()
    today = local(now).date()
    editable = policies.can_edit(user, application)
    left = [one for one in progress(application, today=today) if not one.is_complete]
    is_draft = application.state == ApplicationState.DRAFT
    context = {
        "application": application,
        "standing": standing(application),
        "is_draft": is_draft,
        "groups": [
            {"group": group, "edit": _edit_url(application, group.section.slug) if editable else ""}
            for group in answers_of(application)
        ],
        "left": [
            {
                "title": one.section.title,
                "url": home_parts.section_url(application, one.section.slug),
                "to_do": (*one.missing, *one.wrong),
                "gaps": [
                    (f"{home_parts.section_url(application, one.section.slug)}#{gap.anchor}", gap.sentence)
                    for gap in one.gaps
                ],
            }
            for one in left
        ]
        if is_draft
        else [],
        "checks": eligibility.checks(application, today=today),
        "changed": changed_since_asked(application) if is_draft and policies.can_submit(user, application) else [],
        "can_edit": editable,
        "can_submit": policies.can_submit(user, application) and not left,
        "can_return": policies.can_submit(user, application),
        "can_ask": editable and not left and not policies.can_submit(user, application),
        "closed": application.call.closes_at <= now,
    }
    return render(request, "applications/commune/review.html", context)


def _edit_url(application: Application, slug: str) -> str:
    """The directory's data are not the file's to change."""
    return "" if slug == "commune" else home_parts.section_url(application, slug)


def _draft_or_404(request: HttpRequest, public_id: UUID) -> Application:
    application = own_file(request, public_id)
    if application.state != ApplicationState.DRAFT:
        raise Http404
    return application


@require_http_methods(["GET", "POST"])
def signature_ask(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = _draft_or_404(request, public_id)
    _require(policies.can_edit(request.user, application))
    form = ActForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        services.ask_signature(application.pk, by=person(request), version=form.cleaned_data["version"])
        messages.success(request, "La signature est demandée : un courriel part aux signataires.")
        return redirect("application_home", public_id)
    context = {
        "application": application,
        "form": form,
        "people": list(SignatureAskedMail(application, by=person(request)).people()),
        "home_url": home_parts.url("application_home", application),
    }
    return render(request, "applications/commune/ask_signature.html", context)


@require_http_methods(["GET", "POST"])
def signature_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = _draft_or_404(request, public_id)
    _require(policies.can_submit(request.user, application))
    form = ReturnForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.return_to_drafter(
            application.pk, by=person(request), text=data["text"], sections=data["sections"], version=data["version"]
        )
        messages.success(request, "Le dossier est renvoyé à vos collègues, avec votre mot.")
        return redirect("application_home", public_id)
    context = {"application": application, "form": form}
    return render(request, "applications/commune/return.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def application_submit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What cannot be undone is said in figures; however often and by whomever it is posted, it is sent once."""
    application = (own_file_alone if request.method == "POST" else own_file)(request, public_id)
    if application.state != ApplicationState.DRAFT and request.method == "GET":
        return redirect("application_sent", public_id)
    _require(policies.signs_for_its_commune(request.user, application))
    form = ActForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        try:
            _submit_once(request.user, application, form)
        except services.AlreadySent as already:
            messages.info(request, f"{already} Rien n’a été envoyé une seconde fois.")
        return redirect("application_sent", public_id)
    context = {
        "application": application,
        "form": form,
        "home_url": home_parts.url("application_home", application),
        "consequences": _consequences(application),
        "mails": len({request.user.pk, application.created_by_id}),
    }
    return render(request, "applications/commune/submit.html", context)


def _submit_once(user: Any, application: Application, form: ActForm) -> None:
    version = form.cleaned_data["version"]
    once(
        by=user,
        operation="submit",
        key=form.token,
        request={"application": application.pk, "version": version},
        act=lambda: {"number": services.submit(application.pk, by=user, version=version).number},
    )


def _consequences(application: Application) -> list[Any]:
    figures = eligibility.money(application)
    return [
        ("Montant demandé", euros(figures.requested)),
        ("Coût de l’action", euros(figures.total_cost)),
        ("Part demandée", percent(figures.rate_bp)),
        ("Part de la commune", euros(figures.own_share)),
        "Le dossier reçoit son numéro et ne change plus. S’il manque une pièce, la métropole vous la demandera.",
        f"Il arrive à l’heure du service ; l’appel ferme le {moment(application.call.closes_at)}.",
        "La métropole répond par écrit, avec ses raisons. Vous pouvez retirer le dossier tant que rien n’est décidé.",
    ]


@require_GET
def application_sent(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = own_file(request, public_id)
    if application.number is None:
        raise Http404
    receipt = application.receipt
    context = {
        "application": application,
        "receipt_url": reverse("file_download", args=[receipt.key]) if receipt else "",
        "answer_by": day(application.due_on) if application.due_on else "",
    }
    return render(request, "applications/commune/sent.html", context)


@require_http_methods(["GET", "POST"])
def application_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = own_file(request, public_id)
    if application.number is None:
        raise Http404
    _require(policies.signs_for_its_commune(request.user, application))
    if request.method == "GET" and not policies.can_withdraw(request.user, application):
        messages.info(request, "Ce dossier ne peut plus être retiré en ligne. Écrivez au service pour en parler.")
        return redirect("application_home", public_id)
    form = WithdrawForm(request.POST or None, version=application.version)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.withdraw(application.pk, by=person(request), reason=data["reason"], version=data["version"])
        messages.success(request, f"Le dossier {application.number} est retiré.")
        return redirect("application_home", public_id)
    context = {
        "application": application,
        "form": form,
        "home_url": home_parts.url("application_home", application),
        "consequences": [
            ("Montant demandé", euros(application.requested_cents)),
            "La demande s’arrête : le dossier ne peut plus être accordé.",
            "Il garde son numéro et reste lisible.",
        ],
    }
    return render(request, "applications/commune/withdraw.html", context, status=422 if form.errors else 200)


def _require(allowed: Any) -> None:
    if not allowed:
        raise NotAllowed("Votre rôle dans la commune ne permet pas cette action.")
