"""Text that agents write in one field: paragraphs, titles (#) and lists (-), escaped."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common.typography import typo

register = template.Library()


@register.filter
def prose(text: str, level: int = 3) -> SafeString:
    """An empty line separates paragraphs; « # » begins a title; lines that begin by « - » make a list."""
    blocks: list[SafeString] = []
    for block in (text or "").replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in block.strip().split("\n") if line.strip()]
        while lines and lines[0].startswith("#"):
            blocks.append(_title(lines.pop(0), level))
        if lines and all(line.startswith("- ") for line in lines):
            items = format_html_join("", "<li>{}</li>", ((typo(line[2:]),) for line in lines))
            blocks.append(format_html("<ul>{}</ul>", items))
        elif lines:
            blocks.append(
                format_html("<p>{}</p>", format_html_join(mark_safe("<br>"), "{}", ((typo(line),) for line in lines)))
            )
    return format_html_join("\n", "{}", ((block,) for block in blocks))


def _title(line: str, level: int) -> SafeString:
    tag = mark_safe(f"h{level}")  # noqa: S308 - a number of ours
    return format_html("<{}>{}</{}>", tag, typo(line.lstrip("# ")), tag)
