"""The remarks of the instructor on the answers of a file, before they are asked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from applications import asking
from applications.states import UNDECIDED
from common.errors import DomainError
from reviews import services
from reviews.forms_instruction import RemarkForm
from reviews.models import ReadingRemark
from reviews.views.access import desk_page, file_to_instruct


@require_http_methods(["GET", "POST"])
@desk_page
def desk_remarks(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = file_to_instruct(request.user, public_id)
    form = RemarkForm(
        request.POST or None, groups=asking.askable(application), initial={"item": request.GET.get("sur", "")}
    )
    if request.method == "POST" and form.is_valid():
        kind, _, code = form.cleaned_data["item"].partition(":")
        try:
            services.write_remark(application.pk, kind=kind, code=code, text=form.cleaned_data["text"], by=request.user)
            messages.success(request, "Votre remarque est notée.")
            return redirect("desk_remarks", public_id)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    remarks = ReadingRemark.objects.filter(application=application).select_related("author", "asked_in")
    context = {
        "application": application,
        "form": form,
        "remarks": [one for one in remarks if one.dropped_at is None],
        "opened": application.state in UNDECIDED,
    }
    return render(request, "reviews/instruction/remarks.html", context, status=422 if form.errors else 200)


@require_POST
@desk_page
def desk_remark_drop(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    application = file_to_instruct(request.user, public_id)
    remark = get_object_or_404(ReadingRemark, pk=pk, application=application)
    services.drop_remark(remark.pk, by=request.user)
    messages.success(request, "La remarque est retirée.")
    return redirect("desk_remarks", public_id)
