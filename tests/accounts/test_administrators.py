"""The administrator of a commune: never lost by accident, handed over in one act, in a race too (I-30)."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Invitation, Membership, Organisation, User
from accounts.people_forms import BY_MAIL
from accounts.states import Role
from common.errors import DomainError, NotAllowed
from journal.models import Entry
from notifications.models import Message
from tests.factories.accounts import (
    PASSWORD,
    a_commune,
    a_commune_administrator,
    a_drafter,
    a_fund_manager,
    a_membership,
    a_reader,
    a_signatory,
    an_administrator,
)
from tests.factories.applications import a_draft

pytestmark = pytest.mark.django_db


def roles(user: User, commune: Organisation) -> set[str]:
    held = Membership.objects.filter(user=user, organisation=commune, ended_at=None)
    return set(held.values_list("role", flat=True))


def recently(client: Client, user: User) -> None:
    """Signed in a moment ago, by the real door: what asks for the password again does not."""
    assert client.post("/compte/login/", {"login": user.email, "password": PASSWORD}).status_code == 302


# --- Never without one ------------------------------------------------------------------------------------------


def test_the_last_administrator_names_another_first(client: Client) -> None:
    commune = a_commune("Aubagne")
    user = a_commune_administrator(commune)
    a_membership(user, Role.DRAFTER, commune)
    held = Membership.objects.get(user=user, role=Role.ORGANISATION_ADMIN)
    with pytest.raises(DomainError, match="nommez d’abord quelqu’un"):
        services.end_role(held.pk, by=user)
    with pytest.raises(DomainError, match="nommez d’abord quelqu’un"):
        services.remove_person(commune, user.pk, by=user)
    recently(client, user)
    url = reverse("person_remove", args=[commune.siren, user.pk])
    page = client.get(url).content.decode()
    assert "Nommez d’abord quelqu’un" in page
    assert reverse("hand_over", args=[commune.siren]) in page
    answer = client.post(url, HTTP_REFERER=f"http://testserver{url}", follow=True).content.decode()
    assert "nommez d’abord quelqu’un" in answer
    assert roles(user, commune) == {Role.ORGANISATION_ADMIN, Role.DRAFTER}


def test_a_signatory_or_a_drafter_takes_no_administration_away() -> None:
    commune = a_commune()
    for _ in range(2):
        a_commune_administrator(commune)
    held = Membership.objects.filter(role=Role.ORGANISATION_ADMIN)[0]
    for by in (a_signatory(commune), a_drafter(commune), a_commune_administrator()):
        with pytest.raises(NotAllowed):
            services.end_role(held.pk, by=by)


def test_the_fund_s_staff_may_end_the_last_one() -> None:
    commune = a_commune()
    user = a_commune_administrator(commune)
    services.remove_person(commune, user.pk, by=a_fund_manager())
    connection.check_constraints()
    assert roles(user, commune) == set()


def test_the_account_of_the_last_one_is_not_closed() -> None:
    commune, closing = a_commune("Aubagne"), an_administrator()
    user = a_commune_administrator(commune)
    with pytest.raises(DomainError, match="d’Aubagne : nommez d’abord quelqu’un"):
        services.deactivate_account(user.pk, reason="départ", by=closing)
    other = a_commune_administrator(commune)
    services.deactivate_account(user.pk, reason="départ", by=closing)
    connection.check_constraints()
    with pytest.raises(DomainError):
        services.deactivate_account(other.pk, reason="départ", by=closing)


def refused(act: Any) -> bool:
    """By the database, at the commit at the latest."""
    try:
        with transaction.atomic():
            act()
            connection.check_constraints()
    except IntegrityError as error:
        assert "names another first" in str(error)
        return True
    return False


def test_the_database_refuses_by_itself() -> None:
    commune = a_commune()
    user, manager = a_commune_administrator(commune), a_fund_manager()
    held = Membership.objects.filter(user=user)
    assert refused(lambda: held.update(ended_at=Now()))
    assert refused(lambda: held.update(ended_at=Now(), ended_by=user))
    assert refused(lambda: held.update(ended_at=Now(), ended_by=a_signatory(commune)))
    assert refused(lambda: User.objects.filter(pk=user.pk).update(is_active=False))
    closed = a_commune_administrator(commune, is_active=False)
    assert refused(lambda: held.update(ended_at=Now())), "a closed account administers nothing"
    User.objects.filter(pk=closed.pk).update(is_active=True)
    assert not refused(lambda: held.update(ended_at=Now()))
    assert not refused(lambda: Membership.objects.filter(user=closed).update(ended_at=Now(), ended_by=manager))


@pytest.mark.django_db(transaction=True)
def test_two_who_leave_at_once_do_not_both_leave() -> None:
    commune = a_commune()
    for turn in range(5):
        people = [a_commune_administrator(commune) for _ in range(2)]
        Membership.objects.exclude(user__in=people).filter(ended_at=None, role=Role.ORGANISATION_ADMIN).update(
            ended_at=Now()
        )
        together = Barrier(2)

        def leave(user: User, together: Barrier = together) -> bool:
            together.wait()
            try:
                services.remove_person(commune, user.pk, by=user)
            except DomainError:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(leave, people)) == [False, True], turn


@pytest.mark.django_db(transaction=True)
def test_the_database_alone_stops_the_race_too() -> None:
    """Two raw updates that each saw the other one there."""
    commune = a_commune()
    people = [a_commune_administrator(commune) for _ in range(2)]
    together = Barrier(2)

    def end(user: User) -> bool:
        try:
            with transaction.atomic():
                Membership.objects.filter(user=user).update(ended_at=Now())
                together.wait()
        except IntegrityError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(end, people)) == [False, True]


# --- Handing over -----------------------------------------------------------------------------------------------


def test_handing_over_to_a_colleague_is_one_act(client: Client) -> None:
    commune = a_commune("Aubagne")
    user, colleague = a_commune_administrator(commune), a_drafter(commune)
    a_membership(user, Role.SIGNATORY, commune)
    recently(client, user)
    url = reverse("hand_over", args=[commune.siren])
    assert "Ce qui change" in client.get(url).content.decode()
    assert client.post(url, {"to": str(colleague.pk)}).url == "/equipe/"  # type: ignore[attr-defined]
    connection.check_constraints()
    assert roles(user, commune) == {Role.SIGNATORY}
    assert roles(colleague, commune) == {Role.DRAFTER, Role.ORGANISATION_ADMIN}
    assert client.get(url).status_code == 404, "it is over"
    verbs = set(Entry.objects.filter(kind="right").values_list("verb", flat=True))
    assert {"grant_role", "end_role", "hand_over"} <= verbs
    told = set(
        Message.objects.filter(kind__in=("rights_changed", "roles_changed")).values_list("recipient_email", flat=True)
    )
    assert told == {user.email, colleague.email}


def test_handing_over_and_leaving(client: Client) -> None:
    commune = a_commune()
    user, colleague = a_commune_administrator(commune), a_reader(commune)
    a_membership(user, Role.DRAFTER, commune)
    recently(client, user)
    client.post(reverse("hand_over", args=[commune.siren]), {"to": str(colleague.pk), "leaves": "on"})
    assert roles(user, commune) == set()
    assert Role.ORGANISATION_ADMIN in roles(colleague, commune)


def test_handing_over_to_somebody_invited_waits_for_them(client: Client) -> None:
    commune = a_commune("Aubagne")
    user = a_commune_administrator(commune)
    a_membership(user, Role.DRAFTER, commune)
    recently(client, user)
    url = reverse("hand_over", args=[commune.siren])
    page = client.post(url, {"to": BY_MAIL, "email": "", "role": "drafter"}).content.decode()
    assert "Il manque l’adresse" in page
    client.post(url, {"to": BY_MAIL, "email": "suite@aubagne.test", "role": "signatory", "leaves": "on"})
    assert roles(user, commune) == {Role.ORGANISATION_ADMIN, Role.DRAFTER}, "nothing before it is accepted"
    assert "à la suite de" in client.get("/equipe/").content.decode()
    message = Message.objects.get(kind="invitation")
    assert "à sa place" in message.body_text
    token = re.search(r"/invitation/([\w-]+)/", message.body_text)[1]  # type: ignore[index]
    new = services.accept_invitation(token, first_name="Léa", last_name="Roux", job="DGS", password=PASSWORD)
    connection.check_constraints()
    assert roles(new, commune) == {Role.SIGNATORY, Role.ORGANISATION_ADMIN}
    assert roles(user, commune) == set()


def test_a_hand_over_by_mail_dies_with_the_administration() -> None:
    commune = a_commune()
    user, second = a_commune_administrator(commune), a_commune_administrator(commune)
    services.hand_over_by_mail(commune, email="suite@x.fr", role=Role.DRAFTER, leaves=False, by=user)
    token = re.search(r"/invitation/([\w-]+)/", Message.objects.get(kind="invitation").body_text)[1]  # type: ignore[index]
    held = Membership.objects.get(user=user, role=Role.ORGANISATION_ADMIN)
    services.end_role(held.pk, by=second)
    with pytest.raises(DomainError):
        services.accept_invitation(token, first_name="Léa", last_name="Roux", job="", password=PASSWORD)
    assert not User.objects.filter(email="suite@x.fr").exists()


@pytest.mark.parametrize("to", ["0", "999999", "x", ""])
def test_the_successor_is_a_colleague_of_that_commune(client: Client, to: str) -> None:
    commune = a_commune()
    user = a_commune_administrator(commune)
    stranger = a_drafter()
    recently(client, user)
    for target in (to, str(stranger.pk), str(user.pk)):
        client.post(reverse("hand_over", args=[commune.siren]), {"to": target})
    for target in (stranger.pk, user.pk):
        with pytest.raises(DomainError):
            services.hand_over(commune, to=target, leaves=False, by=user)
    assert roles(user, commune) == {Role.ORGANISATION_ADMIN}


# --- Roles of people --------------------------------------------------------------------------------------------


def test_roles_change_in_place(client: Client) -> None:
    commune = a_commune()
    user, colleague = a_commune_administrator(commune), a_reader(commune)
    recently(client, user)
    url = reverse("person_roles", args=[commune.siren, colleague.pk])
    assert "Gardez au moins un rôle" in client.post(url, {}).content.decode()
    client.post(url, {"roles": ["drafter", "signatory"]})
    assert roles(colleague, commune) == {Role.DRAFTER, Role.SIGNATORY}
    message = Message.objects.get(kind="roles_changed")
    assert "Rédacteur" in message.body_text and "Signataire" in message.body_text
    assert client.get(reverse("person_roles", args=[commune.siren, user.pk])).status_code == 404, "not one's own"
    with pytest.raises(NotAllowed):
        services.change_roles(commune, user.pk, roles=[Role.SIGNATORY], by=user)
    reader = a_reader(a_commune())
    assert (
        client.get(reverse("person_roles", args=[reader.memberships.get().organisation.siren, reader.pk])).status_code
        == 404
    )  # type: ignore[union-attr]


def test_a_signatory_changes_roles_and_leaves_the_administration_alone(client: Client) -> None:
    commune = a_commune()
    signatory, administrator = a_signatory(commune), a_commune_administrator(commune)
    a_membership(administrator, Role.READER, commune)
    recently(client, signatory)
    url = reverse("person_roles", args=[commune.siren, administrator.pk])
    client.post(url, {"roles": ["drafter", "organisation_admin"]})
    assert roles(administrator, commune) == {Role.READER, Role.ORGANISATION_ADMIN}, "a forged choice changes nothing"
    client.post(url, {"roles": ["drafter"]})
    assert roles(administrator, commune) == {Role.DRAFTER, Role.ORGANISATION_ADMIN}
    with pytest.raises(NotAllowed):
        services.change_roles(commune, a_reader(commune).pk, roles=[Role.READER, Role.ORGANISATION_ADMIN], by=signatory)


def test_somebody_who_leaves_is_signed_out_and_their_draft_stays(client: Client) -> None:
    commune = a_commune()
    administrator, leaving = a_commune_administrator(commune), a_drafter(commune)
    draft = a_draft(organisation=commune)
    theirs = Client()
    recently(theirs, leaving)
    assert UserSession.objects.filter(user=leaving).exists()
    recently(client, administrator)
    client.post(reverse("person_remove", args=[commune.siren, leaving.pk]))
    assert roles(leaving, commune) == set()
    assert "/compte/login" in theirs.get("/mes-dossiers/").headers.get("Location", ""), "signed out"
    draft.refresh_from_db()
    assert draft.organisation_id == commune.pk
    assert Membership.objects.get(user=leaving).ended_by == administrator
    assert Entry.objects.filter(verb="leave_organisation").get().data["sessions_ended"] == 1


def test_who_leaves_one_of_two_communes_stays_signed_in(client: Client) -> None:
    one, two = a_commune("Aubagne"), a_commune("Cassis")
    user = a_drafter(one)
    a_membership(user, Role.READER, two)
    recently(client, user)
    client.post(reverse("person_remove", args=[one.siren, user.pk]))
    assert User.objects.get(pk=user.pk).organisation_ids() == {two.pk}
    page = client.get("/equipe/")
    assert page.status_code == 200
    assert (
        "Aubagne"
        not in re.sub(r"(?s)<div class=.flashes.*?</div>\s*</div>", "", page.content.decode()).split("<main")[1]
    )


def test_only_who_administers_sees_the_doors(client: Client) -> None:
    commune = a_commune()
    a_commune_administrator(commune)
    for user in (a_reader(commune), a_drafter(commune)):
        recently(client, user)
        page = client.get("/equipe/").content.decode()
        assert "Passer la main" not in page
        assert "changer ses rôles" not in page
        assert client.get(reverse("hand_over", args=[commune.siren])).status_code == 404
        client.logout()


def test_inviting_an_administrator_is_for_who_administers() -> None:
    commune = a_commune()
    with pytest.raises(NotAllowed):
        services.invite(
            email="x@x.fr", role=Role.DRAFTER, organisation=commune, as_administrator=True, by=a_signatory(commune)
        )
    services.invite(email="x@x.fr", role=Role.DRAFTER, organisation=commune, as_administrator=True, by=a_fund_manager())
    assert Invitation.objects.get().as_administrator
