"""Render one file of `templates/components/`; read a dict or an object alike."""

from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe


def render(component: str, /, **context: Any) -> SafeString:
    """No request, no context processor: a component shows what it is given."""
    return mark_safe(get_template(f"components/{component}.html").render(context))  # noqa: S308 - a template escapes


def at(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, dict) else getattr(item, key, None)
