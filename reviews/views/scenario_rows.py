"""The rows of the grid, built in Python (see queue_rows); and what was typed in them."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from applications.states import ApplicationState
from common.money import MoneyError, euros_bare, parse_euros, percent, rate
from reviews.committee_states import ALLOCABLE
from reviews.scenarios import Lines, Row
from reviews.services import Given

PLAN = mark_safe(' <span class="xs muted">plan local</span>')
ROW = (
    '<tr id="d{pk}" data-line data-theme="{theme}" data-plan="{plan_code}" data-words="{words}" data-cost="{cost}"'
    '{bad}><td class="n rk">{rank}</td><th scope="row"><b class="fw-semibold">{commune}</b>{plan} '
    '<a class="xs" href="{url}">{number}</a><span class="sub">{title}</span>{error}</th><td class="n" data-label="Note">{points}</td>'
    '<td class="n" data-label="Demandé">{requested}</td><td class="n" data-label="Instruction">{opinion}</td>'
    '<td class="n" data-label="Proposé">{amount}</td><td class="n" data-label="Taux" data-rate>{rate}</td>'
    '<td class="n" data-label="Réserve">{reserve}</td><td data-label="Remarque">{remark}</td></tr>'
)
AMOUNT = (
    '<input class="form-control num" name="m-{}" id="m-{}" value="{}" inputmode="decimal" autocomplete="off"'
    ' aria-label="Montant proposé, {}, en euros" data-amount{}>'
)
RANK = (
    '<input class="form-control num rank" name="r-{}" value="{}" inputmode="numeric" autocomplete="off"'
    ' aria-label="Rang de réserve, {}"{}>'
)
REMARK = (
    '<input class="form-control" name="o-{}" value="{}" maxlength="200" autocomplete="off" aria-label="Remarque, {}">'
)


class Typed:
    """What was posted, line by line, and what could not be read."""

    def __init__(self, post: QueryDict, rows: Sequence[Row]) -> None:
        self.post = post
        self.errors: dict[int, str] = {}
        self.lines: dict[int, Given] = {}
        for row in rows:
            if row.writable and f"m-{row.pk}" in post:
                self._read(row)

    def _read(self, row: Row) -> None:
        amount, rank = self.post.get(f"m-{row.pk}", "").strip(), self.post.get(f"r-{row.pk}", "").strip()
        try:
            cents = parse_euros(amount) if amount else 0
        except MoneyError as error:
            self.errors[row.pk] = f"{row.number} : {error}"
            return
        if rank and not (rank.isascii() and rank.isdigit() and len(rank) <= 3 and int(rank)):
            self.errors[row.pk] = f"{row.number} : un rang de réserve est un nombre de 1 à 999."
            return
        remark = " ".join(self.post.get(f"o-{row.pk}", "").split())
        self.lines[row.pk] = Given(cents, int(rank) if rank else None, remark)

    def of(self, row: Row, name: str) -> str | None:
        return self.post.get(f"{name}-{row.pk}")


def table_rows(
    rows: Sequence[Row],
    lines: Lines,
    *,
    editable: bool,
    typed: Typed | None = None,
    errors: dict[int, str] | None = None,
) -> SafeString:
    """The body of the table: inputs when it may be changed, words otherwise."""
    base = reverse("desk_queue")
    built = (_row(row, lines, base, editable, typed, (errors or {}).get(row.pk, "")) for row in rows)
    return mark_safe("".join(built))  # noqa: S308 - format_html made each


def _row(row: Row, lines: Lines, base: str, editable: bool, typed: Typed | None, error: str) -> SafeString:
    line = lines.get(row.pk)
    cents = line.proposed_cents if line else 0
    values = {
        "m": euros_bare(cents) if cents else "",
        "r": str(line.reserve_rank) if line and line.reserve_rank else "",
        "o": line.remark if line else "",
    }
    if typed:
        values |= {name: text for name in values if (text := typed.of(row, name)) is not None}
    write = editable and row.writable and row.state in ALLOCABLE
    return format_html(
        ROW,
        pk=row.pk,
        theme=row.theme,
        plan_code="avec" if row.has_plan else "sans",
        words=f"{row.commune} {row.number} {row.title}".lower(),
        cost=row.cost,
        bad=mark_safe(' class="bad"') if error else "",
        rank=row.rank or "",
        commune=row.commune,
        plan=PLAN if row.has_plan else "",
        url=f"{base}{row.public_id}/",
        number=row.number,
        title=row.title,
        error=format_html('<span class="err small" id="e{}">{}</span>', row.pk, error) if error else "",
        points=row.points_shown,
        requested=euros_bare(row.requested),
        opinion="" if row.opinion is None else euros_bare(row.opinion),
        rate=percent(rate(cents, row.cost) // 10 * 10) if cents and row.cost else "",
        **(_inputs(row, values, error) if write else _words(row, values)),
    )


def _inputs(row: Row, values: dict[str, str], error: str) -> dict[str, Any]:
    told = format_html(' aria-invalid="true" aria-describedby="e{}"', row.pk) if error else ""
    return {
        "amount": format_html(AMOUNT, row.pk, row.pk, values["m"], row.number, told),
        "reserve": format_html(RANK, row.pk, values["r"], row.number, ""),
        "remark": format_html(REMARK, row.pk, values["o"], row.number),
    }


def _words(row: Row, values: dict[str, str]) -> dict[str, Any]:
    state = "" if row.state in ALLOCABLE else ApplicationState(row.state).label.lower()
    amount = values["m"] or ("réserve" if values["r"] else "non retenu")
    return {
        "amount": format_html('<span data-cents="{}">{}</span>', values["m"], amount),
        "reserve": values["r"],
        "remark": format_html("{}{}", values["o"], f" ({state})" if state else ""),
    }
