"""Every component of the interface, as template tags. Loaded as a builtin: no `{% load %}` needed.

Reading order of a page: `page_header`, `error_summary`, then the content. The living catalogue is
`templates/components/catalogue.html`; each component has its HTML in `templates/components/`.

Filters  euros euros_bare euros_short euros_signed in_words percent | day day_short hour moment relative
         remaining days_left | siren siret iban_masked iban_grouped | number plural counted filesize_fr typo initials
Inline   icon tag person meter mail_note file_link
Blocks   page_header turn notice panel side_section empty (or empty_state) scroll summary summary_row confirm bulk_bar
         preflight seal file_row form_page           (closing tag: `end` + name, content between)
Data     breadcrumb spine task_list facts kv timeline checks envelope_bar balance progress_bar counters
         filter_chips pager form_steps form_actions error_summary th th_sort
Forms    field fields widget field_errors            (module ui_forms)

A text given to a component gets its French spaces by itself (`typo`) and is escaped unless it is safe.
`icon`, `tag` and `meter` are built in Python and not from a file: a table calls them for every row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common import dates, money, typography
from common.components import at, render
from common.templatetags import ui_bars, ui_forms
from common.typography import typo

register = template.Library()
register.tags.update(ui_forms.register.tags)
register.tags.update(ui_bars.register.tags)

# --- Filters ---------------------------------------------------------------------------------

for _name, _function in {
    "euros": money.euros,
    "euros_bare": money.euros_bare,
    "euros_short": money.euros_short,
    "euros_signed": money.euros_signed,
    "in_words": money.euros_in_words,
    "percent": money.percent,
    "day": dates.day,
    "day_short": dates.day_short,
    "hour": dates.hour,
    "moment": dates.moment,
    "relative": dates.relative,
    "remaining": dates.remaining,
    "days_left": dates.days_left,
    "siren": typography.siren,
    "siret": typography.siret,
    "iban_masked": typography.iban_masked,
    "iban_grouped": typography.iban_grouped,
    "number": typography.group_thousands,
    "filesize_fr": typography.filesize,
    "typo": typo,
    "browser_name": typography.browser_name,
    "initials": typography.initials,
    "of_name": typography.of_name,
}.items():

    def _or_nothing(value: Any, function: Any = _function) -> Any:
        return "" if value is None or value == "" else function(value)

    register.filter(_name, _or_nothing)

register.filter("plural", typography.plural)
register.filter("counted", typography.counted)


register.filter("at", at)


# --- Helpers ---------------------------------------------------------------------------------


def query_without(request: Any, name: str, value: str | None = None) -> str:
    """The current query string without a parameter (or one of its values), and back on the first page."""
    kept = [
        (key, each)
        for key, values in request.GET.lists()
        for each in values
        if key not in ("apres", "avant") and not (key == name and (value is None or each == str(value)))
    ]
    return f"?{urlencode(kept)}" if kept else request.path


def trimmed(content: str) -> SafeString:
    """What a block holds, already rendered; `strip` alone would lose that it is safe."""
    return mark_safe(content.strip())  # noqa: S308 - rendered by the template around it


# --- Inline pieces ---------------------------------------------------------------------------

TAG_ICONS = {
    "ok": "check",
    "warn": "warning",
    "err": "warning",
    "info": "info",
    "hold": "pause",
    "you": "pen",
    "done": "check",
    "plain": "",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    if not label:
        return _silent_icon(name)
    return format_html(
        '<svg class="i" viewBox="0 0 18 18" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
        typo(label),
        static("img/icons.svg"),
        name,
    )


# Typed: a safe string and a text that look the same are not the same.
@lru_cache(maxsize=128, typed=True)
def _silent_icon(name: str) -> SafeString:
    return format_html(
        '<svg class="i" viewBox="0 0 18 18" aria-hidden="true"><use href="{}#{}"/></svg>', static("img/icons.svg"), name
    )


@register.simple_tag
def tag(kind: str, label: Any, icon: str | None = None) -> SafeString:
    name = TAG_ICONS.get(kind, "") if icon is None else icon
    return format_html('<span class="tag tag-{}">{}{}</span>', kind, _icon(name), typo(label))


def _icon(name: str) -> SafeString:
    return icon(name) if name else mark_safe("")


@register.simple_tag
def person(name: str, role: str = "", kind: str = "") -> SafeString:
    return render("person", name=name, role=role, kind=kind)


@register.simple_tag
def mail_note(count: int, url: str = "") -> SafeString:
    return render("mail_note", count=count, url=url)


@register.simple_tag
def file_link(url: str, name: str, size: int | None = None, kind: str = "", when: Any = None) -> SafeString:
    facts = [kind, typography.filesize(size) if size is not None else "", dates.day(when) if when else ""]
    return render("file_link", url=url, name=name, facts=", ".join(fact for fact in facts if fact))


# --- Blocks with content ---------------------------------------------------------------------


@register.simple_block_tag
def page_header(content: str, title: Any, lead: Any = "", kicker: Any = "", kicker_you: bool = False) -> SafeString:
    return render("page_header", title=title, lead=lead, kicker=kicker, kicker_you=kicker_you, actions=trimmed(content))


@register.simple_block_tag
def turn(content: str, title: Any, other: bool = False, level: int = 2) -> SafeString:
    return render("turn", content=content, title=title, other=other, level=level)


@register.simple_block_tag
def notice(content: str, kind: str = "info", title: Any = "", level: int = 2) -> SafeString:
    return render("notice", content=content, kind=kind, title=title, level=level)


@register.simple_block_tag
def panel(content: str, title: Any = "", level: int = 2, tint: bool = False) -> SafeString:
    return render("panel", content=content, title=title, level=level, tint=tint)


@register.simple_block_tag
def side_section(content: str, title: Any = "", note: Any = "", sticky: bool = False) -> SafeString:
    return render("side_section", content=content, title=title, note=note, sticky=sticky)


@register.simple_block_tag
def empty(content: str, title: Any, icon: str = "file", level: int = 2) -> SafeString:
    return render("empty", content=content, title=title, icon=icon, level=level)


# Inside the body of a `for`, Django takes `empty` for the loop's own word: there, write `empty_state`.
register.simple_block_tag(empty, name="empty_state")


@register.simple_block_tag
def scroll(content: str, label: Any) -> SafeString:
    return render("scroll", content=content, label=label)


@register.simple_block_tag
def summary(content: str) -> SafeString:
    return format_html('<dl class="summary">{}</dl>', content)


@register.simple_block_tag
def summary_row(content: str, label: Any, edit: str = "", action: str = "modifier") -> SafeString:
    return render("summary_row", content=trimmed(content), label=label, edit=edit, action=action)


@register.simple_block_tag
def bulk_bar(content: str, title: Any, note: Any = "", clear_url: str = "") -> SafeString:
    return render("bulk_bar", content=content, title=title, note=note, clear_url=clear_url)


@register.simple_block_tag
def preflight(
    content: str, title: Any, ready: Any = "", refused: Sequence[Any] = (), mails: int | None = None, mail_url: str = ""
) -> SafeString:
    return render(
        "preflight",
        content=trimmed(content),
        title=title,
        ready=ready,
        refused=refused,
        tells_mail=mails is not None,
        mails=mails,
        mail_url=mail_url,
    )


@register.simple_block_tag
def seal(content: str, title: Any, hash: str = "", level: int = 2) -> SafeString:
    groups = " ".join(hash[i : i + 4] for i in range(0, len(hash), 4))
    return render("seal", content=content, title=title, hash=groups, level=level)


@register.simple_block_tag
def file_row(
    content: str,
    label: Any,
    id: str = "",
    hint: Any = "",
    state: str = "",
    state_label: Any = "",
    optional: bool = False,
    error: Any = "",
) -> SafeString:
    return render(
        "file_row",
        content=content,
        label=label,
        id=id,
        hint=hint,
        state=state,
        state_label=state_label,
        optional=optional,
        error=error,
    )


# --- Pieces from data ------------------------------------------------------------------------


@register.simple_tag
def breadcrumb(*items: Any) -> SafeString:
    """label, url, label, url, …: a last label without url is the current page."""
    pairs = [(items[i], items[i + 1] if i + 1 < len(items) else "") for i in range(0, len(items), 2)]
    return render("breadcrumb", items=pairs)


@register.simple_tag
def spine(steps: Iterable[Any], label: str = "Étapes du dossier") -> SafeString:
    return render("spine", steps=steps, label=label)


@register.simple_tag
def task_list(
    parts: Iterable[Any], numbered: bool = True, done_word: str = "complètes", level: int = 2, progress: bool = True
) -> SafeString:
    groups, number = [], 0
    for part in parts:
        tasks = list(at(part, "tasks") or ())
        groups.append(
            {
                "title": at(part, "title"),
                "tasks": tasks,
                "start": number + 1,
                "done": sum(1 for task in tasks if at(task, "done")),
                "total": len(tasks),
            }
        )
        number += len(tasks)
    return render("task_list", groups=groups, numbered=numbered, done_word=done_word, level=level, progress=progress)


@register.simple_tag
def facts(items: Iterable[Any], small: bool = False) -> SafeString:
    return render("facts", items=items, small=small)


@register.simple_tag
def kv(items: Iterable[Any]) -> SafeString:
    rows = [{"label": item[0], "value": item[1]} if isinstance(item, tuple | list) else item for item in items]
    return render("kv", items=rows)


@register.simple_tag
def timeline(entries: Iterable[Any]) -> SafeString:
    """Built in Python as `tag` is: a file has forty entries."""
    return format_html('<ol class="log">{}</ol>', format_html_join("", "{}", ((_told(one),) for one in entries)))


def _told(entry: Any) -> SafeString:
    when, url, detail = at(entry, "when"), at(entry, "url"), at(entry, "detail")
    shown = dates.relative(when)
    return format_html(
        '<li{}><time datetime="{}">{}</time>{}{}{}</li>',
        mark_safe(' class="auto"') if at(entry, "auto") else "",
        (dates.local(when) if isinstance(when, datetime) else when).isoformat(),
        shown[:1].upper() + shown[1:],
        typo(at(entry, "text")),
        format_html(' <a href="{}">{}</a>', url, typo(at(entry, "link") or "voir")) if url else "",
        format_html('<span class="log-d">{}</span>', typo(detail)) if detail else "",
    )


@register.simple_tag
def checks(items: Iterable[Any]) -> SafeString:
    return format_html('<ul class="checks">{}</ul>', format_html_join("", "{}", ((_checked(one),) for one in items)))


CHECK_ICONS = {
    "ok": ("c-ok", "check", "Oui"),
    "no": ("c-no", "cross", "Non"),
    "wait": ("c-q", "clock", "En attente"),
    "ask": ("c-q", "warning", "À juger"),
}


def _checked(item: Any) -> SafeString:
    css, name, word = CHECK_ICONS.get(at(item, "state"), CHECK_ICONS["ask"])
    label, reason, url = typo(at(item, "label")), at(item, "reason"), at(item, "url")
    link = '<a class="small" href="{}">{}<span class="visually-hidden"> : {}</span></a>'
    return format_html(
        '<li><span class="{}">{}</span><div>{}{}</div>{}</li>',
        css,
        icon(name, label=word),
        label,
        format_html("<p>{}</p>", typo(reason)) if reason else "",
        format_html(link, url, typo(at(item, "link") or "voir"), label) if url else "",
    )


@register.simple_tag
def counters(items: Iterable[Any], label: str = "Vues") -> SafeString:
    return render("counters", items=items, label=label)


@register.simple_tag(takes_context=True)
def filter_chips(context: Context, filters: Iterable[Any], clear_url: str = "") -> SafeString:
    request = context["request"]
    chips = [{"label": at(f, "label"), "url": query_without(request, at(f, "name"), at(f, "value"))} for f in filters]
    return render("filter_chips", chips=chips, clear_url=clear_url or request.path)


@register.simple_tag
def pager(previous_url: str = "", next_url: str = "", shown: Any = "") -> SafeString:
    return render("pager", previous_url=previous_url, next_url=next_url, shown=shown)


@register.simple_tag
def form_steps(
    position: int, total: int, title: Any = "", previous_url: str = "", next_url: str = "", noun: str = "Section"
) -> SafeString:
    return render(
        "form_steps",
        position=position,
        total=total,
        title=title,
        previous_url=previous_url,
        next_url=next_url,
        noun=noun,
        marks=range(1, total + 1),
    )


@register.simple_tag
def form_actions(
    save: str = "Enregistrer et continuer",
    back_url: str = "",
    back: str = "Revenir au dossier",
    save_back: bool = True,
) -> SafeString:
    return render("form_actions", save=save, back_url=back_url, back=back, save_back=save_back)


# --- Tables ----------------------------------------------------------------------------------


@register.simple_tag
def th(label: Any, num: bool = False, hidden: bool = False, css: str = "") -> SafeString:
    classes = " ".join(part for part in ("n" if num else "", css) if part)
    inner = format_html('<span class="visually-hidden">{}</span>', typo(label)) if hidden else typo(label)
    return format_html('<th scope="col"{}>{}</th>', format_html(' class="{}"', classes) if classes else "", inner)


@register.simple_tag(takes_context=True)
def th_sort(
    context: Context, label: Any, key: str, num: bool = False, default: str = "", param: str = "tri", css: str = ""
) -> SafeString:
    """A header that sorts: a plain link, so that a sorted view is an address one can send."""
    request = context["request"]
    current = request.GET.get(param) or default
    ascending, descending = current == key, current == f"-{key}"
    kept = query_without(request, param)
    following = f"-{key}" if ascending else key
    joiner = "&" if kept.startswith("?") else "?"
    return render(
        "th_sort",
        label=label,
        num=num,
        css=css,
        url=f"{kept if kept.startswith('?') else ''}{joiner}{urlencode({param: following})}",
        sort="ascending" if ascending else "descending" if descending else "",
        arrow="up" if ascending else "down" if descending else "sort",
    )
