"""What the fund's team mended in a file that was sent, shown to its commune."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import person
from applications.asking import label_of
from applications.comparing import compare
from applications.models import Application


@require_safe
def application_typos(request: HttpRequest, public_id: UUID) -> HttpResponse:
    own = Application.objects.visible_to(request.user).filter(organisation__in=person(request).organisation_ids())
    application = get_object_or_404(own.select_related("organisation"), public_id=public_id)
    made = application.staff_corrections.select_related("made_by").order_by("-pk")
    corrections = [
        {"correction": one, "difference": compare(label_of(one.name), one.before, one.after)} for one in made
    ]
    context = {"application": application, "corrections": corrections}
    return render(request, "applications/commune/typos.html", context)
