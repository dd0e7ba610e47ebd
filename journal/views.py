"""The journal, for the auditor and the head of service: search, one entry, the proof of its chain."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from common.dates import PARIS
from common.hidden import hidden_from, subjects_of
from common.paging import newest_first
from journal import subjects
from journal.forms import JournalFilters
from journal.models import Entry, Kind, Seal
from journal.policies import reads_journal
from journal.verification import verify_chain


@require_safe
def journal(request: HttpRequest) -> HttpResponse:
    """Newest first; `?objet=FI-2026-0001` follows one file."""
    _readers_only(request)
    form = JournalFilters(request.GET)
    page = newest_first(_filtered(request, form.cleaned_data if form.is_valid() else {}), request.GET)
    subjects.name_rows(page.rows)
    context = {"page": page, "form": form, "seal": Seal.objects.order_by("-number").first(), "title": "Journal"}
    return render(request, "journal/journal.html", context)


@require_safe
def access_log(request: HttpRequest) -> HttpResponse:
    """Sensitive reads (bank details in full, exports) and everything about signing in."""
    _readers_only(request)
    form = JournalFilters(request.GET)
    entries = _filtered(request, form.cleaned_data if form.is_valid() else {})
    page = newest_first(entries.filter(Q(kind=Kind.READ) | Q(chain__startswith="access:")), request.GET)
    subjects.name_rows(page.rows)
    return render(request, "journal/journal.html", {"page": page, "form": form, "title": "Accès et lectures sensibles"})


def _seen(request: HttpRequest) -> QuerySet[Entry]:
    """Every entry, but those of files in which the reader declared an interest."""
    entries = Entry.objects.all()
    for kind, ids in subjects_of(hidden_from(request.user)).items():
        if ids:
            entries = entries.exclude(subject_type=kind, subject_id__in=ids)
    return entries


def _filtered(request: HttpRequest, filters: dict[str, Any]) -> QuerySet[Entry]:
    entries = _seen(request)
    if filters.get("objet"):
        entries = entries.filter(_about(filters["objet"].strip()))
    if filters.get("auteur"):
        entries = entries.filter(actor_label__icontains=filters["auteur"].strip())
    if filters.get("action"):
        entries = entries.filter(verb=filters["action"].strip())
    if filters.get("sorte"):
        entries = entries.filter(kind=filters["sorte"])
    if filters.get("du"):
        entries = entries.filter(recorded_at__gte=datetime.combine(filters["du"], time(), tzinfo=PARIS))
    if filters.get("au"):
        after = datetime.combine(filters["au"] + timedelta(days=1), time(), tzinfo=PARIS)
        entries = entries.filter(recorded_at__lt=after)
    return entries


def _about(text: str) -> Q:
    """A public number, or a chain (applications.application:12)."""
    about = Q(chain=text)
    for kind, pk in subjects.find(text):
        about |= Q(subject_type=kind, subject_id=pk)
    return about


@require_safe
def entry_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry, its chain, and (`?verifier`) the proof that nothing in the chain was touched."""
    _readers_only(request)
    entry = get_object_or_404(_seen(request), pk=pk)
    chain = list(_seen(request).filter(chain=entry.chain).order_by("-sequence")[:200])
    subjects.name_rows([entry, *chain])
    checked = "verifier" in request.GET
    context = {
        "entry": entry,
        "data": list(entry.data.items()),  # a key of it may be called « items »
        "chain": chain,
        "checked": checked,
        "found": verify_chain(entry.chain) if checked else {},
    }
    return render(request, "journal/entry_detail.html", context)


def _readers_only(request: HttpRequest) -> None:
    if not reads_journal(request.user):
        raise Http404
