"""The internal notes of a file."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.states import DESK_ROLES
from applications.models import Application
from common.errors import DomainError, NotAllowed
from reviews import services
from reviews.forms_instruction import NoteForm
from reviews.models import Note
from reviews.views.access import desk_page, file_of


@require_http_methods(["GET", "POST"])
@desk_page
def desk_notes(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = _file(request, public_id)
    form = NoteForm(request.POST or None, initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.write_note(application.pk, text=data["text"], by=request.user, key=data["key"] or uuid4())
            messages.success(request, "Votre note est enregistrée.")
            return redirect("desk_notes", public_id)
        except DomainError as refusal:
            form.add_error("text", str(refusal))
    return _page(request, application, form)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_note(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    """Mend one's own note."""
    application = _file(request, public_id)
    note = get_object_or_404(Note.objects.select_related("author"), pk=pk, application=application)
    if note.author_id != request.user.pk:
        raise NotAllowed("Une note se modifie par la personne qui l’a écrite.")
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if request.method == "POST" and form.is_valid():
        try:
            services.mend_note(note.pk, text=form.cleaned_data["text"], by=request.user)
            messages.success(request, "Votre note est modifiée.")
            return redirect("desk_notes", public_id)
        except DomainError as refusal:
            form.add_error("text", str(refusal))
    return _page(request, application, form, mended=note)


def _file(request: HttpRequest, public_id: UUID) -> Application:
    application = file_of(request.user, public_id)
    user: Any = request.user
    if request.method == "POST" and not (user.has_role(*DESK_ROLES) and _is_not_own(user, application)):
        raise NotAllowed("Les notes sont écrites par l’équipe du fonds.")
    return application


def _is_not_own(user: Any, application: Application) -> bool:
    return application.organisation_id not in user.organisation_ids()


def _page(
    request: HttpRequest, application: Application, form: NoteForm, *, mended: Note | None = None
) -> HttpResponse:
    user: Any = request.user
    notes = services.notes_of(application)
    context = {
        "application": application,
        "form": form,
        "mended": mended,
        "notes": [{"note": one, "can_mend": services.can_mend(one, user)} for one in notes],
        "can_write": user.has_role(*DESK_ROLES) and _is_not_own(user, application),
        "people": [one for one in services.who_may_be_called(application) if one.pk != user.pk],
    }
    return render(request, "reviews/instruction/notes.html", context, status=422 if form.errors else 200)
