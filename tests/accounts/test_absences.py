"""Away, replaced, signing by delegation: no role is lent, and four eyes stay four."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import absences, services
from accounts.models import Absence, Delegation, User
from accounts.states import Role
from applications import queue
from applications import services as applications
from applications.letter_data import letter_data
from applications.models import Application, Decision
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from reviews.bulk.instructing import AssignForm
from tests.factories.accounts import a_drafter, an_auditor, an_instructor
from tests.factories.desk import Desk, in_days

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def away(person: User, substitute: User | None = None, start: int = 0, days: int = 5, by: Any = None) -> Absence:
    return services.declare_absence(
        person=person, starts_on=in_days(start), ends_on=in_days(start + days), substitute=substitute, by=by or person
    )


def delegated(desk: Desk, to: User, start: int = 0, days: int = 5) -> Delegation:
    return services.delegate_signature(
        delegate=to, reference="2026-D-14", starts_on=in_days(start), ends_on=in_days(start + days), by=desk.head
    )


def sign(decision: Decision, by: Any) -> Decision:
    by = get_user_model().objects.get(pk=by.pk)
    return applications.sign_decision(decision.pk, act_number="CM-1", act_date=timezone.localdate(), by=by)


class TestAbsence:
    def test_said_on_the_file_and_in_the_substitutes_files(self, desk: Desk, client: Client) -> None:
        application, substitute = (
            desk.application(S.IN_INSTRUCTION),
            an_instructor(first_name="Nadia", last_name="Remplace"),
        )
        mine = Application.objects.filter(queue.of_the_day(substitute))
        assert not mine.filter(pk=application.pk).exists()
        absence = away(desk.instructor, substitute)
        assert mine.all().filter(pk=application.pk).exists()
        client.force_login(desk.manager)
        shown = client.get(reverse("desk_file", args=[application.public_id])).content.decode()
        assert "absence jusqu’au" in shown and "Nadia Remplace" in shown
        services.cancel_absence(absence.pk, by=desk.instructor)
        assert not mine.all().filter(pk=application.pk).exists()

    def test_it_lends_no_role(self, desk: Desk) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        away(desk.head, desk.instructor)
        decision = desk.decision()
        with pytest.raises(NotAllowed, match="délégué"):
            sign(decision, desk.instructor)
        substitute = an_instructor()
        away(desk.instructor, substitute)
        application.refresh_from_db()
        assert application.instructor == desk.instructor and not substitute.has_role(Role.HEAD_OF_SERVICE)

    def test_tomorrow_is_not_today(self, desk: Desk) -> None:
        away(desk.instructor, start=1)
        assert not absences.away([desk.instructor.pk])

    def test_refusals(self, desk: Desk) -> None:
        away(desk.instructor, days=5)
        with pytest.raises(DomainError, match="déjà une absence"):
            away(desk.instructor, start=5)
        away(desk.instructor, start=6)
        with pytest.raises(DomainError, match="déjà passées"):
            away(desk.manager, start=-9, days=2)
        with pytest.raises(DomainError, match="La fin"):
            away(desk.manager, days=-1)
        for nobody in (desk.manager, an_auditor(), a_drafter()):
            with pytest.raises(DomainError, match="autre personne"):
                away(desk.manager, nobody)
        with pytest.raises(NotAllowed):
            away(desk.manager, by=desk.instructor)
        assert away(an_instructor(), by=desk.manager).declared_by == desk.manager

    def test_who_assigns_is_warned(self, desk: Desk) -> None:
        away(desk.instructor, desk.manager)
        choices = _choices(AssignForm, desk.manager)
        assert "absence jusqu’au" in choices[str(desk.instructor.pk)]
        assert "absence" not in choices[str(desk.manager.pk)]


def _choices(form: Any, by: User) -> dict[str, str]:
    return dict(form(by=by).fields["instructor"].choices)


class TestDelegation:
    def test_signed_in_ones_own_name_by_delegation(self, desk: Desk) -> None:
        delegate = an_instructor()
        decision = desk.decision()
        with pytest.raises(NotAllowed):
            sign(decision, delegate)
        given = delegated(desk, delegate)
        signed = sign(decision, delegate)
        assert (signed.signed_by, signed.delegation) == (delegate, given)
        said = letter_data(Decision.objects.get(pk=decision.pk))["signatory"]
        assert said["name"] == delegate.get_full_name() and "par délégation (2026-D-14)" in said["capacity"]

    def test_four_eyes_stay_four(self, desk: Desk) -> None:
        """Whoever recorded the decision never signs it, delegation or not; nor does the database let them."""
        decision = desk.decision()
        given = delegated(desk, desk.manager)
        with pytest.raises(NotAllowed, match="enregistré"):
            sign(decision, desk.manager)
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(signed_by=desk.manager, delegation=given)

    def test_not_before_not_after_not_revoked_not_of_a_head_who_left(self, desk: Desk) -> None:
        decision, delegate = desk.decision(), an_instructor()
        delegated(desk, delegate, start=1)
        with pytest.raises(NotAllowed):
            sign(decision, delegate)
        given = delegated(desk, delegate)
        services.revoke_delegation(given.pk, by=desk.head)
        with pytest.raises(NotAllowed):
            sign(decision, delegate)
        delegated(desk, delegate)
        desk.head.memberships.update(ended_at=timezone.now())
        with pytest.raises(NotAllowed):
            sign(decision, delegate)

    def test_the_database_asks_for_the_power(self, desk: Desk) -> None:
        decision, delegate = desk.decision(), an_instructor()
        revoked = delegated(desk, delegate)
        services.revoke_delegation(revoked.pk, by=desk.head)
        for fields in ({}, {"delegation": revoked}):
            with pytest.raises(IntegrityError, match="deleg"), transaction.atomic():
                Decision.objects.filter(pk=decision.pk).update(signed_by=delegate, **fields)

    def test_only_the_head_gives_and_never_to_oneself_nor_to_a_stranger(self, desk: Desk) -> None:
        with pytest.raises(NotAllowed):
            services.delegate_signature(
                delegate=desk.instructor, reference="x", starts_on=in_days(0), ends_on=in_days(1), by=desk.manager
            )
        for person in (desk.head, a_drafter(), an_auditor()):
            with pytest.raises(DomainError):
                delegated(desk, person)
        with pytest.raises(IntegrityError, match="head of service"), transaction.atomic():
            Delegation.objects.create(
                giver=desk.manager, delegate=desk.instructor, reference="x", starts_on=in_days(0), ends_on=in_days(1)
            )


class TestPage:
    def test_declared_cancelled_delegated_revoked(self, desk: Desk, client: Client) -> None:
        page = reverse("absence_list")
        client.force_login(desk.instructor)
        data = {"quoi": "absence", "person": desk.instructor.pk, "starts_on": in_days(0), "ends_on": in_days(-1)}
        answer = client.post(page, data)
        assert answer.status_code == 422 and "La fin vient après le début" in answer.content.decode()
        assert client.post(page, data | {"ends_on": in_days(3), "substitute": desk.manager.pk}).status_code == 302
        assert "Déléguer ma signature" not in client.get(page).content.decode()
        someone = {**data, "person": desk.manager.pk, "ends_on": in_days(3)}
        assert client.post(page, someone).status_code == 422, "for oneself only"
        other = an_instructor()
        client.force_login(other)
        cancel = reverse("absence_cancel", args=[Absence.objects.get().pk])
        assert client.post(cancel).status_code == 403
        client.force_login(desk.head)
        assert client.post(cancel).status_code == 302
        given = {"d-delegate": other.pk, "d-reference": "2026-D-15", "d-starts_on": in_days(0), "d-ends_on": in_days(9)}
        assert client.post(page, {"quoi": "delegation", **given}).status_code == 302
        revoke = reverse("delegation_revoke", args=[Delegation.objects.get().pk])
        client.force_login(desk.manager)
        assert client.post(revoke).status_code == 403
        client.force_login(desk.head)
        client.post(revoke)
        assert Delegation.objects.get().revoked_at

    def test_closed_to_others(self, client: Client) -> None:
        for who in (an_auditor(), a_drafter()):
            client.force_login(who)
            assert client.get(reverse("absence_list")).status_code == 404
