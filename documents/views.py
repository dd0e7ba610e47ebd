"""The one door to a file."""

import structlog
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from documents.models import StoredFile
from documents.services import Altered, open_verified
from documents.signals import file_served
from documents.states import FileState

log = structlog.get_logger(__name__)
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_safe
def file_download(request: HttpRequest, key: str) -> HttpResponseBase:
    """A clean file whose bytes are those that were stored; for any other, a page that says why not yet."""
    stored = get_object_or_404(StoredFile.objects.visible_to(request.user), key=key)
    response = serve(request, stored)
    if request.method == "GET" and isinstance(response, FileResponse):
        file_served.send(StoredFile, file=stored, user=request.user)
    return response


def serve(request: HttpRequest, stored: StoredFile) -> HttpResponseBase:
    """The file itself, once somebody above has said that this person may have it."""
    if stored.state != FileState.CLEAN:
        return _not_served(request, stored)
    try:
        content = open_verified(stored)
    except Altered as error:
        log.error("stored_file_altered", file=stored.pk, error=str(error))
        return _not_served(request, stored, altered=True)
    response = FileResponse(content, as_attachment=True, filename=stored.name, content_type=stored.content_type)
    response.headers["Content-Length"] = str(stored.size)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _not_served(request: HttpRequest, stored: StoredFile, *, altered: bool = False) -> HttpResponse:
    return render(request, "documents/not_served.html", {"file": stored, "altered": altered}, status=404)
