"""A slip of the pen mended by the desk: one text chosen, read again as the commune will read it, then mended."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications import doors
from applications import services as applications
from applications.asking import label_of
from applications.comparing import compare
from applications.models import Application
from common.errors import DomainError
from reviews.forms_instruction import TypoForm
from reviews.views.access import desk_page, file_to_instruct


@require_http_methods(["GET", "POST"])
@desk_page
def desk_typo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_to_instruct(request.user, public_id, "call__fund", "organisation")
    fields = [(name, label_of(name)) for name in doors.TYPOS if getattr(application, name)]
    name = request.GET.get("champ", "")
    if name and name not in dict(fields):
        raise Http404
    context: dict[str, Any] = {
        "application": application,
        "fields": fields,
        "name": name,
        "label": label_of(name) if name else "",
        "opened": application.state in doors.TYPO_STATES,
    }
    if not name:
        return render(request, "reviews/instruction/typo.html", context)
    form = TypoForm(request.POST or None, version=application.version, initial={"after": getattr(application, name)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if request.POST.get("suite") == "corriger":
                applications.correct_typo(
                    application.pk, name=name, after=data["after"], reason=data["reason"], by=request.user,
                    version=data["version"],
                )  # fmt: skip
                messages.success(request, "La correction est faite ; la commune est prévenue.")
                return redirect("desk_file", public_id)
            context["difference"] = _difference(application, name, data["after"])
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return render(
        request, "reviews/instruction/typo.html", context | {"form": form}, status=422 if form.errors else 200
    )


def _difference(application: Application, name: str, after: str) -> Any:
    words = applications.check_typo(application, name, after)
    return compare(label_of(name), getattr(application, name), words)
