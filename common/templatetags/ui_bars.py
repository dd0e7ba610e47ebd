"""Bars drawn as SVG: a width that is data is an attribute, never a style. Words always stand beside them."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.components import at, render
from common.money import FULL_RATE, euros, percent, rate
from common.typography import group_thousands, typo

register = template.Library()


def _attribute(basis_points: int) -> str:
    """6250 gives 62.5%: an SVG length, so with a point and without a space."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}%"


def _shown(basis_points: int) -> str:
    """One figure after the comma: a legend is read at a glance, the exact rate is in the table."""
    return percent((basis_points + 5) // 10 * 10)


def _segments(parts: Iterable[tuple[str, int]], whole: int) -> list[dict[str, Any]]:
    """Place parts one after the other, never beyond the end of the bar."""
    placed, left = [], 0
    for key, cents in parts:
        if cents <= 0:
            continue
        width = min(rate(cents, whole), FULL_RATE - left)
        placed.append({"key": key, "x": _attribute(left), "width": _attribute(width), "gap": left > 0, "bp": width})
        left += width
    return placed


@register.simple_tag
def meter(value: int, max: int, state: str = "v") -> SafeString:
    """A small bar beside words that say the same thing."""
    width = 64 if state == "late" or max <= 0 else min(64, 64 * (value if value > 0 else 0) // max)
    return format_html(
        '<svg class="meter" viewBox="0 0 64 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bg" width="64" height="6"/><rect class="{}" width="{}" height="6"/></svg>',
        state,
        width,
    )


@register.simple_tag
def progress_bar(done: int, total: int, label: str = "Avancement") -> SafeString:
    """A long work that advances: « 12 sur 40 » and its bar."""
    sentence = typo(f"{label} : {group_thousands(done)} sur {group_thousands(total)}")
    return format_html(
        '<div class="job"><p>{}</p><svg class="jobbar" role="img" aria-label="{}">'
        '<rect class="bg" width="100%" height="100%"/><rect class="v" width="{}" height="100%"/></svg></div>',
        sentence,
        sentence,
        _attribute(min(rate(done, total), FULL_RATE)),
    )


@register.simple_tag
def envelope_bar(
    voted: int,
    paid: int = 0,
    committed: int = 0,
    proposed: int = 0,
    available: int | None = None,
    title: str = "Enveloppe du fonds",
    detail: bool = True,
    ledger: str = "",
) -> SafeString:
    """payé, engagé, proposé, disponible, always in this order. `committed` is what is not yet paid.

    `ledger` is the address of the envelope's movements, to which each figure then leads.
    """
    left = voted - paid - committed - proposed if available is None else available
    sentence = typo(
        f"{title} : {euros(voted)} votés, dont {euros(paid)} payés, {euros(committed)} engagés et à payer, "
        f"{euros(proposed)} proposés, {euros(abs(left))} {'disponibles' if left >= 0 else 'de trop'}."
    )
    return render(
        "envelope_bar",
        sentence=sentence,
        segments=_segments((("paid", paid), ("com", committed), ("pro", proposed)), voted),
        voted=voted,
        paid=paid,
        engaged=paid + committed,
        proposed=proposed,
        available=left,
        shown_available=abs(left),
        detail=detail,
        ledger=ledger,
    )


BALANCE_KEYS = {"fund": "pro", "other": "com", "own": "own"}


@register.simple_tag
def balance(
    costs: int, parts: Iterable[Any], costs_label: str = "Charges", funds_label: str = "Produits"
) -> SafeString:
    """Two bars of a budget: what it costs, and who pays; a dashed end where money is missing."""
    rows = [(BALANCE_KEYS.get(at(part, "key"), "com"), at(part, "cents") or 0, at(part, "label")) for part in parts]
    funds = sum(cents for _key, cents, _label in rows)
    whole = max(costs, funds)
    segments = _segments(((key, cents) for key, cents, _label in rows), whole)
    missing, surplus = costs - funds, funds - costs
    end = f" Il manque {euros(missing)}." if missing > 0 else ""
    if surplus > 0:
        end = f" Il y a {euros(surplus)} de trop."
    return render(
        "balance",
        sentence=typo(f"{costs_label} : {euros(costs)}. {funds_label} : {euros(funds)}.{end}"),
        costs=costs,
        costs_label=costs_label,
        costs_width=_attribute(rate(costs, whole) if whole else 0),
        funds=funds,
        funds_label=funds_label,
        segments=segments,
        missing_x=_attribute(rate(funds, whole)) if missing > 0 else "",
        missing_width=_attribute(FULL_RATE - rate(funds, whole)) if missing > 0 else "",
        legend=[
            {"key": key, "label": label, "rate": _shown(rate(cents, whole))} for key, cents, label in rows if cents
        ],
        missing_rate=_shown(rate(missing, whole)) if missing > 0 else "",
    )
