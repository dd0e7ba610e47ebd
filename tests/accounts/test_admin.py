"""Django's admin: for the administrator alone, read-only, without what is secret, under our content policy."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.states import Role
from tests.factories.accounts import an_administrator, one_of_each
from tests.factories.applications import a_sent_application

pytestmark = pytest.mark.django_db
SECRET = {
    "password", "iban", "bic", "body_text", "body_html", "token_hash", "key", "path", "reason", "reasons", "data",
    "snapshot", "content", "comment",
}  # fmt: skip


def test_only_the_administrator_comes_in(client: Client) -> None:
    for role, person in one_of_each().items():
        client.force_login(person)
        assert client.get("/admin/").status_code == (200 if role == Role.ADMINISTRATOR else 404), role
    client.logout()
    assert client.get("/admin/").status_code == 302


def test_no_secret_field_is_shown() -> None:
    for model, page in admin.site._registry.items():
        shown = {*page.fields, *page.list_display}  # type: ignore[misc]
        assert not shown & SECRET, model


def test_libraries_bring_no_page_of_their_own() -> None:
    """allauth's would show second factors and sessions."""
    assert not {model._meta.app_label for model in admin.site._registry} & {"mfa", "account", "usersessions", "auth"}


def test_every_page_opens_and_nothing_can_be_written(client: Client) -> None:
    a_sent_application()
    client.force_login(an_administrator())
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = client.get(reverse(f"{name}_changelist"))
        assert listed.status_code == 200, name
        assert b" style=" not in listed.content, name
        assert b"<style" not in listed.content, name
        assert b"onclick=" not in listed.content, name
        assert client.get(reverse(f"{name}_add")).status_code == 403
        first = model._default_manager.first()
        if first is None:
            continue
        assert client.get(reverse(f"{name}_change", args=[first.pk])).status_code == 200, name
        assert client.post(reverse(f"{name}_change", args=[first.pk]), {}).status_code == 403
        assert client.post(reverse(f"{name}_delete", args=[first.pk]), {"post": "yes"}).status_code == 403
