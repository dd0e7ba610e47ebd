"""The desk's list of files: filters that live in the address, counters that stay cheap, pages by key (never OFFSET).

A counter stops at `CAP`. By delay, by sending, by amount and by number an index gives a page whatever the number of files; the
other orders (applications.sorting) go through the files that answer the filters and keep the first fifty.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import absences
from accounts.states import PlanStatus, Role
from applications.models import Application, FileLabel, PieceRequest
from applications.models.application import ApplicationQuerySet
from applications.sorting import KEY, SORTS
from applications.states import DECIDED, FINAL, UNDECIDED, ApplicationState
from common.counting import CAP, Count, Counts, count_each, remembered
from common.money import MoneyError, euros, parse_euros
from common.search import fold
from common.working_days import last_day_within
from fund.states import Theme

S = ApplicationState
PAGE = 50

DELAYS = {"depasse": "Délai dépassé", "5": "5 jours ouvrés ou moins", "15": "15 jours ouvrés ou moins"}
PIECES = {
    "attendues": "Pièces attendues",
    "retard": "Pièces en retard",
    "recues": "Pièces reçues",
    "completes": "Dossier complet",
    "a_verifier": "Complétude à vérifier",
}
VIEWS = ("jour", "retard")
NAMES = {
    "vue": "Vue",
    "etat": "État",
    "theme": "Thème",
    "plan": "Plan local",
    "par": "Instruit par",
    "commune": "Commune",
    "appel": "Appel",
    "delai": "Délai",
    "pieces": "Pièces",
    "etiquette": "Étiquette",
}
# A delay that stands still, until the commune answers or its date passes, comes to no end.
RUNNING = Q(state__in=[state for state in UNDECIDED if state != S.AWAITING_COMMUNE])
LONGEST = 100  # characters of a search
SHOWN = 40  # characters of a value that is refused
GROUPS = {"ouverts": "En cours", "decides": "Décidés", "tous": "Tous"}
PLANS = {"avec": "Avec plan local", "sans": "Sans plan local"}
GROUP_STATES: dict[str, tuple[str, ...]] = {"ouverts": UNDECIDED, "decides": tuple({*DECIDED, *FINAL})}
STATE_CHOICES = [(state.value, state.label) for state in S if state != S.DRAFT]


@dataclass
class Filters:
    """What the address asks for; what cannot be read is left out and told in `refused`."""

    view: str = ""
    state: str = "ouverts"
    text: str = ""
    theme: str = ""
    plan: str = ""
    instructor: str = ""
    commune: int | None = None
    delay: str = ""
    pieces: str = ""
    least: int | None = None
    most: int | None = None
    call: int | None = None
    label: int | None = None
    sort: str = "delai"
    descending: bool = False
    refused: list[str] = field(default_factory=list)

    @property
    def order(self) -> str:
        return f"-{self.sort}" if self.descending else self.sort


def read_filters(query: Any, *, default_view: str = "", default_state: str = "ouverts") -> Filters:
    """Filters from a QueryDict. Without any, the person's own view of the day, or these states."""
    bare = not any(key not in ("tri", "apres", "avant") for key in query)
    chosen = Filters()
    read = _Reader(query, chosen.refused)
    chosen.view = read.one_of("vue", VIEWS) or (default_view if bare else "")
    chosen.state = read.one_of("etat", [value for value, _ in STATE_CHOICES] + [*GROUPS]) or default_state
    chosen.text = query.get("q", "").strip()[:LONGEST]
    if len(query.get("q", "").strip()) > LONGEST:
        chosen.refused.append(f"La recherche est trop longue : seuls ses {LONGEST} premiers caractères ont servi.")
    chosen.theme = read.one_of("theme", Theme.values)
    chosen.plan = read.one_of("plan", PLANS)
    chosen.instructor = read.matching("par", r"moi|personne|[0-9]{1,12}")
    chosen.commune, chosen.call = read.number("commune"), read.number("appel")
    chosen.label = read.number("etiquette")
    chosen.delay = read.one_of("delai", DELAYS)
    chosen.pieces = read.one_of("pieces", PIECES)
    chosen.least = _amount(query.get("min"), chosen.refused)
    chosen.most = _amount(query.get("max"), chosen.refused)
    if chosen.least is not None and chosen.most is not None and chosen.least > chosen.most:
        chosen.refused.append(
            "Le montant demandé va d’un minimum à un maximum : les deux sont inversés, rien n’y répond."
        )
    order = query.get("tri", "")
    if order.removeprefix("-") in SORTS:
        chosen.sort = order.removeprefix("-")
    elif order:
        chosen.refused.append(f"Le tri « {order[:SHOWN]} » n’existe pas : les dossiers sont rangés par délai.")
    chosen.descending = order.startswith("-") and chosen.sort == order[1:]
    return chosen


