"""Django's admin, read-only: it shows the listed fields of a model and changes nothing."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_staff", False))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def show(model: type[models.Model], *names: str, search: tuple[str, ...] = (), related: tuple[str, ...] = ()) -> None:
    """Show these fields of a model, and no other: what is secret or personal is simply not listed."""
    attributes = {
        "fields": names,
        "list_display": names[:8],
        "search_fields": search,
        "list_select_related": related or False,
        "ordering": ["-pk"],
    }
    admin.site.register(model, type(f"{model.__name__}Admin", (ReadOnlyAdmin,), attributes))
