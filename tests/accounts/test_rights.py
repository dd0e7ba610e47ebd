"""Roles and accounts: every change in the journal, effective at the next request."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Membership, User
from accounts.signals import BEGAN
from accounts.states import Role
from common.errors import DomainError, NotAllowed
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import (
    PASSWORD,
    a_commune,
    a_drafter,
    a_fund_manager,
    a_signatory,
    a_user,
    an_administrator,
    an_auditor,
    an_instructor,
)
from tests.support.queries import Counted

pytestmark = pytest.mark.django_db


def role_of(user: User) -> Membership:
    return Membership.objects.get(user=user, ended_at=None)


def test_a_role_is_given_told_and_written() -> None:
    administrator, user = an_administrator(), a_user()
    services.grant_role(user.pk, role=Role.EVALUATOR, organisation=None, by=administrator)
    assert User.objects.get(pk=user.pk).has_role(Role.EVALUATOR)
    assert Message.objects.get(kind="rights_changed").recipient_email == user.email
    entry = Entry.objects.get(chain=f"accounts.user:{user.pk}", verb="grant_role")
    assert (entry.kind, entry.data["role"], entry.actor_id) == ("right", "evaluator", administrator.pk)


def test_the_administrator_gives_nothing_to_themselves() -> None:
    administrator = an_administrator()
    with pytest.raises(NotAllowed):
        services.grant_role(administrator.pk, role=Role.FUND_MANAGER, organisation=None, by=administrator)


@pytest.mark.parametrize("maker", [an_instructor, a_fund_manager, an_auditor, a_drafter])
def test_only_the_administrator_gives_a_role_of_the_staff(maker: object) -> None:
    with pytest.raises(NotAllowed):
        services.grant_role(a_user().pk, role=Role.INSTRUCTOR, organisation=None, by=maker())  # type: ignore[operator]


def test_who_may_end_a_role() -> None:
    commune = a_commune()
    signatory, drafter, colleague = a_signatory(commune), a_drafter(commune), a_drafter(commune)
    for stranger in (drafter, a_signatory(), an_instructor()):
        with pytest.raises(NotAllowed):
            services.end_role(role_of(colleague).pk, by=stranger)
    services.end_role(role_of(colleague).pk, by=signatory)
    assert User.objects.get(pk=colleague.pk).organisation_ids() == set()
    with pytest.raises(DomainError, match="déjà été retiré"):
        services.end_role(Membership.objects.get(user=colleague).pk, by=signatory)


def test_the_last_signatory_does_not_leave_alone() -> None:
    commune = a_commune()
    signatory = a_signatory(commune)
    with pytest.raises(DomainError, match="seule personne"):
        services.end_role(role_of(signatory).pk, by=signatory)
    a_signatory(commune)
    services.end_role(role_of(signatory).pk, by=signatory)


def test_a_right_taken_away_is_gone_at_the_next_request(client: Client) -> None:
    instructor = an_instructor()
    client.force_login(instructor)
    assert client.get(reverse("commune_list")).status_code == 200
    services.end_role(role_of(instructor).pk, by=an_administrator())
    assert client.get(reverse("commune_list")).status_code == 404


def test_a_closed_account_loses_its_sessions_at_once(client: Client) -> None:
    user, administrator = an_instructor(), an_administrator()
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        assert browser.get(reverse("commune_list")).status_code == 200
    assert UserSession.objects.filter(user=user).count() == 2
    services.deactivate_account(user.pk, reason="Départ", by=administrator)
    for browser in browsers:
        assert browser.get(reverse("commune_list")).status_code == 302
    assert not UserSession.objects.filter(user=user).exists()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session, answer.status_code
    services.reactivate_account(user.pk, reason="Retour", by=administrator)
    for browser in browsers:
        assert browser.get(reverse("commune_list")).status_code == 302, "an old cookie stays dead"


def test_a_copied_cookie_is_dead_after_sign_out(client: Client) -> None:
    user = an_instructor()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    thief = Client()
    thief.cookies = client.cookies.copy()
    assert thief.get(reverse("commune_list")).status_code == 200
    thief.cookies = client.cookies.copy()
    client.post(reverse("account_logout"))
    assert thief.get(reverse("commune_list")).status_code == 302


def test_nobody_closes_their_own_account_nor_anybody_without_the_role() -> None:
    administrator = an_administrator()
    with pytest.raises(DomainError):
        services.deactivate_account(administrator.pk, reason="x", by=administrator)
    for person in (a_fund_manager(), an_auditor(), a_signatory()):
        with pytest.raises(NotAllowed):
            services.deactivate_account(administrator.pk, reason="x", by=person)


def test_the_pages_of_the_administrator(client: Client) -> None:
    user = a_drafter(a_commune("Aubagne"), last_name="Zébulon")
    client.force_login(an_administrator())
    listed = client.get(reverse("account_list"), {"q": "zébulon", "role": "drafter", "etat": "ouvert"}).content.decode()
    assert "Zébulon" in listed
    assert "Zébulon" not in client.get(reverse("account_list"), {"etat": "ferme"}).content.decode()
    client.post(reverse("account_grant", args=[user.pk]), {"role": Role.EVALUATOR})
    assert User.objects.get(pk=user.pk).has_role(Role.EVALUATOR)
    client.post(reverse("account_close", args=[user.pk, "fermer"]), {"reason": ""})
    assert User.objects.get(pk=user.pk).is_active
    client.post(reverse("account_close", args=[user.pk, "fermer"]), {"reason": "Départ"})
    assert not User.objects.get(pk=user.pk).is_active
    assert "Départ" in client.get(reverse("account_detail", args=[user.pk])).content.decode()


@pytest.mark.parametrize("name", ["account_grant", "membership_end", "team_invite", "staff_invite"])
def test_changing_rights_asks_for_the_password_again(client: Client, name: str) -> None:
    commune = a_commune()
    administrator, user = an_administrator(), a_drafter(commune)
    arguments = {"account_grant": [user.pk], "membership_end": [role_of(user).pk], "team_invite": [commune.siren]}
    client.force_login(administrator)
    session = client.session
    session[BEGAN] -= 601
    session.save()
    url = reverse(name, args=arguments.get(name, []))
    for refused in (client.get(url), client.post(url, {"role": Role.EVALUATOR})):
        assert refused.url.startswith(reverse("account_reauthenticate"))  # type: ignore[attr-defined]
    assert role_of(user)
    client.post(reverse("account_reauthenticate") + f"?next={url}", {"password": "wrong"})
    assert client.get(url).status_code == 302
    client.get(url)
    client.post(reverse("account_reauthenticate") + f"?next={url}", {"password": PASSWORD})
    assert client.get(url).status_code in (200, 404), "what was posted before is done once the password is given"


def test_the_list_costs_the_same_for_1_and_30(client: Client) -> None:
    client.force_login(an_administrator())
    a_drafter()
    client.get(reverse("account_list"))
    with Counted() as one:
        client.get(reverse("account_list"))
    for _ in range(30):
        a_drafter()
    with Counted() as many:
        client.get(reverse("account_list"))
    assert many.count == one.count


def test_the_team_costs_the_same_for_1_and_30(client: Client) -> None:
    commune = a_commune()
    client.force_login(a_signatory(commune))
    client.get(reverse("team"))
    with Counted() as one:
        client.get(reverse("team"))
    for _ in range(30):
        a_drafter(commune)
    with Counted() as many:
        client.get(reverse("team"))
    assert many.count == one.count
