"""« Échanges » : what the commune writes to the service about a file, and what it is answered."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import person
from applications import conversation, policies, services
from applications.forms.messages import MessageForm, QuestionForm
from applications.models import Application
from applications.models.messages import Author
from applications.standing import standing
from applications.views import home_parts
from applications.views.fetching import own_file_alone
from common.errors import DomainError, NotAllowed
from documents.uploads import too_heavy


@require_http_methods(["GET", "POST"])
def application_messages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Before sending, a question to the fund's team; afterwards, the conversation with the instructor."""
    application = own_file_alone(request, public_id)
    can_write = policies.can_write_to_desk(request.user, application)
    if request.method == "POST" and not can_write:
        raise NotAllowed("Vous lisez ce dossier ; un rédacteur ou le signataire peut écrire au service.")
    kind = QuestionForm if conversation.is_question(application) else MessageForm
    form = kind(request.POST, request.FILES) if request.method == "POST" else kind()
    if request.method == "POST" and form.is_valid() and not form.refuse_heavy(too_heavy(request)):
        try:
            _write(request, application, form)
        except DomainError as refusal:
            form = form.again(str(refusal))
        else:
            messages.success(request, "Votre message est parti : le service le reçoit par courriel.")
            return redirect("application_messages", public_id)
    context = {"form": form, "can_write": can_write, **_page_of(application)}
    return render(request, "applications/commune/messages.html", context)


def _write(request: HttpRequest, application: Application, form: MessageForm) -> None:
    data = form.cleaned_data
    services.write_to_desk(
        application.pk,
        by=person(request),
        text=data["text"],
        key=form.token,
        uploads=data["uploads"],
        share_draft=data.get("share", False),
    )


def _page_of(application: Application) -> dict[str, Any]:
    thread = conversation.thread(application)
    unread = [one for one in thread if one.side == Author.DESK and not hasattr(one, "reading")]
    return {
        "application": application,
        "standing": standing(application),
        "call": application.call,
        "is_question": conversation.is_question(application),
        "thread": thread,
        "unread": len(unread),
        "up_to": unread[-1].pk if unread else 0,
        "home_url": home_parts.url("application_home", application),
    }


@require_POST
def application_messages_read(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = own_file_alone(request, public_id)
    services.mark_messages_read(application.pk, by=person(request), up_to=up_to(request))
    if getattr(request, "htmx", False):
        return HttpResponse("")
    return redirect("application_messages", public_id)


def up_to(request: HttpRequest) -> int:
    """The last message that was on the page."""
    text = request.POST.get("up_to", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
