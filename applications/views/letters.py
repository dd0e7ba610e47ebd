"""« Courriers »: what was said to the commune about its file, with its proof."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import person
from applications.letters import letters_of
from applications.views import home_parts
from applications.views.fetching import own_file_alone


@require_GET
def application_letters(request: HttpRequest, public_id: UUID) -> HttpResponse:
    application = own_file_alone(request, public_id)
    if application.number is None:
        raise Http404
    context = {
        "application": application,
        "letters": letters_of(application, person(request), for_the_commune=True),
        "home_url": home_parts.url("application_home", application),
    }
    return render(request, "applications/commune/letters.html", context)
