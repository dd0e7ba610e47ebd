"""The rows of the queue, built in Python: fifty of them are most of the page, and a template costs three times more."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from applications.states import UNDECIDED, ApplicationState
from common.dates import day, day_short, local
from common.money import euros_bare, percent, rate
from common.templatetags.ui import tag
from common.templatetags.ui_bars import meter
from common.typography import plural
from common.working_days import working_days

S = ApplicationState
FIELDS = (
    "number",
    "public_id",
    "title",
    "state",
    "submitted_at",
    "due_on",
    "complete_checked_at",
    "requested_cents",
    "eligible_cost_cents",
    "instructor_id",
    "instructor__first_name",
    "instructor__last_name",
    "organisation__name",
    "organisation__plan_status",
    "opinion__proposed_cents",
)
TAGS = {
    S.SUBMITTED: ("info", "mail"),
    S.IN_INSTRUCTION: ("warn", "half"),
    S.AWAITING_COMMUNE: ("hold", "pause"),
    S.UNDER_REVIEW: ("hold", "clock"),
    S.REVIEWED: ("info", "check"),
    S.GRANTED: ("done", "check"),
}
ROW = (
    '<tr>{}<td class="nowrap"><a href="{}{}/">{}</a></td><th scope="row">{}{}</th>'
    '<td><span class="title" title="{}">{}</span>{}</td><td>{}</td><td class="nowrap">{}</td><td class="nowrap">{}</td>'
    '<td class="n">{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td></tr>'
)
CHOICE = '<td class="c"><input class="form-check-input" type="checkbox" name="ids" form="lot" value="{}" aria-label="Choisir {}"></td>'
PLAN = mark_safe(' <span class="xs muted">plan local</span>')
TO_PROPOSE = mark_safe('<span class="muted">à saisir</span>')


def table_rows(rows: list[dict[str, Any]], user: Any, *, choose: bool = False, why: bool = False) -> SafeString:
    """The body of the table; every text of a person is escaped by format_html."""
    today, base = timezone.localdate(), reverse("desk_queue")
    return mark_safe("".join(_row(row, user, today, base, choose, why) for row in rows))  # noqa: S308 - format_html made each


def _row(row: dict[str, Any], user: Any, today: date, base: str, choose: bool, why: bool) -> SafeString:
    proposed, title = row["opinion__proposed_cents"], row["title"]
    return format_html(
        ROW,
        format_html(CHOICE, row["pk"], row["number"]) if choose else "",
        base,
        row["public_id"],
        row["number"],
        row["organisation__name"],
        PLAN if row["organisation__plan_status"] == "adopted" else "",
        title,
        title,
        format_html('<span class="sub">{}</span>', ", ".join(row["labels"])) if row["labels"] else "",
        _state(row["state"]),
        reason(row) if why else whose_turn(row, user),
        _delay(*delay(row, today)),
        _age(row["submitted_at"], today),
        euros_bare(row["requested_cents"]),
        euros_bare(proposed) if proposed is not None else TO_PROPOSE if row["state"] == S.IN_INSTRUCTION else "",
        percent(rate(row["requested_cents"], row["eligible_cost_cents"]) // 10 * 10),
    )


@lru_cache(maxsize=32)
def _state(state: str) -> SafeString:
    kind, icon = TAGS.get(S(state), ("plain", ""))
    return tag(kind, S(state).label, icon=icon)


def _age(sent: Any, today: date) -> SafeString | str:
    if sent is None:
        return ""
    on = timezone.localdate(sent)
    return _days_ago(on, working_days(on, today))


@lru_cache(maxsize=1024)
def _days_ago(on: date, days: int) -> SafeString:
    return format_html('<span title="envoyé le {}">{} j</span>', day(on), days)


def whose_turn(row: dict[str, Any], user: Any) -> str:
    if row["state"] == S.SUBMITTED:
        return "à prendre"
    if row["state"] == S.IN_INSTRUCTION:
        mine = row["instructor_id"] == user.pk
        return "vous" if mine else f"{row['instructor__first_name']} {row['instructor__last_name']}"
    return {S.AWAITING_COMMUNE: "la commune", S.UNDER_REVIEW: "évaluateurs", S.REVIEWED: "gestionnaire"}.get(
        row["state"], ""
    )


def reason(row: dict[str, Any]) -> str:
    """Why a file is among those of the day."""
    if row["state"] == S.IN_INSTRUCTION:
        if row["complete_checked_at"] is not None:
            return "à instruire"
        return "pièces reçues" if row["answered"] else "complétude à vérifier"
    return {S.SUBMITTED: "à prendre", S.REVIEWED: "à décider"}.get(row["state"], "")


def delay(row: dict[str, Any], today: date) -> tuple[int, str, str, bool]:
    """The clock of the file: days counted, colour of the meter, words, whether it is late."""
    due, state = row["due_on"], row["state"]
    if due is None or state not in UNDECIDED:
        return 0, "", "", False
    total, stop = settings.ANSWER_DELAY_DAYS, row["asked_due"] if state == S.AWAITING_COMMUNE else None
    if stop is not None:
        since = local(row["asked_at"]).date()
        if today <= stop:
            return total - (due - since).days, "stop", f"arrêté depuis le {day_short(since)}", False
        due += timedelta(days=max((stop - since).days, 0))  # it runs again: the pieces did not come in time
    counted = min(total - (due - today).days, total)
    return counted, *_running(due, today)


def _running(due: date, today: date) -> tuple[str, str, bool]:
    if due < today:
        late = working_days(due, today)
        return "late", f"{late} j ouvré{plural(late)} de retard" if late else "délai dépassé", True
    if due == today:
        return "v", "aujourd’hui", False
    left = working_days(today, due)
    if not left:
        return "v", f"échéance le {day_short(due)}", False
    return "v", f"{left} j ouvré{plural(left)} restant{plural(left)}", False


@lru_cache(maxsize=1024)
def _delay(counted: int, colour: str, words: str, late: bool) -> SafeString | str:
    if not words:
        return ""
    bar = meter(value=counted, max=settings.ANSWER_DELAY_DAYS, state=colour)
    return format_html(
        '{} <span class="num"><b class="c-no">{}</b></span>' if late else '{} <span class="num">{}</span>', bar, words
    )
