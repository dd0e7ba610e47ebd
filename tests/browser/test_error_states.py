"""Said calmly at the browser: the call closed while one typed, a change without its reason, a withdrawal not confirmed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from applications.models import Application
from applications.states import ApplicationState
from tests.factories.accounts import PASSWORD
from tests.factories.applications import a_draft, a_sent_application, signatory_of
from tests.factories.payments import Team, a_decision
from tests.support.browser import PHONE, Visitor
from tests.support.journey import Person
from tests.support.live import LiveStack

pytestmark = pytest.mark.django_db(transaction=True)


def test_too_late_without_reason_not_confirmed(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor], owner_connection: psycopg.Connection[Any]
) -> None:
    team, starts = Team(), timezone.localdate() + timedelta(days=30)
    awarded = a_decision(team, cents=700_000, starts_on=starts, ends_on=starts + timedelta(days=100)).application
    draft, sent = a_draft(), a_sent_application()
    the_call_closes_while_one_types(
        Person(new_visitor(live_stack.url), draft.created_by.email, PASSWORD), draft, owner_connection
    )
    a_change_says_why(
        Person(new_visitor(live_stack.url, viewport=PHONE), team.drafter.email, PASSWORD), awarded, starts
    )
    a_withdrawal_is_confirmed(Person(new_visitor(live_stack.url), signatory_of(sent).email, PASSWORD), sent)


def the_call_closes_while_one_types(who: Person, draft: Application, owner: psycopg.Connection[Any]) -> None:
    url = reverse("application_section", args=[draft.public_id, "enjeu"])
    who.open(url)
    owner.execute("UPDATE fund_call SET closes_at = now() WHERE id = %s", [draft.call_id])
    who.page.get_by_label("L’enjeu").press_sequentially("Écrit à la dernière seconde.")
    expect(who.page.locator("[data-said]")).to_contain_text("ne peut plus être envoyé")
    who.look()
    assert Application.objects.get(pk=draft.pk).stakes == "Écrit à la dernière seconde."
    who.open(url)
    who.reads("L’appel est clos")
    expect(who.page.get_by_label("L’enjeu")).to_have_value("Écrit à la dernière seconde.")


def a_change_says_why(who: Person, awarded: Application, starts: Any) -> None:
    later = (starts + timedelta(days=160)).isoformat()
    who.open(reverse("application_change", args=[awarded.public_id]))
    who.write("Fin de l’action", later)
    with who.visitor.expecting("422"):
        who.press("Demander la modification")
    expect(who.page.locator(".errsum")).to_contain_text("Pourquoi l’action change")
    expect(who.main.get_by_label("Fin de l’action")).to_have_value(later)
    assert not awarded.changes.exists()


def a_withdrawal_is_confirmed(who: Person, sent: Application) -> None:
    url = reverse("application_withdraw", args=[sent.public_id])
    who.open(url)
    with who.visitor.expecting("422"):
        who.press("Retirer le dossier")
    expect(who.page.locator(".errsum")).to_contain_text("Pourquoi la commune retire son dossier")
    who.follow("Annuler")
    assert Application.objects.get(pk=sent.pk).state == ApplicationState.SUBMITTED
