"""Typed readers of the environment: a wrong value stops the start with a sentence, never a surprise later."""

import os
from pathlib import Path


class BadSetting(Exception):
    """A setting that is missing or means nothing; the message says which and what is expected."""


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or of the file named by `name`_FILE (secrets); required when there is no default."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    value = os.environ.get(name)
    if value not in (None, ""):
        return str(value)
    if default is None:
        raise BadSetting(f"{name} is required and is not set.")
    return default


def boolean(name: str, default: bool = False) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in {"1", "0", "true", "false", "yes", "no"}:
        raise BadSetting(f"{name} must be 1 or 0, not {value!r}.")
    return value in {"1", "true", "yes"}


def integer(name: str, default: int, low: int = 0, high: int = 10**9) -> int:
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
        raise BadSetting(f"{name} must be a whole number between {low} and {high}, not {value!r}.")
    return int(value)


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in choices:
        raise BadSetting(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
