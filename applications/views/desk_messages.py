"""The desk's side of the messages: what waits for an answer, the conversation of a file, the draft a question shows."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import for_roles, person
from accounts.states import DESK_ROLES, Role
from applications import conversation, policies, services
from applications.forms.messages import MessageForm
from applications.models import Application, FileMessage
from applications.models.messages import Author
from applications.notifications.commune import members
from applications.views.messages import up_to
from common.errors import DomainError, NotAllowed
from common.paging import newest_first
from documents.uploads import too_heavy

WAITING_SHOWN = 200
readers = for_roles(*DESK_ROLES, Role.AUDITOR)


@require_safe
@for_roles(*DESK_ROLES)
def desk_questions(request: HttpRequest) -> HttpResponse:
    """What the communes wrote and nobody answered, the oldest first; then the conversations that wait for nothing."""
    everybody = request.GET.get("vue") == "tous"
    threads: Any = conversation.threads(person(request), everybody=everybody)
    waiting = threads.filter(first_waiting__isnull=False).order_by("first_waiting")
    context = {
        "waiting": list(waiting[:WAITING_SHOWN]),
        "answered": newest_first(threads.filter(first_waiting=None), request.GET),
        "everybody": everybody,
    }
    return render(request, "applications/desk/questions.html", context)


def _followed(request: HttpRequest, public_id: UUID) -> Application:
    found = conversation.followed(person(request)).select_related("call__fund", "organisation", "instructor")
    return get_object_or_404(found, public_id=public_id)


@require_http_methods(["GET", "POST"])
@readers
def desk_messages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = _followed(request, public_id)
    can_write = policies.can_write_to_commune(request.user, application)
    if request.method == "POST" and not can_write:
        raise NotAllowed("Seul le service du fonds répond à la commune.")
    form = MessageForm(request.POST, request.FILES) if request.method == "POST" else MessageForm()
    if request.method == "POST" and form.is_valid() and not form.refuse_heavy(too_heavy(request)):
        data = form.cleaned_data
        try:
            services.write_to_commune(
                application.pk, by=person(request), text=data["text"], key=form.token, uploads=data["uploads"]
            )
        except DomainError as refusal:
            form = form.again(str(refusal))
        else:
            messages.success(request, "Votre message est parti : la commune le reçoit par courriel.")
            return redirect("desk_messages", public_id)
    context = {"form": form, "can_write": can_write, **_page_of(application)}
    return render(request, "applications/desk/messages.html", context)


def _page_of(application: Application) -> dict[str, Any]:
    thread = conversation.thread(application)
    waiting = [one for one in thread if one.side == Author.COMMUNE and not hasattr(one, "reading")]
    return {
        "application": application,
        "is_question": conversation.is_question(application),
        "thread": thread,
        "waiting": len(waiting),
        "up_to": waiting[-1].pk if waiting else 0,
        "people": members(application.organisation, Role.DRAFTER, Role.SIGNATORY),
    }


@require_POST
@readers
def desk_messages_done(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read, and nothing to answer."""
    application = _followed(request, public_id)
    services.nothing_to_answer(application.pk, by=person(request), up_to=up_to(request))
    messages.success(request, "C’est noté : ces messages n’attendent plus de réponse.")
    return redirect("desk_questions")


@require_safe
@for_roles(*DESK_ROLES)
def desk_shared_draft(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    """The draft as its commune chose to show it with this question; nothing can be changed here."""
    application = _followed(request, public_id)
    question = get_object_or_404(FileMessage.objects.select_related("author"), application=application, pk=pk)
    if question.shared is None:
        raise Http404
    return render(request, "applications/desk/shared_draft.html", {"application": application, "question": question})
