"""Invitations: who may invite whom, one use, 72 hours, and a link that mail filters may open."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Invitation, Membership, Organisation, User
from accounts.states import STAFF_ROLES, Role
from common.errors import DomainError, NotAllowed
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import (
    PASSWORD,
    a_commune,
    a_drafter,
    a_fund_manager,
    a_membership,
    a_reader,
    a_signatory,
    an_administrator,
    an_instructor,
    one_of_each,
)

pytestmark = pytest.mark.django_db
NEW = {"first_name": "Nadia", "last_name": "Ferrandi", "job": "Chargée de mission", "password": PASSWORD}


def the_token() -> str:
    """As it is read in the last message."""
    message = Message.objects.filter(kind="invitation").order_by("-pk").first()
    assert message is not None
    found = re.search(r"/invitation/([\w-]+)/", message.body_text)
    assert found
    return found[1]


def an_invitation(by: User | None = None, role: str = Role.DRAFTER, commune: Organisation | None = None) -> str:
    commune = commune or a_commune()
    services.invite(email="nadia@commune.test", role=role, organisation=commune, by=by or a_signatory(commune))
    return the_token()


def test_who_may_invite_whom() -> None:
    commune, other = a_commune(), a_commune()
    people = one_of_each(commune)
    may = {
        (role, target)
        for role, person in people.items()
        for target in Role.values
        for organisation in [None if target in STAFF_ROLES else commune]
        if _invites(person, target, organisation)
    }
    commune_roles = {Role.READER, Role.DRAFTER, Role.SIGNATORY}
    expected = {(Role.SIGNATORY, target) for target in commune_roles}
    expected |= {(Role.DRAFTER, target) for target in (Role.READER, Role.DRAFTER)}
    expected |= {(Role.FUND_MANAGER, target) for target in commune_roles}
    expected |= {(Role.ORGANISATION_ADMIN, target) for target in commune_roles}
    expected |= {(Role.ADMINISTRATOR, target) for target in Role if target != Role.ORGANISATION_ADMIN}
    assert may == {(str(a), str(b)) for a, b in expected}
    for role in (Role.SIGNATORY, Role.DRAFTER, Role.READER):
        assert not _invites(people[role], Role.READER, other), "never into another commune"


def _invites(by: User, role: str, organisation: Organisation | None) -> bool:
    try:
        services.invite(email=f"{by.pk}{role}@exemple.test", role=role, organisation=organisation, by=by)
    except NotAllowed:
        return False
    return True


def test_nobody_invites_themselves() -> None:
    administrator = an_administrator()
    with pytest.raises(NotAllowed):
        services.invite(email=administrator.email.upper(), role=Role.FUND_MANAGER, organisation=None, by=administrator)


def test_only_the_hash_of_the_token_is_kept() -> None:
    token = an_invitation()
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_invitation::text FROM accounts_invitation")
        assert token not in cursor.fetchone()[0]
    assert len(token) >= 43, "256 bits"


def test_opening_the_link_consumes_nothing(client: Client) -> None:
    url = reverse("invitation_accept", args=[an_invitation()])
    for _ in range(3):
        assert client.get(url).status_code == 200
    assert Invitation.objects.get().is_open


def test_accepting_makes_the_account_with_its_role_once(client: Client) -> None:
    commune = a_commune("Aubagne")
    url = reverse("invitation_accept", args=[an_invitation(commune=commune)])
    assert client.post(url, NEW).url == reverse("account_login")  # type: ignore[attr-defined]
    user = User.objects.get(email="nadia@commune.test")
    assert user.organisation_ids(Role.DRAFTER) == {commune.pk}
    assert EmailAddress.objects.get(user=user).verified
    assert client.post(url, NEW).status_code == 410, "one use"
    assert client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}).status_code == 302
    assert Entry.objects.filter(chain=f"accounts.user:{user.pk}", verb="accept_invitation", kind="right").exists()


@pytest.mark.parametrize(("hours", "status"), [(71, 200), (73, 410)])
def test_it_lasts_72_hours(client: Client, hours: int, status: int) -> None:
    token = an_invitation()
    expires = Invitation.objects.get().expires_at
    assert timedelta(hours=71, minutes=59) < expires - timezone.now() <= timedelta(hours=72)
    Invitation.objects.update(expires_at=expires - timedelta(hours=hours))
    assert client.get(reverse("invitation_accept", args=[token])).status_code == status


def test_resending_gives_a_new_link_and_ends_the_old_one(client: Client) -> None:
    commune = a_commune()
    signatory = a_signatory(commune)
    old = an_invitation(signatory, commune=commune)
    services.resend_invitation(Invitation.objects.get().pk, by=signatory)
    new = the_token()
    assert new != old
    assert client.get(reverse("invitation_accept", args=[old])).status_code == 410
    assert client.get(reverse("invitation_accept", args=[new])).status_code == 200


def test_a_revoked_invitation_opens_nothing(client: Client) -> None:
    commune = a_commune()
    signatory = a_signatory(commune)
    token = an_invitation(signatory, commune=commune)
    with pytest.raises(NotAllowed):
        services.revoke_invitation(Invitation.objects.get().pk, by=a_signatory())
    services.revoke_invitation(Invitation.objects.get().pk, by=signatory)
    assert client.post(reverse("invitation_accept", args=[token]), NEW).status_code == 410
    assert not User.objects.filter(email="nadia@commune.test").exists()


def test_an_invitation_dies_with_the_right_of_who_sent_it() -> None:
    commune = a_commune()
    signatory = a_signatory(commune)
    token = an_invitation(signatory, commune=commune)
    Membership.objects.filter(user=signatory).update(ended_at=timezone.now())
    with pytest.raises(DomainError):
        services.accept_invitation(token, **NEW)


def test_somebody_who_has_an_account_joins_after_signing_in(client: Client) -> None:
    commune, elsewhere = a_commune(), a_commune()
    user = a_drafter(elsewhere, email="nadia@commune.test")
    url = reverse("invitation_accept", args=[an_invitation(commune=commune)])
    assert "Connectez-vous" in client.get(url).content.decode()
    client.post(url, NEW)
    assert User.objects.get(pk=user.pk).organisation_ids() == {elsewhere.pk}, "not without signing in"
    client.force_login(a_reader())
    client.post(url)
    assert User.objects.get(pk=user.pk).organisation_ids() == {elsewhere.pk}, "not by somebody else"
    client.force_login(user)
    client.post(url)
    assert User.objects.get(pk=user.pk).organisation_ids() == {elsewhere.pk, commune.pk}


def test_an_agent_needs_16_characters_a_commune_12(client: Client) -> None:
    short = "quatorze-signe"
    services.invite(email="nadia@commune.test", role=Role.INSTRUCTOR, organisation=None, by=an_administrator())
    answer = client.post(reverse("invitation_accept", args=[the_token()]), NEW | {"password": short})
    assert "au moins 16" in answer.content.decode()
    commune = reverse("invitation_accept", args=[an_invitation()])
    assert "au moins 12" in client.post(commune, NEW | {"password": "dix-signes"}).content.decode()


def test_the_pages_of_a_commune(client: Client) -> None:
    commune = a_commune("Aubagne")
    signatory, reader = a_signatory(commune), a_reader(commune)
    client.force_login(signatory)
    page = client.get(reverse("team")).content.decode()
    assert reader.get_full_name() in page
    assert "Inviter un collègue" in page
    client.post(reverse("team_invite", args=[commune.siren]), {"email": "new@x.fr", "role": Role.DRAFTER})
    invitation = Invitation.objects.get()
    assert "new@x.fr" in client.get(reverse("team")).content.decode()
    assert client.get(reverse("team_invite", args=[a_commune().siren])).status_code == 404
    client.post(reverse("invitation_resend", args=[invitation.pk]))
    client.post(reverse("invitation_revoke", args=[Invitation.objects.order_by("-pk")[0].pk]))
    assert not any(one.is_open for one in Invitation.objects.all())
    client.force_login(reader)
    assert "Inviter un collègue" not in client.get(reverse("team")).content.decode()
    assert client.get(reverse("team_invite", args=[commune.siren])).status_code == 404


def test_the_manager_invites_the_first_person_of_a_commune(client: Client) -> None:
    commune = a_commune()
    client.force_login(a_fund_manager())
    client.post(reverse("team_invite", args=[commune.siren]), {"email": "dgs@x.fr", "role": Role.SIGNATORY})
    assert Invitation.objects.get().organisation == commune
    client.force_login(an_instructor())
    assert client.get(reverse("team_invite", args=[commune.siren])).status_code == 404


def test_a_drafter_is_offered_no_signatory(client: Client) -> None:
    commune = a_commune()
    client.force_login(a_drafter(commune))
    answer = client.post(reverse("team_invite", args=[commune.siren]), {"email": "x@x.fr", "role": Role.SIGNATORY})
    assert answer.status_code == 200
    assert not Invitation.objects.exists()


def test_members_of_two_communes_see_both_teams(client: Client) -> None:
    user = a_drafter(a_commune("Aubagne"))
    a_membership(user, Role.READER, a_commune("Cassis"))
    client.force_login(user)
    page = client.get(reverse("team")).content.decode()
    assert "Aubagne" in page
    assert "Cassis" in page


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one_account() -> None:
    token = an_invitation()

    def accept(number: int) -> bool:
        try:
            services.accept_invitation(token, **NEW)
        except DomainError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(accept, range(10))) == 1
    assert User.objects.filter(email="nadia@commune.test").count() == 1
    assert Membership.objects.filter(user__email="nadia@commune.test").count() == 1
