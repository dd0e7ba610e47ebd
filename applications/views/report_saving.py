"""Saving one part of a report, at once or while one types, without replacing a colleague's words or losing one's own.

A part is one unit: its whole form, with the token `vu-<part>` of what its writer saw (see `units`, static/js/writing.js).
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.access import person
from applications import kept, report_parts
from applications.models import FinalReport
from applications.report_parts import TEXT_SLUGS, Part
from applications.views import units
from applications.views.report_pages import part_url
from common.differences import differences
from common.errors import DomainError, Stale
from common.money import euros
from journal.models import Entry
from journal.services import chain_of

Save = Callable[[], Any]


def typed(request: HttpRequest) -> Any:
    """What the forms are bound to: what is sent, or what waits for its writer since their session ended."""
    if request.method == "POST":
        return request.POST
    waiting = kept.waiting(request)
    return kept.typed(waiting) if waiting else None


def seen(request: HttpRequest, slug: str) -> dict[str, Any]:
    """What the person saw of this part; a form that does not say it is not trusted to be recent."""
    mine = request.POST.get("choix") == f"mien:{slug}"
    return {"version": 0, "seen": request.POST.get(f"{units.FRESH if mine else units.SEEN}{slug}", "")}


def writing_context(request: HttpRequest, report: FinalReport, part: Part) -> dict[str, Any]:
    """What the form of a part needs to save itself, to be kept when the session ends, and to be given back."""
    waiting = kept.waiting(request) if request.method == "GET" else None
    now = report_parts.fingerprint(report, part.slug)
    token = kept.typed(waiting).get(units.SEEN + part.slug, "") if waiting else now
    return {
        "tokens": {part.slug: token},
        "unsaved": [part.slug] if waiting else [],
        "conflicts": [],
        "kept": waiting,
        "kept_number": waiting.pk if waiting else request.POST.get("garde", ""),
        "signed_word": kept.signed_word(request),
        "mirror": f"bilan:{report.pk}",
    }


def saved(
    request: HttpRequest, report: FinalReport, part: Part, forms: Sequence[Any], save: Save, context: dict[str, Any]
) -> HttpResponse | None:
    """Save a part that was posted; None when the page is to be shown, with what was typed and the reason."""
    context |= writing_context(request, report, part)
    if request.method != "POST":
        return None
    if request.POST.get("choix") == f"sien:{part.slug}":
        kept.give_up(request, request.POST.get("garde", ""))
        return redirect(part_url(report, part.slug))
    outcome = _save(request, report, part, forms, save, context)
    if outcome.is_calm and not context.get("refusal"):
        kept.give_up(request, request.POST.get("garde", ""))
        return units.answer(outcome) if units.is_autosave(request) else _go_on(request, report, part, context)
    if units.is_autosave(request):
        return units.answer(outcome)
    context |= {"tokens": outcome.tokens, "conflicts": outcome.conflicts, "unsaved": [part.slug]}
    return None


def _save(
    request: HttpRequest, report: FinalReport, part: Part, forms: Sequence[Any], save: Save, context: dict[str, Any]
) -> units.Outcome:
    slug = part.slug
    outcome = units.Outcome({slug: seen(request, slug)["seen"]})
    # Every form is validated: stopping at the first would hide the others' messages.
    verdicts = [one.is_valid() for one in forms]
    if not all(verdicts):
        refusals = units.row_refusals(forms) or [("", "Cette partie ne peut pas être enregistrée comme elle est.")]
        outcome.errors = {slug: refusals}
        return outcome
    try:
        save()
    except Stale:
        outcome.conflicts = [_conflict(request, report, part, forms)]
        return outcome
    except DomainError as refusal:
        if refusal.status == 403 or units.is_autosave(request):
            raise
        context["refusal"] = str(refusal)
        return outcome
    outcome.tokens = {slug: report_parts.fingerprint(report_parts.reading().get(pk=report.pk), slug)}
    outcome.settled = (slug,)
    return outcome


def _go_on(request: HttpRequest, report: FinalReport, part: Part, context: dict[str, Any]) -> HttpResponse:
    messages.success(request, f"« {part.title} » est enregistré.")
    if "ajouter" in request.POST:
        return redirect(f"{part_url(report, part.slug)}#ajouts")
    return redirect(context["home_url"] if request.POST.get("suite") == "retour" else context["next_url"])


def _conflict(request: HttpRequest, report: FinalReport, part: Part, forms: Sequence[Any]) -> dict[str, Any]:
    """Both texts, to choose from: what was typed and what a colleague, or the same person elsewhere, saved meanwhile."""
    fresh = report_parts.reading().get(pk=report.pk)
    last = Entry.objects.filter(chain=chain_of(report), verb="save_report_part", data__part=part.slug)
    entry = last.order_by("-sequence").first()
    mine, theirs = _typed_words(forms, part.slug), _words(fresh, part.slug)
    return {
        "unit": part.slug,
        "label": part.title,
        "who": entry.actor_label if entry else "Un collègue",
        "oneself": entry is not None and entry.actor_id == person(request).pk,
        "when": entry.recorded_at if entry else None,
        "mine": mine,
        "theirs": theirs,
        "parts": differences(theirs, mine),
        "fresh": report_parts.fingerprint(fresh, part.slug),
    }


def _published(accepted: bool) -> str:
    return "Publication acceptée" if accepted else "Publication refusée"


def _words(report: FinalReport, slug: str) -> str:
    """A part as it stands, to be compared with what was typed."""
    if slug in TEXT_SLUGS:
        section = next(one for one in report.texts.all() if one.slug == slug)
        return f"{section.text}\n{_published(section.publish)}"
    if slug == report_parts.MEASURES.slug:
        return "\n".join(_line(one.label, one.done, one.comment) for one in report.measures.all())
    if slug == report_parts.BUDGET.slug:
        rows = [
            _line(line.label or line.account, _euros(line.done_cents)) for line in report.lines.all() if _told(line)
        ]
        return "\n".join([*rows, report.budget_note])
    return _published(report.publish_consent)


def _typed_words(forms: Sequence[Any], slug: str) -> str:
    """What was typed, in the same words."""
    first = forms[0].cleaned_data if forms else {}
    if slug in TEXT_SLUGS:
        return f"{first['text']}\n{_published(first['publish'])}"
    if slug == report_parts.MEASURES.slug:
        return "\n".join(
            _line(one.measure.label, one.cleaned_data["done"], one.cleaned_data["comment"]) for one in forms
        )
    if slug == report_parts.BUDGET.slug:
        *planned, more, note = forms
        rows = [(one.line.label or one.line.account, one.cleaned_data["amount"]) for one in planned]
        rows += [(row["label"] or row["account"], row["amount"]) for row in more.rows()]
        return "\n".join([*(_line(label, _euros(cents)) for label, cents in rows), note.cleaned_data["note"]])
    return _published(first["accepted"])


def _told(line: Any) -> bool:
    return not line.is_request


def _line(label: str, *said: str) -> str:
    return f"{label} : {' '.join(word for word in said if word) or '–'}"


def _euros(cents: int | None) -> str:
    return "" if cents is None else euros(cents)
