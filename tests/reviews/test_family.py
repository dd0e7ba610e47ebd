"""The commune and its CCAS in the fund; the same project asked twice; nothing of a file one may not see."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from accounts.states import OrganisationKind
from applications import services as applications
from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from reviews import family, services
from reviews.models import Conflict, DuplicateVerdict
from reviews.services.checklist import lines_of
from tests.factories.accounts import a_commune, an_auditor, an_instructor
from tests.factories.desk import Desk, fresh

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def becomes_ccas_of(organisation: Organisation, commune: Organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(
        kind=OrganisationKind.CCAS, insee_code=commune.insee_code, name=f"CCAS de {commune.name}"
    )


def by_commune_and_ccas(desk: Desk) -> tuple[Application, Application]:
    first = desk.application(S.IN_INSTRUCTION)
    second = desk.application(S.IN_INSTRUCTION)
    becomes_ccas_of(second.organisation, first.organisation)
    return fresh(first), fresh(second)


def near(application: Application, by: Any) -> list[family.Near]:
    others = family.others(application, by)
    return family.near(application, others, family.verdicts_on(application, others))


def a_text(title: str, text: str = "") -> Any:
    return SimpleNamespace(title=title, stakes=text, diagnostic="", description="")


class TestLikeness:
    LONG = (
        "Former les agents de l’accueil au droit de la non-discrimination dans le logement, avec la permanence du "
        "délégué, puis suivre pendant un an les refus motivés par écrit et les orientations vers la mairie."
    )

    def test_the_same_words_and_reworded_titles_come_near(self) -> None:
        same = family.likeness(a_text("Accueillir sans trier", self.LONG), a_text("ACCUEILLIR SANS TRIER !", self.LONG))
        assert same > 0.95
        retitled = family.likeness(a_text("Accueillir sans trier", self.LONG), a_text("Plan logement", self.LONG))
        assert retitled >= family.SUSPECT
        extended = family.likeness(
            a_text("Accueil", self.LONG), a_text("Accueil pour tous", f"{self.LONG} Et plus." * 3)
        )
        assert extended >= family.SUSPECT

    def test_other_projects_stay_apart(self) -> None:
        other = "Un tournoi de football mixte dans trois quartiers, arbitré par des jeunes formés à la médiation."
        assert family.likeness(a_text("Sport pour toutes", other), a_text("Accueillir sans trier", self.LONG)) < 0.3
        assert family.likeness(a_text("", ""), a_text("", "")) >= 0  # nothing written, nothing broken


class TestDuplicates:
    def test_the_commune_and_its_ccas_ask_for_the_same_project(self, desk: Desk) -> None:
        mine, theirs = by_commune_and_ccas(desk)
        for one, other in ((mine, theirs), (theirs, mine)):
            [found] = near(one, desk.instructor)
            assert found.file.pk == other.pk and found.suspect
        check = next(one for one in lines_of(mine.pk, by=desk.instructor) if one.key == "rule-duplicates")
        assert check.fails and str(theirs.number) in check.reason and "CCAS" in check.reason
        with pytest.raises(DomainError, match="double"):
            services.find_complete(mine.pk, by=desk.instructor)

    def test_two_communes_are_never_compared(self, desk: Desk) -> None:
        first, _ = desk.application(S.IN_INSTRUCTION), desk.application(S.IN_INSTRUCTION)
        assert not near(first, desk.instructor)

    def test_not_a_duplicate_is_remembered_on_both(self, desk: Desk) -> None:
        mine, theirs = by_commune_and_ccas(desk)
        with pytest.raises(DomainError, match="distingue"):
            services.judge_pair(mine.pk, theirs.pk, distinct=True, reason=" ", by=desk.instructor)
        services.judge_pair(theirs.pk, mine.pk, distinct=True, reason="Deux quartiers.", by=desk.instructor)
        for one in (mine, theirs):
            [found] = near(one, desk.instructor)
            assert found.settled and not found.suspect and found.verdict.by == desk.instructor
        services.find_complete(mine.pk, by=desk.instructor)
        services.judge_pair(mine.pk, theirs.pk, distinct=False, reason="Tout compte fait.", by=desk.manager)
        assert near(mine, desk.instructor)[0].suspect and DuplicateVerdict.objects.count() == 2

    def test_only_by_who_may_open_both(self, desk: Desk) -> None:
        mine, theirs = by_commune_and_ccas(desk)
        interested = an_instructor()
        Conflict.objects.create(user=interested, application=theirs, reason="Frère.")
        with pytest.raises(NotAllowed):
            services.judge_pair(mine.pk, theirs.pk, distinct=True, reason="x", by=interested)
        with pytest.raises(IntegrityError, match="interest"), transaction.atomic():
            DuplicateVerdict.objects.create(first=mine, second=theirs, distinct=True, reason="x", by=interested)
        stranger = desk.application(S.IN_INSTRUCTION)
        with pytest.raises(NotAllowed):
            services.judge_pair(mine.pk, stranger.pk, distinct=True, reason="x", by=desk.instructor)

    def test_a_refused_file_asked_again_is_no_suspicion(self, desk: Desk) -> None:
        mine, theirs = by_commune_and_ccas(desk)
        applications.declare_inadmissible(theirs.pk, reason="Trop tôt.", by=desk.instructor)
        assert not near(mine, desk.instructor)[0].suspect


class TestHistory:
    def test_by_year_with_what_was_asked_granted_and_owed(self, desk: Desk) -> None:
        past = desk.signed().application
        application = desk.application(S.IN_INSTRUCTION, organisation=past.organisation)
        others = family.others(application, desk.instructor)
        [year] = family.history(others, today=timezone.localdate())
        assert (year.asked, year.granted, year.paid) == (400_000, 400_000, 0)
        assert family.per_inhabitant(application, others) == (400_000, 32)
        assert year.files[0].file.number == past.number

    def test_a_late_report_fails_the_check(self, desk: Desk) -> None:
        late = SimpleNamespace(
            state=S.GRANTED, report_state="due", report_due_on=timezone.localdate() - timedelta(days=1), number="FI-1"
        )
        later = SimpleNamespace(**{**vars(late), "report_due_on": timezone.localdate(), "number": "FI-2"})
        sent = SimpleNamespace(**{**vars(late), "report_state": "submitted", "number": "FI-3"})
        assert family.late_reports([late, later, sent], today=timezone.localdate()) == ["FI-1"]

    def test_nothing_of_a_file_one_may_not_see(self, desk: Desk, client: Client) -> None:
        mine, theirs = by_commune_and_ccas(desk)
        interested = an_instructor()
        Conflict.objects.create(user=interested, application=theirs, reason="Frère.")
        client.force_login(interested)
        shown = client.get(reverse("desk_file", args=[mine.public_id])).content.decode()
        assert str(theirs.number) not in shown and str(theirs.public_id) not in shown and "Premier dossier" in shown
        assert client.get(reverse("desk_compare", args=[mine.public_id, theirs.public_id])).status_code == 404


class TestPage:
    def test_side_by_side_then_the_verdict(self, desk: Desk, client: Client) -> None:
        mine, theirs = by_commune_and_ccas(desk)
        client.force_login(desk.instructor)
        page = reverse("desk_compare", args=[mine.public_id, theirs.public_id])
        assert page in client.get(reverse("desk_file", args=[mine.public_id])).content.decode()
        shown = client.get(page).content.decode()
        assert str(mine.number) in shown and str(theirs.number) in shown and "Six séances de deux heures" in shown
        assert client.post(page, {"verdict": "distinct", "reason": ""}).status_code == 422
        assert client.post(page, {"verdict": "distinct", "reason": "Deux publics."}).status_code == 302
        assert "écarté par" in client.get(reverse("desk_file", args=[mine.public_id])).content.decode()
        client.force_login(an_auditor())
        assert client.get(page).status_code == 200
        assert client.post(page, {"verdict": "distinct", "reason": "x"}).status_code == 403
        client.force_login(mine.created_by)
        assert client.get(page).status_code == 404
        client.force_login(desk.instructor)
        far = desk.application()
        assert client.get(reverse("desk_compare", args=[mine.public_id, far.public_id])).status_code == 404

    def test_as_many_queries_for_one_other_file_as_for_eight(self, desk: Desk, client: Client) -> None:
        commune = a_commune()
        mine = desk.application(S.IN_INSTRUCTION, organisation=commune)
        desk.application(organisation=commune)
        client.force_login(desk.instructor)
        page = reverse("desk_file", args=[mine.public_id])
        client.get(page)
        with CaptureQueriesContext(connection) as one:
            client.get(page)
        for _ in range(7):
            desk.application(organisation=commune)
        with CaptureQueriesContext(connection) as eight:
            shown = client.get(page)
        assert len(shown.context["near"]) == 8 and len(one) == len(eight)