def default_view(user: Any) -> str:
    return "jour" if user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER) else ""


@dataclass(frozen=True)
class _Reader:
    """Reads the address; a value nobody knows is left out, and said."""

    query: Any
    refused: list[str]

    def one_of(self, name: str, known: Iterable[str]) -> str:
        return self._kept(name, lambda value: value in known)

    def matching(self, name: str, pattern: str) -> str:
        return self._kept(name, lambda value: bool(re.fullmatch(pattern, value)))

    def number(self, name: str) -> int | None:
        value = self.matching(name, r"[0-9]{1,12}")
        return int(value) if value else None

    def _kept(self, name: str, is_known: Callable[[str], bool]) -> str:
        value = self.query.get(name, "")
        if not value or is_known(value):
            return value
        self.refused.append(
            f"« {value[:SHOWN]} » n’existe pas pour le filtre « {NAMES[name]} » : il est laissé de côté."
        )
        return ""


def _amount(value: str | None, refused: list[str]) -> int | None:
    if not value or not value.strip():
        return None
    try:
        return parse_euros(value)
    except MoneyError as error:
        refused.append(f"Le montant « {value[:SHOWN]} » n’a pas pu être lu. {error}")
        return None


# --- The rows --------------------------------------------------------------------------------------------------


def _of(user: Any) -> Q:
    """Those a person instructs, and those of the colleagues they stand in for today."""
    return Q(instructor=user) | Q(instructor__in=absences.replaced_by(user))


def of_the_day(user: Any) -> Q:
    """What waits for this person today: files to take, those they instruct; for the manager, those to decide."""
    waits = Q(pk__in=[])
    if user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER):
        waits |= Q(state=S.SUBMITTED) | Q(_of(user), state=S.IN_INSTRUCTION)
    if user.has_role(Role.FUND_MANAGER):
        waits |= Q(state=S.REVIEWED)
    return waits


def late() -> Q:
    return RUNNING & Q(due_on__lt=timezone.localdate())


def filtered(user: Any, chosen: Filters) -> ApplicationQuerySet:
    """The files this person may see that answer the filters, not yet in order."""
    found = Application.objects.on_desk_of(user).filter(_state(user, chosen))
    exact = {
        "theme": chosen.theme,
        "organisation_id": chosen.commune,
        "call_id": chosen.call,
        "requested_cents__gte": chosen.least,
        "requested_cents__lte": chosen.most,
    }
    found = found.filter(**{key: value for key, value in exact.items() if value not in ("", None)})
    if chosen.plan:
        has_plan = Q(organisation__plan_status=PlanStatus.ADOPTED)
        found = found.filter(has_plan if chosen.plan == "avec" else ~has_plan)
    if chosen.instructor == "personne":
        found = found.filter(instructor__isnull=True)
    elif chosen.instructor:
        found = found.filter(_of(user) if chosen.instructor == "moi" else Q(instructor_id=int(chosen.instructor)))
    if chosen.label:
        found = found.filter(Exists(FileLabel.objects.filter(application=OuterRef("pk"), label=chosen.label)))
    if chosen.delay:
        found = found.filter(_delay(chosen.delay))
    if chosen.pieces:
        found = found.filter(_pieces(chosen.pieces))
    wanted_words = _words(chosen.text)
    if wanted_words:
        wanted = Q(search=SearchQuery(wanted_words, search_type="raw", config="simple"))
        amount = _amount(chosen.text, [])
        found = found.filter(wanted | Q(requested_cents=amount) if amount else wanted)
    return found


def _words(text: str) -> str:
    """The words to find: what stands between quotes in that order and whole, the rest anywhere."""
    found = []
    for quoted, free in re.findall(r'["«“]([^"»”]*)["»”]|([^"«“]+|["«“])', text):
        if quoted:
            found.append(" <-> ".join(re.findall(r"\w+", fold(quoted))))
        # A number is whole (the prefix « 2 » would find the year 2026), a word may be begun.
        found += [word if word.isdigit() else f"{word}:*" for word in re.findall(r"\w+", fold(free))]
    return " & ".join(f"({each})" for each in found if each)


