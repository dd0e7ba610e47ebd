"""Form tags: everything about a field is decided here once, `templates/django/forms/field.html` only writes it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from common.components import render
from common.typography import number_word, typo
from common.words import WORDS

register = template.Library()


# --- One field -------------------------------------------------------------------------------


def _kind(widget: forms.Widget) -> str:
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.FileInput):
        return "file"
    if isinstance(widget, forms.Select):
        return "select"
    return "textarea" if isinstance(widget, forms.Textarea) else "text"


CLASSES = {"choices": "form-check-input", "check": "form-check-input", "select": "form-select"}


def prepared(field: BoundField, **options: Any) -> dict[str, Any]:
    """What the field template needs. `options` are those of `{% field %}`; see `field`."""
    widget = field.field.widget
    kind = _kind(widget)
    hint = "" if options.get("bare") else options.get("hint", field.help_text)
    words = getattr(field.field, "limit_words", None)
    limit = words or getattr(field.field, "max_length", None)
    counter = limit if limit and options.get("counter", bool(words) or kind == "textarea") else None
    ids = [
        f"{field.auto_id}{end}"
        for end, wanted in (("_helptext", hint), ("_error", field.errors), ("_count", counter))
        if wanted
    ]
    attrs = _attributes(field, kind, options, described_by=" ".join(ids), counter=counter)
    widget.attrs.update(attrs)
    return {
        "field": field,
        "kind": kind,
        "label": options.get("label") or field.label,
        "hide_label": options.get("hide_label", False),
        "optional": not field.field.required and kind != "check" and options.get("optional_mark", True),
        "hint": hint,
        "hint_id": f"{field.auto_id}_helptext",
        "error_id": f"{field.auto_id}_error",
        "count_id": f"{field.auto_id}_count",
        "counter": counter,
        "counted": "mots" if words else "caractères",
        "described_by": " ".join(ids),
        "prefix": options.get("prefix", getattr(widget, "prefix", "")),
        "suffix": options.get("suffix", getattr(widget, "suffix", "")),
        "width": options.get("width", getattr(widget, "width", "")),
        "choices": _choices(field) if kind == "choices" else (),
        "columns": options.get("columns", False),
        "inline": options.get("inline", False),
    }


def _attributes(
    field: BoundField, kind: str, options: dict[str, Any], *, described_by: str, counter: int | None
) -> dict[str, Any]:
    widget = field.field.widget
    extra = [options.get("input_class", ""), getattr(widget, "input_class", "")]
    classes = [CLASSES.get(kind, "form-control"), *extra, "is-invalid" if field.errors else ""]
    own = [name for name in str(widget.attrs.get("class", "")).split() if name not in classes]
    attrs: dict[str, Any] = {"class": " ".join(name for name in [*classes, *own] if name)}
    if described_by and kind != "choices":
        attrs["aria-describedby"] = described_by
    if options.get("autocomplete"):
        attrs["autocomplete"] = options["autocomplete"]
    if counter:
        attrs["data-count"] = counter
        if getattr(field.field, "limit_words", None):
            attrs["data-words"] = WORDS
        # maxlength would cut a pasted text in silence; the counter warns and the server answers.
        widget.attrs.pop("maxlength", None)
    # A placeholder disappears when one types and is too pale to be read: the hint says it better.
    widget.attrs.pop("placeholder", None)
    if kind == "textarea":
        attrs["rows"] = options.get("rows") or widget.attrs.get("rows") or 5
    return attrs


def _choices(field: BoundField) -> list[dict[str, Any]]:
    hints = getattr(field.field.widget, "hints", {})
    found = []
    for choice in field.subwidgets:
        value = str(choice.data["value"])
        if value == "":
            continue
        hint_id = f"{choice.id_for_label}_hint"
        hint = hints.get(value) or hints.get(choice.data["value"]) or ""
        if hint:
            choice.data["attrs"]["aria-describedby"] = hint_id
        found.append(
            {
                "tag": choice.tag(),
                "id": choice.id_for_label,
                "label": choice.choice_label,
                "hint": hint,
                "hint_id": hint_id,
            }
        )
    return found


@register.simple_tag
def prepare(field: BoundField, options: Any = None) -> dict[str, Any]:
    return prepared(field, **(options or {}))


@register.simple_tag
def field(field: BoundField, **options: Any) -> SafeString:
    """Options: hint prefix suffix width("s"|"m"|"l") label hide_label counter autocomplete input_class rows columns inline."""
    html = get_template("django/forms/field.html").render({"field": field, "options": options})
    return mark_safe(html)  # noqa: S308 - a template escapes


@register.simple_tag
def fields(form: forms.BaseForm, *names: str) -> SafeString:
    """The named fields, or all of them with the hidden ones."""
    if names:
        return mark_safe("".join(form[name].as_field_group() for name in names))  # noqa: S308 - rendered by templates
    parts = [str(bound) for bound in form.hidden_fields()]
    parts += [bound.as_field_group() for bound in form.visible_fields()]
    return mark_safe("".join(parts))  # noqa: S308 - rendered by templates


@register.simple_tag
def widget(field: BoundField, label: str = "", **options: Any) -> SafeString:
    """The control alone, for a table whose row header is its label."""
    prepared(field, bare=True, counter=False, **options)
    return field.as_widget(attrs={"aria-label": typo(label)} if label else None)


@register.simple_tag
def field_errors(field: BoundField) -> SafeString:
    return render("field_errors", errors=field.errors, error_id=f"{field.auto_id}_error")


# --- The whole form --------------------------------------------------------------------------


def _anchor(field: BoundField) -> str:
    return f"{field.auto_id}_0" if _kind(field.field.widget) == "choices" else field.id_for_label


def _named(field: BoundField, message: str, row: str = "") -> str:
    """Far from its field a message says which field it is about, and in which row of a table."""
    label = str(field.label).rstrip(".:\u202f ")
    if label.lower() in message.lower():
        return f"{row[:1].upper()}{row[1:]} : {message[:1].lower()}{message[1:]}" if row else message
    label = f"{label}, {row}" if row else label
    return f"{label} {message}" if label.endswith(("?", "…", "!")) else f"{label} : {message[:1].lower()}{message[1:]}"


def _messages(source: Any, row: str = "") -> Iterator[tuple[str, str]]:
    """(anchor, sentence) of a form, a formset, or a list of these and of what already has this shape."""
    if isinstance(source, forms.BaseFormSet):
        yield from (("", str(message)) for message in source.non_form_errors())
        for number, each in enumerate(source.forms, start=1):
            yield from _messages(each, row=f"ligne {number}")
    elif isinstance(source, forms.BaseForm):
        general, row = getattr(source, "summary_anchor", ""), getattr(source, "summary_row", "") or row
        yield from ((general, str(message)) for message in source.non_field_errors())
        for bound in source:
            yield from ((_anchor(bound), _named(bound, str(message), row)) for message in bound.errors)
    else:
        for each in source or ():
            yield from [each] if isinstance(each, tuple) else _messages(each)


@register.simple_tag
def error_summary(*sources: Any, title: str = "") -> SafeString:
    """Nothing when nothing is wrong. It takes the focus; each line goes to its field."""
    problems = [problem for source in sources if source for problem in _messages(source)]
    if not problems:
        return mark_safe("")
    count = len(problems)
    default = f"{number_word(count).capitalize()} point{'s' if count > 1 else ''} à corriger"
    return render("error_summary", title=title or default, problems=problems)


@register.simple_block_tag(takes_context=True)
def form_page(context: Context, content: str, action: str = "", enctype: bool = False, css: str = "") -> SafeString:
    return render(
        "form_page", content=content, action=action, enctype=enctype, css=css, csrf_token=context.get("csrf_token")
    )


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context,
    content: str,
    verb: str,
    cancel: str,
    form: forms.BaseForm | None = None,
    consequences: Iterable[Any] = (),
    mails: int | None = None,
    mail_url: str = "",
    action: str = "",
    danger: bool = False,
    cancel_label: str = "Annuler",
) -> SafeString:
    """What cannot be undone is said in figures before the only button."""
    rows = [item if isinstance(item, tuple | list) else (item, "") for item in consequences]
    return render(
        "confirm",
        content=mark_safe(content.strip()),  # noqa: S308 - rendered by the template around it
        verb=verb,
        cancel=cancel,
        cancel_label=cancel_label,
        form=form,
        sentences=[label for label, value in rows if value == ""],
        figures=[(label, value) for label, value in rows if value != ""],
        tells_mail=mails is not None,
        mails=mails,
        mail_url=mail_url,
        action=action,
        danger=danger,
        csrf_token=context.get("csrf_token"),
    )
