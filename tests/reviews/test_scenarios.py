"""Scenarios: what they may say, who sees what of them, what is retained."""

import io
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications import services as applications
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from journal.services import history
from reviews import services
from reviews.models import Conflict, Scenario, ScenarioLine
from reviews.services import Given, WrongLine
from tests.factories.accounts import a_drafter, a_fund_manager, an_auditor, an_evaluator, an_instructor
from tests.factories.desk import Desk

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def a_scenario(desk: Desk, lines: dict[int, Given] | None = None, *, by: Any = None, name: str = "A") -> Scenario:
    return services.create_scenario(desk.call.pk, name=name, lines=lines, by=by or desk.manager)


def saved(scenario: Scenario, lines: dict[int, Given], by: Any, version: int | None = None) -> Scenario:
    return services.save_scenario(scenario.pk, name=scenario.name, note="", lines=lines, by=by, version=version)


class TestLines:
    def test_an_amount_fits_the_file_and_the_call(self, desk: Desk) -> None:
        file = desk.application(S.REVIEWED)
        scenario = a_scenario(desk)
        most = min(file.requested_cents, file.allowed_cents)
        for wrong in (
            Given(most + 1),
            Given(-1),
            Given(desk.call.floor_cents - 1),
            Given(most, rank=1),
            Given(rank=0),
            Given(remark="x" * 201),
        ):
            with pytest.raises(WrongLine, match=str(file.number)):
                saved(scenario, {file.pk: wrong}, desk.manager)
        saved(scenario, {file.pk: Given(most, remark="Très attendu")}, desk.manager)
        assert ScenarioLine.objects.get().proposed_cents == most
        saved(scenario, {file.pk: Given()}, desk.manager)
        assert not ScenarioLine.objects.exists()

    def test_ranks_of_reserve_may_be_swapped_never_shared(self, desk: Desk) -> None:
        first, second = desk.application(S.REVIEWED), desk.application(S.REVIEWED)
        scenario = a_scenario(desk, {first.pk: Given(rank=1), second.pk: Given(rank=2)})
        saved(scenario, {first.pk: Given(rank=2), second.pk: Given(rank=1)}, desk.manager)
        connection.check_constraints()
        with pytest.raises(WrongLine, match="déjà pris"):
            saved(scenario, {first.pk: Given(rank=1)}, desk.manager)

    def test_two_people_do_not_overwrite_each_other(self, desk: Desk) -> None:
        file = desk.application(S.REVIEWED)
        scenario = services.share_scenario(a_scenario(desk).pk, by=desk.manager)
        saved(scenario, {file.pk: Given(100_000)}, desk.manager, version=scenario.version)
        with pytest.raises(Stale):
            saved(scenario, {file.pk: Given(200_000)}, desk.instructor, version=scenario.version)
        assert ScenarioLine.objects.get().proposed_cents == 100_000
        assert [entry.verb for entry in history(scenario)] == ["create", "share", "write_scenario"]


class TestRetained:
    def test_over_the_envelope_while_drafted_never_retained(self, desk: Desk) -> None:
        files = [desk.application(S.REVIEWED) for _ in range(3)]
        available = 4_000_000
        desk.call.envelope.balance.refresh_from_db()
        applications.grant(desk.application(S.REVIEWED).pk, amount_cents=400_000, by=desk.manager)
        scenario = a_scenario(desk, {file.pk: Given(400_000) for file in files})
        from fund.services import lock_envelope, move

        spare = available - 400_000 - 1_200_000 + 1
        move(lock_envelope(desk.call.envelope_id), "reserve", spare, by=desk.manager, subject="x")
        with pytest.raises(DomainError, match="dépasse l’enveloppe de 0,01"):
            services.retain_scenario(scenario.pk, by=desk.manager)
        saved(Scenario.objects.get(pk=scenario.pk), {files[0].pk: Given(399_999)}, desk.manager)
        services.retain_scenario(scenario.pk, by=desk.manager)
        connection.check_constraints()

    def test_one_at_a_time_and_frozen(self, desk: Desk) -> None:
        file = desk.application(S.REVIEWED)
        a, b = a_scenario(desk, {file.pk: Given(100_000)}), a_scenario(desk, name="B")
        with pytest.raises(NotAllowed):
            services.retain_scenario(a.pk, by=desk.instructor)
        services.retain_scenario(a.pk, by=desk.manager)
        with pytest.raises(DomainError, match="retenu"):
            saved(a, {file.pk: Given(200_000)}, desk.manager)
        services.retain_scenario(b.pk, by=desk.head if desk.head.pk == b.author_id else desk.manager)
        assert set(Scenario.objects.values_list("name", "state")) == {("A", "shared"), ("B", "retained")}
        services.let_scenario_go(b.pk, by=desk.manager)
        connection.check_constraints()

    def test_the_database_alone_holds_it(self, desk: Desk) -> None:
        file = desk.application(S.REVIEWED)
        scenario = services.retain_scenario(a_scenario(desk, {file.pk: Given(100_000)}).pk, by=desk.manager)
        with pytest.raises(IntegrityError, match="does not change"):
            ScenarioLine.objects.filter(scenario=scenario).update(proposed_cents=200_000)


