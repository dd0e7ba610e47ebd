"""The orders of the desk's list: by what, read from the address and written in it, and the key a page begins at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.functions import Lower

from applications.models.application import ApplicationQuerySet
from applications.states import ApplicationState
from fund.states import Theme

KEY = "sort_key"  # the annotation a list is ordered by, before the id
Key = tuple[Any, int]
_ACCENTS, _PLAIN = "àâäáãéèêëíìîïóòôöõúùûüçñÿœæ’", "aaaaaeeeeiiiiooooouuuucnyoa'"


def _french(column: str) -> Func:
    """As a French reader looks for it, without case nor accent (the database has no collation of its own)."""
    return Func(Lower(column), Value(_ACCENTS), Value(_PLAIN), function="translate", output_field=TextField())


def _rank(column: str, values: list[str]) -> Case:
    """The rank of a choice in this order, rather than its code."""
    ranks = (When(**{column: value, "then": Value(rank)}) for rank, value in enumerate(values))
    return Case(*ranks, default=Value(len(values)), output_field=IntegerField())


def _text(written: str) -> str:
    if not written.startswith("=") or "\x00" in written:
        raise ValueError(written)
    return written[1:]


@dataclass(frozen=True)
class Sort:
    """`words`: for ascending, then descending. Two files with the same key are told apart by their id."""

    key: Any
    read: Callable[[str], Any]
    words: tuple[str, str]
    nullable: bool = False

    def ordered(self, found: ApplicationQuerySet, *, forward: bool) -> ApplicationQuerySet:
        sign = "" if forward else "-"
        return found.annotate(**{KEY: self.key}).order_by(f"{sign}{KEY}", f"{sign}pk")

    def beyond(self, found: ApplicationQuerySet, key: Key, *, forward: bool) -> ApplicationQuerySet:
        """Rows after this key. Written so that an index on (column, id) starts at the key; NULL is the greatest."""
        return found.annotate(**{KEY: self.key}).filter(_beyond(key, ascending=forward, nullable=self.nullable))

    def read_key(self, text: str | None) -> Key | None:
        value, _, pk = (text or "").rpartition("_")
        try:
            return (self.read(value) if value else None, int(pk)) if pk.isascii() and pk.isdigit() else None
        except ValueError:
            return None

    def write_key(self, row: dict[str, Any]) -> str:
        value = row[KEY]
        if value is None:
            return f"_{row['pk']}"
        if isinstance(value, str):
            return f"={value}_{row['pk']}"  # an empty text is not a missing one
        return f"{value.isoformat() if hasattr(value, 'isoformat') else value}_{row['pk']}"


def _beyond(key: Key, *, ascending: bool, nullable: bool) -> Q:
    value, pk = key
    further = Q(pk__gt=pk) if ascending else Q(pk__lt=pk)
    if value is None:
        return Q(**{f"{KEY}__isnull": True}) & further | (Q() if ascending else Q(**{f"{KEY}__isnull": False}))
    side = "gt" if ascending else "lt"
    reached = Q(**{f"{KEY}__{side}e": value}) & (Q(**{f"{KEY}__{side}": value}) | further)
    return reached | Q(**{f"{KEY}__isnull": True}) if ascending and nullable else reached


THEMES = [value for value, _ in sorted(Theme.choices, key=lambda one: str(one[1]).lower().replace("é", "e"))]
SORTS = {
    "delai": Sort(F("due_on"), date.fromisoformat, ("Délai, le plus proche", "Délai, le plus lointain"), True),
    "depot": Sort(F("submitted_at"), datetime.fromisoformat, ("Envoi, le plus ancien", "Envoi, le plus récent")),
    "demande": Sort(F("requested_cents"), int, ("Demandé, le plus petit", "Demandé, le plus grand")),
    "numero": Sort(F("number"), _text, ("Numéro, croissant", "Numéro, décroissant")),
    "commune": Sort(F("organisation__sort_name"), _text, ("Commune, de A à Z", "Commune, de Z à A")),
    "action": Sort(_french("title"), _text, ("Action, de A à Z", "Action, de Z à A")),
    "theme": Sort(_rank("theme", THEMES), int, ("Thème, de A à Z", "Thème, de Z à A")),
    "etat": Sort(
        _rank("state", list(ApplicationState.values)), int, ("État, du début à la fin", "État, de la fin au début")
    ),
    "instructeur": Sort(
        _french("instructor__last_name"), _text, ("Instructeur, de A à Z", "Instructeur, de Z à A"), True
    ),
}
CHOICES = tuple(pair for name, sort in SORTS.items() for pair in ((name, sort.words[0]), (f"-{name}", sort.words[1])))
