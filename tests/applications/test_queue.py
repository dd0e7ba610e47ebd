"""The desk's list: who sees it, what the filters keep, pages by key, counters, the CSV."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import queue, services
from applications.models import Application
from applications.sorting import CHOICES, SORTS
from applications.states import ApplicationState
from common.working_days import last_day_within, working_days
from reviews import services as reviews
from reviews.views.queue_rows import delay, reason
from tests.factories.accounts import (
    a_commune,
    a_drafter,
    a_finance_approver,
    an_administrator,
    an_auditor,
    an_evaluator,
    an_instructor,
)
from tests.factories.applications import a_sent_application, sections
from tests.factories.desk import Desk, in_days

pytestmark = pytest.mark.django_db
S = ApplicationState
URL = "/instruction/"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def numbers(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{URL}?{query}" if query else URL)
    assert answer.status_code == 200
    return [row["number"] for row in answer.context["page"].rows]


class TestWho:
    def test_the_desk_and_the_auditor_only(self, desk: Desk, client: Client) -> None:
        assert client.get(URL).status_code == 302
        for who in (desk.instructor, desk.manager, desk.head, an_auditor()):
            client.force_login(who)
            assert client.get(URL).status_code == 200
        for who in (a_drafter(), an_evaluator(), an_administrator(), a_finance_approver()):
            client.force_login(who)
            assert client.get(URL).status_code == 404
            assert client.get(reverse("desk_queue_export")).status_code == 404

    def test_no_draft_and_nothing_of_a_declared_interest(self, desk: Desk, client: Client) -> None:
        seen, hidden = desk.application(), desk.application()
        reviews.declare_conflict(hidden.pk, reason="Parenté.", by=desk.instructor)
        client.force_login(desk.instructor)
        assert numbers(client, "etat=tous") == [seen.number]
        assert numbers(client, f"etat=tous&q={hidden.number}") == []
        export = b"".join(client.get(reverse("desk_queue_export"), {"etat": "tous"}).streaming_content).decode()
        assert seen.number in export and hidden.number not in export
        assert client.get(reverse("desk_file", args=[hidden.public_id])).status_code == 404


class TestFilters:
    def test_the_day_of_each(self, desk: Desk, client: Client) -> None:
        sent, mine = desk.application(), desk.application(S.IN_INSTRUCTION)
        other, decide = desk.application(), desk.application(S.REVIEWED)
        services.start_instruction(other.pk, by=an_instructor())
        client.force_login(desk.instructor)
        assert numbers(client) == [sent.number, mine.number]
        client.force_login(desk.manager)
        assert numbers(client) == [sent.number, decide.number]
        client.force_login(desk.head)
        assert numbers(client) == [sent.number, mine.number, other.number, decide.number]

    def test_each_filter_keeps_what_it_says(self, desk: Desk, client: Client) -> None:
        commune = a_commune("Châteauneuf-les-Martigues", plan_status="adopted")
        plain = desk.application(S.IN_INSTRUCTION)
        school = sections()["chantier"][0] | {"theme": "education_formation", "title": "L’école à égalité"}
        special = a_sent_application(desk.call, commune, chantier=(school, {}))
        waiting = desk.application(S.AWAITING_COMMUNE)
        client.force_login(desk.manager)
        for query, expected in {
            "etat=tous": [plain, special, waiting],
            "etat=submitted": [special],
            "etat=tous&theme=education_formation": [special],
            "etat=tous&plan=avec": [special],
            "etat=tous&plan=sans": [plain, waiting],
            "etat=tous&par=personne": [special],
            f"etat=tous&par={desk.instructor.pk}": [plain, waiting],
            "etat=tous&par=moi": [],
            f"etat=tous&commune={commune.pk}": [special],
            "etat=tous&pieces=attendues": [waiting],
            "etat=tous&pieces=a_verifier": [plain],
            "etat=tous&pieces=retard": [],
            "etat=tous&delai=5": [],
            "etat=tous&delai=15": [],
            "etat=tous&min=3 000&max=4000": [plain, special, waiting],
            "etat=tous&min=4000,01": [],
            f"etat=tous&appel={desk.call.pk + 1}": [],
            "etat=tous&q=ecole": [special],
            "etat=tous&q=chateauneuf martig": [special],
            f"etat=tous&q={special.number}": [special],
            f"etat=tous&q={int(special.number[-4:])}": [special],
            "etat=tous&q=introuvable": [],
            'etat=tous&q="ecole a egalite"': [special],
            "etat=tous&q=« École à » martig": [special],
            'etat=tous&q="egalite ecole"': [],
            'etat=tous&q="ecol"': [],
            'etat=tous&q="" ecole': [special],
            "etat=tous&q=4 000,00 €": [plain, special, waiting],
            "etat=tous&q=3 999": [],
            "etat=decides": [],
        }.items():
            assert numbers(client, query) == [one.number for one in expected], query

    def test_nonsense_in_the_address_breaks_nothing(self, desk: Desk, client: Client) -> None:
        application = desk.application()
        client.force_login(desk.manager)
        for query in (
            "etat=draft",
            "etat='&tri=x&theme=x&par=0'&commune=x&delai=x&pieces=x&appel=99999999999999999999",
            "apres=_&avant=_",
            "apres=zz_zz&tri=demande",
            "q=%26 | ! : * '\\",
            'q="""" « » “',
            f"q={'é' * 5000}",
            "q=%00",
            "min=abc",
        ):
            shown = numbers(client, query)
            assert shown in ([application.number], [])
        assert "draft" not in str(numbers(client, "etat=draft"))
        assert client.get(URL, {"min": "12.000,50"}).context["filters"].refused

    def test_late_files(self, desk: Desk, client: Client) -> None:
        late, _ = desk.application(), desk.application()
        Application.objects.filter(pk=late.pk).update(due_on=in_days(-3))
        client.force_login(desk.head)
        assert numbers(client, "vue=retard") == numbers(client, "etat=tous&delai=depasse") == [late.number]
        days = working_days(in_days(-3), in_days(0))
        told = f"{days} j ouvré" if days else "délai dépassé"
        assert told in client.get(URL, {"vue": "retard"}).content.decode()

    def test_a_delay_that_stands_still_is_never_late(self, desk: Desk, client: Client) -> None:
        waiting = desk.application(S.AWAITING_COMMUNE)
        Application.objects.filter(pk=waiting.pk).update(due_on=in_days(-3))
        client.force_login(desk.head)
        assert numbers(client, "vue=retard") == numbers(client, "etat=tous&delai=depasse") == []

    def test_chips_say_what_is_filtered(self, desk: Desk, client: Client) -> None:
        desk.application()
        client.force_login(desk.manager)
        chips = client.get(URL, {"etat": "tous", "theme": "logement", "plan": "sans"}).context["chips"]
        assert [chip["label"] for chip in chips] == ["Logement", "Sans plan local"]