class TestInterests:
    def test_neither_the_line_nor_its_part_of_the_totals(self, desk: Desk, client: Client) -> None:
        hidden, seen = desk.application(S.REVIEWED), desk.application(S.REVIEWED)
        scenario = a_scenario(desk, {hidden.pk: Given(333_300), seen.pk: Given(100_000)})
        services.share_scenario(scenario.pk, by=desk.manager)
        services.declare_conflict(hidden.pk, reason="Ma sœur y travaille.", by=desk.instructor)
        client.force_login(desk.instructor)
        other = a_scenario(desk, name="B")
        services.share_scenario(other.pk, by=desk.manager)
        pages = [
            reverse("scenario_grid", args=[scenario.pk]),
            reverse("scenario_list"),
            f"{reverse('scenario_compare')}?a={scenario.pk}&b={other.pk}",
            f"{reverse('scenario_propose', args=[desk.call.slug])}?montants=entiers&base=avis&unite=100",
            reverse("scenario_export", args=[scenario.pk, "csv"]),
        ]
        for page in pages:
            shown = client.get(page).content.decode()
            assert str(hidden.number) not in shown and hidden.organisation.name not in shown, page
            assert "3\u202f333,00" not in shown and "4\u202f333,00" not in shown and "333300" not in shown, page
        assert "1\u202f000,00\u202f€" in client.get(pages[0]).content.decode()
        assert "déporté" in client.get(pages[0]).content.decode()
        post = {"version": Scenario.objects.get(pk=scenario.pk).version, f"m-{hidden.pk}": "1", f"m-{seen.pk}": "1500"}
        assert client.post(pages[0], post).status_code == 302
        assert ScenarioLine.objects.get(application=hidden).proposed_cents == 333_300
        copy = services.duplicate_scenario(scenario.pk, by=desk.instructor)
        assert list(copy.lines.values_list("application", flat=True)) == [seen.pk]

    def test_the_database_refuses_their_pen(self, desk: Desk) -> None:
        file = desk.application(S.REVIEWED)
        scenario = a_scenario(desk)
        Conflict.objects.create(user=desk.manager, application=file, reason="x")
        with pytest.raises(IntegrityError, match="with an interest"):
            ScenarioLine.objects.create(scenario=scenario, application=file, written_by=desk.manager)


