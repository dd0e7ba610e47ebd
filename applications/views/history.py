"""Who changed what in a draft, and how to put a text back; who is writing there now."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import person
from applications import kept, policies, presence, services
from applications.models import Application, Version
from applications.sections import BY_SLUG
from applications.services import history, writing
from applications.views import home_parts
from applications.views.drafting import refuse_readers
from applications.views.fetching import own_file, own_file_alone
from applications.written import in_words, unit_label
from common.differences import differences
from common.paging import newest_first

PAGE = 25


@require_GET
def application_history(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Each sitting at each text, newest first, with what it changed."""
    application = own_file(request, public_id)
    later = Version.objects.filter(application=OuterRef("application"), unit=OuterRef("unit"), pk__gt=OuterRef("pk"))
    then = Subquery(later.order_by("pk").values("before")[:1])
    found = application.sittings.select_related("by").annotate(next_before=then)
    page = newest_first(found, request.GET, size=PAGE)
    context = {
        "application": application,
        "home_url": home_parts.url("application_home", application),
        "page": page,
        "rows": [_sitting(application, version) for version in page.rows],
        "can_restore": policies.can_edit(request.user, application),
        "is_full": application.sittings.count() >= history.MOST_VERSIONS,
    }
    return render(request, "applications/commune/history.html", context)


def _sitting(application: Application, version: Any) -> dict[str, Any]:
    after = version.next_before
    if after is None:  # the last sitting at this text: what it made is what stands now
        after = writing.content(application, version.unit)
    old, new = (in_words(version.unit, one, application) for one in (version.before, after))
    section = BY_SLUG.get(version.section)
    return {
        "version": version,
        "for_the_commune": any(one.helper_id == version.by_id for one in application.assistances.all()),
        "label": unit_label(version.unit, application),
        "section": section.title if section else "",
        "parts": differences(old, new),
        "gone": len(old) - len(new),
    }


@require_http_methods(["GET", "POST"])
def version_restore(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    """What would come back beside what stands now; then put it back. The present text stays in the history."""
    application = own_file(request, public_id)
    version = get_object_or_404(application.sittings.select_related("by"), pk=pk)
    refuse_readers(request, application)
    if request.method == "POST":
        services.restore(application.pk, pk, by=person(request), seen=request.POST.get("vu", ""))
        messages.success(request, f"« {unit_label(version.unit, application)} » est revenu au texte d’avant.")
        return redirect("application_history", public_id)
    now = writing.content(application, version.unit)
    old, present = (in_words(version.unit, one, application) for one in (version.before, now))
    context = {
        "application": application,
        "home_url": home_parts.url("application_home", application),
        "version": version,
        "label": unit_label(version.unit, application),
        "old": old,
        "present": present,
        "parts": differences(present, old),
        "seen": writing.token(now),
        "is_same": writing.token(now) == writing.token(version.before),
        "can_restore": policies.can_edit(request.user, application),
    }
    return render(request, "applications/commune/version.html", context)


@require_http_methods(["GET", "POST"])
def application_presence(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Who else writes in this file; a POST says that one writes oneself, and where."""
    application = own_file_alone(request, public_id)
    if request.method == "POST":
        refuse_readers(request, application)
        if policies.can_edit(request.user, application):
            presence.beat(application, person(request), request.POST.get("section", ""))
    context = {"others_here": presence.others(application, person(request))}
    return render(request, "applications/commune/_presence.html", context)


@require_POST
def kept_forget(request: HttpRequest, public_id: UUID, slug: str) -> HttpResponse:
    """The text that was kept when the session ended is not wanted any more."""
    application = own_file_alone(request, public_id)
    if slug not in BY_SLUG:
        raise Http404
    kept.give_up(request, request.POST.get("garde", ""))
    return redirect(home_parts.section_url(application, slug))