def _state(user: Any, chosen: Filters) -> Q:
    if chosen.view == "jour":
        return of_the_day(user)
    if chosen.view == "retard":
        return late()
    if chosen.state == "tous":
        return ~Q(state=S.DRAFT)
    if chosen.state in GROUP_STATES:
        return Q(state__in=GROUP_STATES[chosen.state])
    return Q(state=chosen.state) & ~Q(state=S.DRAFT)


def _delay(name: str) -> Q:
    today = timezone.localdate()
    if name == "depasse":
        return late()
    return RUNNING & Q(due_on__range=(today, last_day_within(today, int(name))))


def _pieces(name: str) -> Q:
    asked = PieceRequest.objects.filter(application=OuterRef("pk"))
    filters: dict[str, Q] = {
        "attendues": Q(state=S.AWAITING_COMMUNE),
        "retard": Q(Exists(asked.filter(answered_at__isnull=True, due_on__lt=timezone.localdate()))),
        "recues": Q(state=S.IN_INSTRUCTION) & Q(Exists(asked.filter(answered_at__isnull=False))),
        "completes": Q(complete_checked_at__isnull=False),
        "a_verifier": Q(state=S.IN_INSTRUCTION, complete_checked_at__isnull=True),
    }
    return filters[name]


# --- Pages by key ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    previous_url: str
    next_url: str


def page(found: ApplicationQuerySet, chosen: Filters, query: Any, *fields: str, size: int = PAGE, **extra: Any) -> Page:
    """One page of rows (dicts of `fields`, plus annotated `extra`), found by the key of its first or last row."""
    sort = SORTS[chosen.sort]
    after, before = sort.read_key(query.get("apres")), sort.read_key(query.get("avant"))
    back = before is not None
    forward = chosen.descending == back  # the direction the rows are read in
    key = before if back else after
    if key is not None:
        found = sort.beyond(found, key, forward=forward)
    rows = list(sort.ordered(found, forward=forward).values("pk", KEY, *fields, **extra)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if not rows:
        return Page([], "", "")
    has_previous = more if back else key is not None
    has_next = True if back else more
    return Page(
        rows,
        _url(query, "avant", sort.write_key(rows[0])) if has_previous else "",
        _url(query, "apres", sort.write_key(rows[-1])) if has_next else "",
    )


def _url(query: Any, name: str, key: str) -> str:
    kept = [(k, v) for k, values in query.lists() for v in values if k not in ("apres", "avant")]
    return f"?{urlencode([*kept, (name, key)])}"


# --- Counters --------------------------------------------------------------------------------------------------


def counted(user: Any) -> dict[str, int]:
    """The counters of the desk's tabs."""
    return count_each(remembered(("tabs", rights(user), timezone.localdate(), CAP), lambda: _tabs(user)))


def _tabs(user: Any) -> Counts:
    seen = Application.objects.on_desk_of(user)
    by_state = (S.SUBMITTED, S.IN_INSTRUCTION, S.AWAITING_COMMUNE, S.UNDER_REVIEW, S.REVIEWED)
    tabs = {"jour": seen.filter(of_the_day(user)), "retard": seen.filter(late())}
    tabs |= {state.value: seen.filter(state=state) for state in by_state}
    return {name: Count.of(queryset, cap=CAP) for name, queryset in tabs.items()}


def rights(user: Any) -> tuple[Any, ...]:
    """What decides of the files a person sees: who they are and their roles."""
    return user.pk, *sorted((m.organisation_id or 0, m.role) for m in user.active_memberships)


def chips(chosen: Filters, names: dict[str, str]) -> list[dict[str, Any]]:
    """Active filters, each to be removed from the address; `names` gives the words of ids (par, commune, appel)."""
    labels = {
        "q": f"« {chosen.text} »" if chosen.text else "",
        "theme": Theme(chosen.theme).label if chosen.theme else "",
        "plan": PLANS.get(chosen.plan, ""),
        "par": names.get("par", "") if chosen.instructor else "",
        "commune": names.get("commune", "") if chosen.commune else "",
        "appel": names.get("appel", "") if chosen.call else "",
        "etiquette": names.get("etiquette", "") if chosen.label else "",
        "delai": DELAYS.get(chosen.delay, ""),
        "pieces": PIECES.get(chosen.pieces, ""),
        "min": f"à partir de {euros(chosen.least)}" if chosen.least is not None else "",
        "max": f"jusqu’à {euros(chosen.most)}" if chosen.most is not None else "",
    }
    return [{"name": name, "value": None, "label": label} for name, label in labels.items() if label]
