"""Bounds of what people send: a body too large is refused before it is read, a file too heavy stops being kept."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# In the session of a visitor without an account to whom a personal link gave the right to join a document.
MAY_SEND = "may_send_files"


class BodyLimitMiddleware:
    """Refuses, unread, a body above what a whole file may weigh; above what a form may, only from somebody signed in or
    from who was let in by a personal link.

    A body without a length is read as empty by Django, so the length announced is the length read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdecimal() else 0
        if size > settings.UPLOAD_MAX_BODY:
            return render(request, "413.html", status=413)
        known = request.user.is_authenticated or MAY_SEND in request.session
        if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not known:
            return render(request, "413.html", status=413)
        return self.get_response(request)


class BoundedUpload(FileUploadHandler):
    """First of the handlers: lets a file through up to the limit. Beyond, its bytes go nowhere and its name is kept."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            too_heavy(self.request).append(self.file_name or "")
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler made the file."""


def too_heavy(request: Any) -> list[str]:
    """The names of the files of this request that were not kept because they are too heavy."""
    if not hasattr(request, "files_too_heavy"):
        request.files_too_heavy = []
    names: list[str] = request.files_too_heavy
    return names