class TestPages:
    def test_who_opens_them(self, desk: Desk, client: Client) -> None:
        desk.application(S.REVIEWED)
        draft = a_scenario(desk)
        page = reverse("scenario_grid", args=[draft.pk])
        for who, status in (
            (desk.manager, 200),
            (desk.instructor, 404),
            (an_auditor(), 404),
            (an_evaluator(), 404),
            (a_drafter(), 404),
        ):
            client.force_login(who)
            assert client.get(page).status_code == status
        services.share_scenario(draft.pk, by=desk.manager)
        for who, status in (
            (desk.instructor, 200),
            (an_auditor(), 200),
            (a_fund_manager(), 200),
            (an_evaluator(), 404),
        ):
            client.force_login(who)
            assert client.get(page).status_code == status
        client.force_login(an_auditor())
        assert client.post(page, {}).status_code == 403
        assert "data-amount" not in client.get(page).content.decode()

    def test_what_was_typed_comes_back(self, desk: Desk, client: Client) -> None:
        file = desk.application(S.REVIEWED)
        scenario = a_scenario(desk)
        client.force_login(desk.manager)
        page = reverse("scenario_grid", args=[scenario.pk])
        for typed in ("12.000,50", "99 999"):
            post = {
                "nom": "Autre nom",
                "version": scenario.version,
                f"m-{file.pk}": typed,
                f"o-{file.pk}": "Ma remarque",
            }
            answer = client.post(page, post)
            shown = answer.content.decode()
            assert answer.status_code == 422
            assert typed in shown and "Ma remarque" in shown and "Autre nom" in shown and str(file.number) in shown
        post[f"m-{file.pk}"] = "1 234,56"
        assert client.post(page, post).status_code == 302
        assert ScenarioLine.objects.get().proposed_cents == 123_456
        answer = client.post(page, post)
        assert answer.status_code == 422 and "entre-temps" in answer.content.decode()

    def test_filters_recompute_the_totals(self, desk: Desk, client: Client) -> None:
        first, second = desk.application(S.REVIEWED), desk.application(S.REVIEWED)
        scenario = a_scenario(desk, {first.pk: Given(100_000), second.pk: Given(200_000)})
        client.force_login(desk.manager)
        shown = client.get(reverse("scenario_grid", args=[scenario.pk]), {"q": str(first.number)}).content.decode()
        assert "1\u202f000,00\u202f€ proposés à 1 des 1 dossiers" in shown and "3\u202f000,00\u202f€" in shown

    def test_a_proposal_is_copied_only_as_it_was_read(self, desk: Desk, client: Client) -> None:
        files = [desk.application(S.REVIEWED) for _ in range(2)]
        client.force_login(desk.instructor)
        page = reverse("scenario_propose", args=[desk.call.slug])
        asked = {"montants": "partiels", "base": "demande", "unite": "1000", "seuil": "50", "plafond": "2 000"}
        answer = client.get(page, asked)
        assert answer.status_code == 200 and not Scenario.objects.exists()
        assert "plafond de 2\u202f000,00\u202f€" in answer.content.decode() and "Aujourd’hui" in answer.content.decode()
        copy = {**asked, "vu": answer.context["digest"], "nom": "Calculé"}
        applications.withdraw(files[0].pk, reason="x", by=files[0].submitted_by)
        answer = client.post(page, copy)
        assert answer.status_code == 422 and "ont changé" in answer.content.decode()
        copy["vu"] = client.get(page, asked).context["digest"]
        assert client.post(page, copy).status_code == 302
        assert list(ScenarioLine.objects.values_list("application", "proposed_cents")) == [(files[1].pk, 200_000)]
        answer = client.get(page, {**asked, "themes": "3"})
        assert "ne tiennent pas ensemble" in answer.content.decode()
        answer = client.get(page, {**asked, "seuil": "abc"})
        assert answer.status_code == 422

    def test_files_to_take_away(self, desk: Desk, client: Client) -> None:
        file = desk.application(S.REVIEWED)
        scenario = a_scenario(desk, {file.pk: Given(100_000, remark="=1+1")})
        client.force_login(desk.manager)
        told = client.get(reverse("scenario_export", args=[scenario.pk, "csv"])).content.decode()
        assert "1000,00" in told and "\r\n" in told and ";=1+1" not in told
        sheet = openpyxl.load_workbook(
            io.BytesIO(client.get(reverse("scenario_export", args=[scenario.pk, "xlsx"])).content)
        ).active
        assert [cell.value for cell in sheet[2]][10] == 1000 and sheet[2][13].data_type == "s"
        assert client.get(reverse("scenario_export", args=[scenario.pk, "ods"])).status_code == 404

    def test_no_more_queries_with_more_files(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        scenario, other = a_scenario(desk), a_scenario(desk, name="B")
        pages = [
            reverse("scenario_grid", args=[scenario.pk]),
            reverse("scenario_list"),
            f"{reverse('scenario_compare')}?a={scenario.pk}&b={other.pk}",
        ]
        counts: list[list[int]] = []
        for files in (1, 29):
            for _ in range(files):
                file = desk.application(S.REVIEWED)
                saved(Scenario.objects.get(pk=scenario.pk), {file.pk: Given(100_000)}, desk.manager)
            counts.append([])
            for page in pages:
                with CaptureQueriesContext(connection) as asked:
                    assert client.get(page).status_code == 200
                counts[-1].append(len(asked))
        assert counts[0] == counts[1] and max(counts[0]) <= 20


def test_drawn_by_the_team_that_instructs(desk: Desk) -> None:
    for who in (desk.head, an_auditor(), an_evaluator(), a_drafter()):
        with pytest.raises(NotAllowed):
            services.create_scenario(desk.call.pk, name="A", by=who)
    with pytest.raises(NotAllowed):
        saved(a_scenario(desk), {}, an_instructor())
    with pytest.raises(DomainError, match="nom"):
        a_scenario(desk, name="  ")
