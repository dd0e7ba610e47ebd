"""What entries speak of, in words. Models are found by their label: the apps above are not imported."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from journal import words
from journal.models import Entry

PUBLIC_NUMBER = "number"


def model_of(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def numbered() -> list[type[models.Model]]:
    """Models whose rows carry a public number (FI-2026-0001)."""
    return [model for model in apps.get_models() if model._meta.app_config is not None and _has_number(model)]


def _has_number(model: type[models.Model]) -> bool:
    try:
        return isinstance(model._meta.get_field(PUBLIC_NUMBER), models.CharField)
    except FieldDoesNotExist:
        return False


def find(number: str) -> list[tuple[str, int]]:
    """(subject type, id) of everything that carries this public number, whatever its case."""
    return [
        (model._meta.label_lower, pk)
        for model in numbered()
        for pk in model._default_manager.filter(**{f"{PUBLIC_NUMBER}__iexact": number}).values_list("pk", flat=True)[:5]
    ]


def label_of(kind: str) -> str:
    model = model_of(kind)
    return str(model._meta.verbose_name) if model else kind


def name_rows(entries: Iterable[Entry]) -> None:
    """Give each entry its words (`subject_name`, `verb_words`, `to_words`…): one query a type of subject."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        wanted[entry.subject_type].add(entry.subject_id)
    names: dict[tuple[str, int], str] = {}
    for kind, ids in wanted.items():
        model = model_of(kind)
        if model is None:
            continue
        if _has_number(model):
            pairs: Any = model._default_manager.filter(pk__in=ids).values_list("pk", PUBLIC_NUMBER)
            names |= {(kind, pk): number or "" for pk, number in pairs}
        elif hasattr(model, "get_full_name"):
            names |= {(kind, row.pk): row.get_full_name() for row in model._default_manager.filter(pk__in=ids)}
    for entry in entries:
        model = model_of(entry.subject_type)
        entry.verb_words = words.verb_words(entry.verb)  # type: ignore[attr-defined]
        entry.from_words = words.state_words(model, entry.from_state)  # type: ignore[attr-defined]
        entry.to_words = words.state_words(model, entry.to_state)  # type: ignore[attr-defined]
        entry.subject_kind = label_of(entry.subject_type)  # type: ignore[attr-defined]
        entry.subject_name = names.get((entry.subject_type, entry.subject_id)) or f"n\u00b0\u00a0{entry.subject_id}"  # type: ignore[attr-defined]
