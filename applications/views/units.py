"""What a writing page sends and is answered: units with what their writer saw, a save at once or while typing.

A page that saves while one types (static/js/writing.js) sends the units touched since the last save, each with its token
`vu-<unit>`, and the header X-Autosave; the answer is JSON. The same form without JavaScript sends them all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string

from accounts.access import person
from applications import kept
from applications.models import Application, KeptText, Version
from applications.sections import Section
from applications.services import writing
from applications.written import in_words, unit_label
from common.clock import database_now
from common.dates import hour, moment
from common.differences import differences

SEEN = "vu-"
FRESH = "neuf-"


@dataclass
class Sent:
    """What came with a form: the units it holds, what was seen of each, and the choice made between two texts."""

    data: Any
    seen: dict[str, str]
    chosen: str = ""
    kept: KeptText | None = None

    def has(self, unit: str) -> bool:
        return unit in self.seen


def sent(request: HttpRequest, one: Section) -> Sent | None:
    """The form of this request; on a GET, the one that waits for its writer since their session ended."""
    if request.method == "POST":
        return _read(request.POST, one, whole=not is_autosave(request))
    waiting = kept.waiting(request)
    if waiting is None:
        return None
    found = _read(kept.typed(waiting), one, whole=True)
    found.kept = waiting
    return found


def _read(data: Any, one: Section, *, whole: bool) -> Sent:
    """A whole form holds every unit: one that does not say what its writer saw is not trusted to be recent."""
    seen = {unit: data.get(SEEN + unit, "") for unit in writing.units_of(one) if whole or SEEN + unit in data}
    choice, _, unit = data.get("choix", "").partition(":")
    if unit in seen and choice == "mien":
        seen[unit] = data.get(FRESH + unit, "")
    elif unit in seen and choice == "sien":
        del seen[unit]
    return Sent(data, seen, chosen=unit if choice in ("mien", "sien") else "")


def is_autosave(request: HttpRequest) -> bool:
    return request.method == "POST" and "X-Autosave" in request.headers


@dataclass
class Outcome:
    """Where each unit of a form stands after a save, or as shown: its token, its refusals, the two texts to choose from."""

    tokens: dict[str, str]
    settled: tuple[str, ...] = ()  # nothing of these is left to save
    unsaved: tuple[str, ...] = ()  # the page shows these otherwise than the file holds them
    errors: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_calm(self) -> bool:
        return not (self.errors or self.conflicts)


def shown(application: Application, one: Section) -> Outcome:
    return Outcome(writing.tokens(application, one))


def save(
    request: HttpRequest,
    application: Application,
    one: Section,
    received: Sent,
    *,
    values: Mapping[str, Any],
    rows: Mapping[str, Any],
    errors: dict[str, list[tuple[str, str]]],
) -> Outcome:
    """Save the units that are valid, and say where each stands."""
    saved = writing.save_units(
        application.pk, one.slug, by=person(request), values=values, rows=rows, seen=received.seen
    )
    given = {**values, **rows}
    outcome = _told(saved.application, received, given, saved.conflicts, errors, by=person(request))
    outcome.settled = tuple(unit for unit in given if unit not in saved.conflicts)
    outcome.unsaved = (*saved.conflicts, *errors)
    return outcome


def compared(
    request: HttpRequest, application: Application, received: Sent, given: Mapping[str, Any], errors: Any
) -> Outcome:
    """The same for a form that is shown before it is saved: nothing is written."""
    conflicts = tuple(
        unit
        for unit, value in given.items()
        if writing.collides(writing.content(application, unit), writing.json_of(unit, value), received.seen.get(unit))
    )
    outcome = _told(application, received, given, conflicts, errors, by=person(request))
    differs = [unit for unit in given if outcome.tokens[unit] != writing.token(writing.json_of(unit, given[unit]))]
    outcome.unsaved = (*differs, *errors)
    return outcome


def _told(
    application: Application,
    received: Sent,
    given: Mapping[str, Any],
    conflicts: Collection[str],
    errors: dict[str, list[tuple[str, str]]],
    *,
    by: Any,
) -> Outcome:
    outcome = Outcome(dict(received.seen), errors=errors)
    for unit, value in given.items():
        now, mine = writing.content(application, unit), writing.json_of(unit, value)
        if unit in conflicts:
            outcome.conflicts.append(_conflict(application, unit, mine, now, by=by))
        elif writing.token(now) == writing.token(mine):
            outcome.tokens[unit] = writing.token(now)
    return outcome


def _conflict(application: Application, unit: str, mine: Any, theirs: Any, *, by: Any) -> dict[str, Any]:
    last = Version.objects.filter(application=application, unit=unit).select_related("by").order_by("-pk").first()
    mine_words, their_words = in_words(unit, mine, application), in_words(unit, theirs, application)
    return {
        "unit": unit,
        "label": unit_label(unit, application),
        "who": last.by.get_full_name() if last else "Un collègue",
        "oneself": last is not None and last.by_id == by.pk,
        "when": last.begun_at if last else None,
        "mine": mine_words,
        "theirs": their_words,
        "parts": differences(their_words, mine_words),
        "fresh": writing.token(theirs),
    }


def refusals(form: Any, received: Sent) -> dict[str, list[tuple[str, str]]]:
    """The messages of a form, by unit: the name of the input and the sentence."""
    return {
        name: [(form.add_prefix(name), str(message)) for message in messages]
        for name, messages in form.errors.items()
        if received.has(name)
    }


def row_refusals(tables: Any) -> list[tuple[str, str]]:
    """The messages of tables (or of single forms) that are one unit together."""
    forms = [form for table in tables for form in getattr(table, "forms", [table])]
    return [
        (form.add_prefix(name), str(message))
        for form in forms
        if not form.cleaned_data.get("DELETE")
        for name, messages in form.errors.items()
        for message in messages
    ]


def too_late(application: Application) -> str:
    """What is added to « enregistré » once the call is closed."""
    if database_now() < application.call.closes_at:
        return ""
    closed = moment(application.call.closes_at)
    return f" dans le brouillon. L’appel a clos le {closed} : le dossier ne peut plus être envoyé."


def answer(outcome: Outcome, more: str = "") -> JsonResponse:
    """What a page that saves while one types is told. It says « enregistré » only of what the database has kept."""
    now = database_now()
    return JsonResponse(
        {
            "said": f"Enregistré à {hour(now)}{more}" if outcome.settled else "",
            "settled": outcome.settled,
            "tokens": outcome.tokens,
            "errors": outcome.errors,
            "conflicts": {
                one["unit"]: render_to_string("applications/commune/_conflict.html", {"conflict": one})
                for one in outcome.conflicts
            },
        }
    )