class TestRefused:
    @pytest.mark.parametrize(
        "name", ["vue", "etat", "theme", "plan", "par", "commune", "appel", "delai", "pieces", "tri", "min", "max"]
    )
    def test_a_value_nobody_knows_is_said_in_words(self, desk: Desk, client: Client, name: str) -> None:
        application = desk.application()
        client.force_login(desk.manager)
        answer = client.get(URL, {"q": application.number, name: "zz<b>z"})
        assert len(answer.context["filters"].refused) == 1
        assert "zz&lt;b&gt;z" in answer.content.decode()
        assert [row["number"] for row in answer.context["page"].rows] == [application.number]

    def test_a_long_search_is_cut_and_said(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        assert client.get(URL, {"q": "a" * 100}).context["filters"].refused == []
        assert "100 premiers caractères" in client.get(URL, {"q": "a" * 101}).context["filters"].refused[0]

    def test_what_is_known_is_refused_nothing(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.manager)
        for query in ("", "vue=jour", "etat=ouverts&delai=5&pieces=recues&tri=-demande", "theme=&plan=&par=&delai="):
            assert client.get(f"{URL}?{query}").context["filters"].refused == []


class TestDelays:
    """Wednesday 8 April 2026; Monday 13 is worked, Monday 6 was Easter Monday."""

    today = date(2026, 4, 8)

    def row(self, **more: Any) -> dict[str, Any]:
        return {"state": S.IN_INSTRUCTION, "due_on": None, "asked_at": None, "asked_due": None} | more

    @pytest.mark.parametrize(
        ("due", "words", "late"),
        [
            (date(2026, 4, 13), "3 j ouvrés restants", False),
            (date(2026, 4, 9), "1 j ouvré restant", False),
            (date(2026, 4, 8), "aujourd’hui", False),
            (date(2026, 4, 3), "2 j ouvrés de retard", True),
        ],
    )
    def test_in_working_days(self, due: date, words: str, late: bool) -> None:
        assert delay(self.row(due_on=due), self.today)[2:] == (words, late)

    def test_a_week_end_has_no_working_day_left(self) -> None:
        friday, saturday, sunday = (date(2026, 4, each) for each in (10, 11, 12))
        assert delay(self.row(due_on=sunday), friday)[2:] == ("échéance le 12\u00a0avril", False)
        assert delay(self.row(due_on=saturday), sunday)[2:] == ("délai dépassé", True)

    def test_it_stands_still_while_pieces_are_awaited_then_runs_again(self) -> None:
        asked = datetime(2026, 4, 1, 10, tzinfo=UTC)
        waiting = self.row(state=S.AWAITING_COMMUNE, due_on=date(2026, 4, 3), asked_at=asked)
        still = delay(waiting | {"asked_due": self.today}, self.today)
        assert still == (settings.ANSWER_DELAY_DAYS - 2, "stop", "arrêté depuis le 1er\u00a0avril", False)
        # Six days were added when the commune let its deadline go by: due on 9 April.
        again = delay(waiting | {"asked_due": date(2026, 4, 7)}, self.today)
        assert again[2:] == ("1 j ouvré restant", False)

    def test_the_filters_count_working_days_and_leave_out_a_delay_that_stands_still(
        self, desk: Desk, client: Client
    ) -> None:
        files = [desk.application(S.IN_INSTRUCTION) for _ in range(4)]
        waiting = desk.application(S.AWAITING_COMMUNE)
        last = [last_day_within(in_days(0), count) for count in (5, 15)]
        days = (last[0], last[0] + timedelta(days=1), last[1], last[1] + timedelta(days=1))
        for one, due in zip(files, days, strict=True):
            Application.objects.filter(pk=one.pk).update(due_on=due)
        Application.objects.filter(pk=waiting.pk).update(due_on=in_days(1))
        client.force_login(desk.manager)
        assert numbers(client, "etat=tous&delai=5") == [files[0].number]
        assert numbers(client, "etat=tous&delai=15") == [one.number for one in files[:3]]

    def test_the_day_says_why(self, desk: Desk, client: Client) -> None:
        desk.application(), desk.application(S.IN_INSTRUCTION), desk.application(S.REVIEWED)
        for who, reasons in (
            (desk.instructor, ("à prendre", "complétude à vérifier")),
            (desk.manager, ("à prendre", "à décider")),
        ):
            client.force_login(who)
            shown = client.get(URL, {"vue": "jour"}).content.decode()
            assert "Pourquoi" in shown
            for why in reasons:
                assert f'<td class="nowrap">{why}</td>' in shown
        assert "Pourquoi" not in client.get(URL, {"etat": "tous"}).content.decode()

    def test_the_reason_of_a_file_in_instruction(self) -> None:
        for checked, answered, words in (
            (None, False, "complétude à vérifier"),
            (None, True, "pièces reçues"),
            (datetime(2026, 4, 1, tzinfo=UTC), True, "à instruire"),
        ):
            assert reason(self.row(complete_checked_at=checked, answered=answered)) == words


class TestPages:
    @pytest.mark.parametrize("order", ["delai", "-delai", "depot", "-depot", "demande", "-demande"])
    def test_every_file_once_forward_and_back(self, desk: Desk, order: str) -> None:
        files = [desk.application() for _ in range(5)]
        for index, one in enumerate(files[:4]):
            Application.objects.filter(pk=one.pk).update(due_on=in_days(index // 2))
        Application.objects.filter(pk=files[4].pk).update(due_on=None)
        chosen = queue.Filters(state="tous", sort=order.removeprefix("-"), descending=order.startswith("-"))
        forward = walk(desk.manager, chosen, "next_url")
        assert sorted(pk for one in forward for pk in one) == sorted(one.pk for one in files)
        assert [len(one) for one in forward] == [2, 2, 1]
        assert walk(desk.manager, chosen, "previous_url", start=forward) == forward[-2::-1]

    @pytest.mark.parametrize("order", [order for order, _ in CHOICES])
    def test_every_file_once_whatever_the_order_and_the_size_of_the_page(self, desk: Desk, order: str) -> None:
        """Ties, missing values and accents: forward, then back from the end, for each size."""
        files = [titled(desk, title) for title in ("École", "ecole", "_a_=_", "École")]
        files += [desk.application(S.IN_INSTRUCTION) for _ in range(2)]
        Application.objects.filter(pk__in=[files[0].pk, files[4].pk]).update(due_on=None)
        chosen = queue.Filters(state="tous", sort=order.removeprefix("-"), descending=order.startswith("-"))
        whole = SORTS[chosen.sort].ordered(queue.filtered(desk.manager, chosen), forward=not chosen.descending)
        expected = [one.pk for one in whole]
        assert sorted(expected) == sorted(one.pk for one in files)
        for size in (1, 2, 4, 6):
            there, query, last = [], "", ""
            while True:
                page = queue.page(queue.filtered(desk.manager, chosen), chosen, QueryDict(query), "number", size=size)
                there += [row["pk"] for row in page.rows]
                last = query
                if not page.next_url:
                    break
                query = page.next_url[1:]
            assert there == expected, size
            back = [row["pk"] for row in page.rows]
            while page.previous_url:
                page = queue.page(
                    queue.filtered(desk.manager, chosen), chosen, QueryDict(page.previous_url[1:]), "number", size=size
                )
                back = [row["pk"] for row in page.rows] + back
            assert back == expected, (size, last)

    def test_orders_are_those_of_a_french_reader(self, desk: Desk, client: Client) -> None:
        files = {title: titled(desk, title) for title in ("Zoo", "école", "Eau", "Été")}
        client.force_login(desk.manager)
        expected = [files[title].number for title in ("Eau", "école", "Été", "Zoo")]
        assert numbers(client, "etat=tous&tri=action") == expected
        assert numbers(client, "etat=tous&tri=-action") == expected[::-1]
        export = b"".join(client.get(reverse("desk_queue_export"), {"etat": "tous", "tri": "action"}).streaming_content)
        told = [row[0] for row in csv.reader(io.StringIO(export.decode("utf-8-sig")), delimiter=settings.CSV_SEPARATOR)]
        assert told[1:] == expected

    def test_files_without_instructor_come_last(self, desk: Desk, client: Client) -> None:
        nobody, taken = desk.application(), desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.manager)
        assert numbers(client, "etat=tous&tri=instructeur") == [taken.number, nobody.number]
        shown = client.get(URL, {"etat": "tous", "tri": "-etat"}).content.decode()
        assert '<option value="-etat" selected>' in shown and 'aria-sort="descending"' in shown

    def test_a_key_made_by_hand_breaks_nothing(self, desk: Desk, client: Client) -> None:
        one = desk.application()
        client.force_login(desk.manager)
        for key in ("%3D%00_1", "a_1", "%3D_1", "_1", "99999999999999999999999_1", "1_99999999999999999999999"):
            for order in ("action", "theme", "demande", "instructeur"):
                assert numbers(client, f"etat=tous&tri={order}&apres={key}") in ([], [one.number])

    def test_counters_stop_at_their_cap(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(3):
            desk.application()
        assert queue.counted(desk.instructor)["submitted"] == 3
        monkeypatch.setattr(queue, "CAP", 2)
        counts = queue.counted(desk.instructor)
        assert (counts["submitted"], counts["jour"], counts["reviewed"]) == (2, 2, 0)

    def test_as_many_queries_for_one_and_for_thirty(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.instructor)
        desk.application(S.IN_INSTRUCTION)
        client.get(URL)
        with CaptureQueriesContext(
            connection,
        ) as one:
            client.get(URL, {"etat": "tous"})
        for _ in range(29):
            desk.application()
        with CaptureQueriesContext(connection) as thirty:
            assert len(client.get(URL, {"etat": "tous"}).context["page"].rows) == 30
        assert len(one) == len(thirty) <= 15


def titled(desk: Desk, title: str) -> Application:
    site = sections()["chantier"][0] | {"title": title}
    return a_sent_application(desk.call, a_commune(), chantier=(site, {}))


def walk(user: Any, chosen: queue.Filters, direction: str, start: list[list[int]] | None = None) -> list[list[int]]:
    from django.http import QueryDict

    query, pages = QueryDict(""), []
    if start is not None:  # the last page, reached by going forward
        page = None
        for _ in start:
            page = queue.page(queue.filtered(user, chosen), chosen, query, size=2)
            query = QueryDict(page.next_url.lstrip("?"))
        query = QueryDict(page.previous_url.lstrip("?"))  # type: ignore[union-attr]
    for _ in range(9):
        page = queue.page(queue.filtered(user, chosen), chosen, query, size=2)
        pages.append([row["pk"] for row in page.rows])
        url = getattr(page, direction)
        if not url:
            return pages
        query = QueryDict(url.lstrip("?"))
    raise AssertionError("it never ends")


class TestExport:
    def rows(self, client: Client, **query: str) -> list[list[str]]:
        answer = client.get(reverse("desk_queue_export"), query)
        text = b"".join(answer.streaming_content).decode()
        assert text.startswith("\ufeff")
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))

    def test_the_list_with_its_filters_and_amounts(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.UNDER_REVIEW)
        desk.application()
        client.force_login(desk.manager)
        header, row = self.rows(client, etat="under_review")
        told = dict(zip(header, row, strict=True))
        assert told["Numéro"] == application.number
        assert (told["Demandé"], told["Proposé"], told["État"]) == ("4000,00", "4000,00", "En évaluation")
        assert len(self.rows(client, etat="tous")) == 3

    @pytest.mark.parametrize("payload", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r\n=1+1", " =1+1", "|calc"])
    def test_no_formula_leaves(self, desk: Desk, client: Client, payload: str) -> None:
        chantier = sections()["chantier"][0] | {"title": payload + " titre"}
        a_sent_application(desk.call, chantier=(chantier, {}))
        client.force_login(desk.manager)
        header, row = self.rows(client, etat="tous")
        title = row[header.index("Action")]
        assert title[0] == "'" and not any(sign in title for sign in "\t\r\n")

    def test_dates_are_those_of_paris(self, desk: Desk, client: Client) -> None:
        application = desk.application()
        client.force_login(desk.manager)
        header, row = self.rows(client, etat="tous")
        sent = timezone.localtime(Application.objects.get(pk=application.pk).submitted_at)
        assert row[header.index("Envoyé le")] == f"{sent:%d/%m/%Y %H:%M}"
        assert row[header.index("Réponse due le")] == f"{(sent + timedelta(days=60)):%d/%m/%Y}"


class TestWorkbook:
    def test_amounts_are_numbers_days_are_days_and_text_stays_text(self, desk: Desk, client: Client) -> None:
        import datetime

        import openpyxl

        application = desk.application()
        Application.objects.filter(pk=application.pk).update(due_on=datetime.date(2026, 12, 1))
        client.force_login(desk.manager)
        answer = client.get(reverse("desk_queue_workbook"), {"etat": "tous"})
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
        titles = [cell.value for cell in sheet[1]]
        row = dict(zip(titles, [cell.value for cell in sheet[2]], strict=True))
        assert row["Numéro"] == application.number and row["Demandé"] == 4000
        assert row["Réponse due le"] == datetime.datetime(2026, 12, 1)

    def test_a_formula_is_text(self, desk: Desk, client: Client) -> None:
        import openpyxl

        school = sections()["chantier"][0] | {"title": "=1+1"}
        a_sent_application(desk.call, a_commune(), chantier=(school, {}))
        client.force_login(desk.manager)
        answer = client.get(reverse("desk_queue_workbook"), {"etat": "tous"})
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
        assert "=1+1" in [cell.value for cell in sheet[2] if cell.data_type == "s"]
