"""Things that have a life: a protected `state`, a `version` that counts every change.

The seven beats of a verb (docs/architecture.md) live in each app's services; `journal.services` carries
the shared ones: `locked()` for beats 1 and 2, `advance()` for beats 3, 4 and 6.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django_fsm import FSMField


class StateField(FSMField):
    """A protected state. In migrations it is a plain CharField.

    Migrating renders every model thousands of times, and each FSMField rendered listens for all models to come: the
    work grew with its square. No migration needs its transitions.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "protected": True})

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("protected")
        return name, "django.db.models.CharField", args, kwargs


class StatefulModel(models.Model):
    """A row whose `state` changes only through a transition called by a service.

    `state` (a StateField of the subclass) is in no form and no `update_or_create`.
    """

    version = models.PositiveIntegerField("version", default=1, editable=False)

    class Meta:
        abstract = True

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Refresh without opening the protected field: django-fsm's own version opens it for every thread."""
        names = list(fields) if fields is not None else self._loaded_fields()
        kept = self.__dict__.pop("state", None) if "state" in names else None
        try:
            super().refresh_from_db(using=using, fields=names, from_queryset=from_queryset)
        except BaseException:
            if kept is not None:
                self.__dict__["state"] = kept
            raise

    def _loaded_fields(self) -> list[str]:
        deferred = self.get_deferred_fields()
        return [field.attname for field in self._meta.concrete_fields if field.attname not in deferred]
