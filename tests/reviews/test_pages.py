"""The desk's and the evaluators' pages: who opens them, what they show, what their forms do."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from applications import services as applications
from applications.models import Application, Attachment, Decision, PieceRequest
from applications.states import ApplicationState, DecisionState
from journal.services import record
from notifications.models import Message
from reviews import services
from reviews.models import Conflict, Opinion, Review, Score
from tests.factories.accounts import (
    a_drafter,
    a_finance_preparer,
    a_fund_manager,
    a_membership,
    an_administrator,
    an_auditor,
    an_evaluator,
)
from tests.factories.applications import a_pdf
from tests.factories.desk import Desk, fresh, in_days, notes

pytestmark = pytest.mark.django_db
S = ApplicationState


@pytest.fixture
def desk() -> Desk:
    return Desk()


def url(name: str, application: Application) -> str:
    return reverse(name, args=[application.public_id])


def grid_of(application: Application, evaluator: Any) -> Review:
    return Review.objects.get(application=application, evaluator=evaluator)


class TestFile:
    def test_who_reads_it(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        page = url("desk_file", application)
        assert client.get(page).status_code == 302
        for who in (desk.instructor, desk.manager, desk.head, an_auditor(), a_finance_preparer()):
            client.force_login(who)
            assert client.get(page).status_code == 200
        for who in (application.created_by, a_drafter(), an_evaluator(), an_administrator()):
            client.force_login(who)
            assert client.get(page).status_code == 404

    def test_who_only_reads_gets_no_button_and_no_act(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        for who in (desk.head, an_auditor()):
            client.force_login(who)
            shown = client.get(url("desk_file", application)).content.decode()
            assert "<form" not in shown.split("</header>")[1].replace('class="mast', ""), "a form for who only reads"
            for name in ("desk_take", "desk_complete"):
                answer = client.post(url(name, application))
                assert answer.status_code in (302, 403)
            for name in ("desk_pieces", "desk_inadmissible"):
                assert client.get(url(name, application)).status_code == 403
            assert (
                client.post(url("desk_opinion", application), {"advice": "favorable", "text": "x"}).status_code == 403
            )
        after = fresh(application)
        assert (after.version, after.state) == (application.version, S.IN_INSTRUCTION)
        assert not Opinion.objects.exists()

    def test_no_more_queries_with_a_long_story_and_many_documents(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.AWAITING_COMMUNE)
        client.force_login(desk.instructor)
        client.get(url("desk_file", application))
        with CaptureQueriesContext(connection) as short:
            client.get(url("desk_file", application))
        code = PieceRequest.objects.get().asked[0].code
        for _ in range(8):
            applications.attach_document(application.pk, by=application.created_by, code=code, upload=a_pdf())
        for index in range(40):
            record(application, by=desk.instructor, verb="take_over", reason=f"Ligne {index}")
        with CaptureQueriesContext(connection) as long:
            answer = client.get(url("desk_file", application))
        assert len(answer.context["story"]) == 40 and Attachment.objects.filter(application=application).count() == 10
        assert len(short) == len(long) <= 26

    def test_the_opinion_comes_back_with_what_was_typed(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        page = url("desk_opinion", application)
        data = {
            "advice": "favorable",
            "text": "Besoin chiffré.",
            "proposed_cents": "9 000",
            "version": application.version,
        }
        answer = client.post(page, data)
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "Besoin chiffré." in shown and "9 000" in shown and "4\u202f000,00\u202f€" in shown
        assert client.post(page, data | {"proposed_cents": "3 500"}).status_code == 302
        assert Opinion.objects.get().proposed_cents == 350_000

    def test_the_consequence_follows_the_amount(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        page = url("desk_opinion_consequence", application)
        assert "36\u202f500,00\u202f€" in client.get(page, {"proposed_cents": "3500"}).content.decode()
        assert "Au-dessus du maximum" in client.get(page, {"proposed_cents": "4001"}).content.decode()
        assert "ne peut pas être lu" in client.get(page, {"proposed_cents": "12.000,50"}).content.decode()


class TestActs:
    def test_take_then_complete(self, desk: Desk, client: Client) -> None:
        application = desk.application()
        client.force_login(desk.instructor)
        client.post(url("desk_take", application), {"version": application.version})
        client.post(url("desk_complete", application))
        assert fresh(application).complete_checked_at

    def test_pieces_are_read_as_a_mail_before_they_are_asked(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        data = {
            "items": "Délibération signée\nDevis",
            "reason": "Elle manque.",
            "due_on": in_days(15).isoformat(),
            "version": application.version,
        }
        answer = client.post(url("desk_pieces", application), data | {"suite": "relire"})
        shown = answer.content.decode()
        assert "Délibération signée" in answer.context["preview"]["text"] and "Le courriel" in shown
        assert str(application.created_by) in shown
        assert not PieceRequest.objects.exists() and not Message.objects.filter(kind="pieces_asked").exists()
        client.post(url("desk_pieces", application), data | {"suite": "envoyer"})
        assert [item.label for item in PieceRequest.objects.get().asked] == ["Délibération signée", "Devis"]
        assert Message.objects.filter(kind="pieces_asked").exists()

    def test_an_old_page_asks_nothing(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        applications.check_complete(application.pk, by=desk.instructor)
        client.force_login(desk.instructor)
        data = {
            "items": "Devis",
            "reason": "Il manque.",
            "due_on": in_days(9).isoformat(),
            "version": application.version,
        }
        answer = client.post(url("desk_pieces", application), data | {"suite": "envoyer"})
        assert answer.status_code == 422 and "entre-temps" in answer.content.decode()
        assert not PieceRequest.objects.exists()

    def test_inadmissible(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        client.force_login(desk.instructor)
        assert client.post(url("desk_inadmissible", application), {"reason": ""}).status_code == 422
        client.post(url("desk_inadmissible", application), {"reason": "Déjà terminée.", "version": application.version})
        assert fresh(application).state == S.INADMISSIBLE

    def test_sent_to_the_evaluators_then_closed(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.IN_INSTRUCTION)
        applications.check_complete(application.pk, by=desk.instructor)
        services.write_opinion(
            application.pk, advice="favorable", text="Oui.", proposed_cents=400_000, by=desk.instructor
        )
        client.force_login(desk.manager)
        own = an_evaluator()
        a_membership(own, "reader", application.organisation)
        page = url("desk_review", application)
        assert str(own) not in client.get(page).content.decode(), "of the commune: not even offered"
        chosen = [str(one.pk) for one in desk.evaluators]
        client.post(page, {"evaluators": chosen, "due_on": in_days(9).isoformat()})
        assert fresh(application).state == S.UNDER_REVIEW and Review.objects.count() == 2
        client.post(url("desk_review_finish", application), {"reason": ""})
        assert fresh(application).state == S.UNDER_REVIEW
        client.post(url("desk_review_finish", application), {"reason": "Urgence."})
        assert fresh(application).state == S.REVIEWED


class TestDecision:
    def data(self, application: Application, **changes: Any) -> dict[str, Any]:
        return {
            "kind": "grant",
            "amount_cents": "3 000,00",
            "reasons": "Poste réduit.",
            "version": application.version,
            **changes,
        }

    def test_the_consequence_in_figures_then_recorded(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.REVIEWED)
        client.force_login(desk.manager)
        page = url("desk_decide", application)
        shown = client.post(page, self.data(application, suite="relire")).content.decode()
        assert "3\u202f000,00\u202f€ seront engagés\u202f; il restera 37\u202f000,00\u202f€" in shown
        assert not Decision.objects.exists()
        client.post(page, self.data(application, suite="enregistrer"))
        assert Decision.objects.get().amount_cents == 300_000

    def test_the_second_learns_what_the_first_did(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.REVIEWED)
        applications.grant(application.pk, amount_cents=400_000, by=desk.manager)
        client.force_login(a_fund_manager())
        answer = client.post(url("desk_decide", application), self.data(application, suite="enregistrer"))
        shown = answer.content.decode()
        assert str(desk.manager) in shown and "accord de 4\u202f000,00\u202f€" in shown
        assert Decision.objects.count() == 1

    def test_bad_input_and_other_roles(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.REVIEWED)
        page = url("desk_decide", application)
        client.force_login(desk.manager)
        for changes in (
            {"amount_cents": ""},
            {"amount_cents": "9 000"},
            {"kind": "reject", "reasons": ""},
            {"kind": "x"},
        ):
            assert client.post(page, self.data(application, suite="relire", **changes)).status_code == 422
        for who in (desk.instructor, desk.head, an_auditor()):
            client.force_login(who)
            assert client.get(page).status_code == 404
        assert not Decision.objects.exists()

    def test_signed_from_the_list(self, desk: Desk, client: Client) -> None:
        decision = desk.decision()
        page = reverse("decision_sign", args=[decision.pk])
        for who in (desk.instructor, desk.manager, an_auditor()):
            client.force_login(who)
            assert client.get(reverse("decision_list")).status_code == 200
            assert "Signer la décision" not in client.get(page).content.decode()
            assert client.post(page, {"act_number": "1", "act_date": timezone.localdate()}).status_code == 403
        client.force_login(desk.head)
        assert "Signer la décision" in client.get(page).content.decode()
        assert client.post(page, {"act_number": "", "act_date": ""}).status_code == 422
        client.post(page, {"act_number": "CM-1", "act_date": timezone.localdate().isoformat(), "version": 1})
        assert Decision.objects.get().state == DecisionState.SIGNED
        assert client.get(page).status_code == client.get(reverse("decision_list")).status_code == 200

    def test_withdrawn_by_the_manager(self, desk: Desk, client: Client) -> None:
        decision = desk.decision()
        page = reverse("decision_withdraw", args=[decision.pk])
        client.force_login(desk.head)
        assert client.get(page).status_code == 404
        client.force_login(desk.manager)
        assert "40\u202f000,00\u202f€ seront disponibles" in client.get(page).content.decode()
        client.post(page, {"reason": "Erreur.", "version": decision.version})
        assert Decision.objects.get().state == DecisionState.WITHDRAWN

    def test_a_conflict_hides_the_decision_too(self, desk: Desk, client: Client) -> None:
        decision = desk.decision()
        Conflict.objects.create(user=desk.head, application=decision.application, reason="Parenté.")
        client.force_login(desk.head)
        assert client.get(reverse("decision_sign", args=[decision.pk])).status_code == 404
        assert decision.application.number not in client.get(reverse("decision_list")).content.decode()

    def test_lists_have_the_same_queries_for_one_and_six(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.head)
        desk.decision()
        for name in ("decision_list", "review_ranking"):
            client.get(reverse(name))
        before = {name: queries(client, name) for name in ("decision_list", "review_ranking")}
        for _ in range(5):
            desk.decision()
        assert before == {name: queries(client, name) for name in before}


def queries(client: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(name)).status_code == 200
    return len(captured)


class TestGrid:
    def test_only_ones_own(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.UNDER_REVIEW)
        one, other = desk.evaluators
        page = reverse("review_grid", args=[grid_of(application, one).pk])
        services.submit_review(
            grid_of(application, other).pk, notes=notes(application, 5), comment="Secret de l’autre.", by=other
        )
        client.force_login(one)
        shown = client.get(page).content.decode()
        assert application.title in shown
        assert "Secret" not in shown and str(other) not in shown, "blind to the others"
        assert "Besoin partagé." not in shown, "and to the instructor's opinion"
        assert client.get(reverse("review_list")).context["to_do"] == [grid_of(application, one)]
        for who in (other, desk.manager, an_evaluator(), a_drafter()):
            client.force_login(who)
            assert client.get(page).status_code == 404
        client.force_login(one)
        for name in ("desk_file", "desk_review", "desk_decide"):
            assert client.get(url(name, application)).status_code == 404
        for name in ("desk_queue", "decision_list", "review_ranking"):
            assert client.get(reverse(name)).status_code == 404

    def test_kept_then_handed_in(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.UNDER_REVIEW)
        review = grid_of(application, desk.evaluators[0])
        page = reverse("review_grid", args=[review.pk])
        criteria = [one.pk for one in application.call.criteria.all()]
        client.force_login(desk.evaluators[0])
        client.post(page, {f"note_{criteria[0]}": "4", "suite": "garder", "version": review.version})
        assert Score.objects.get().value == 4
        version = Review.objects.get(pk=review.pk).version
        low = {f"note_{pk}": "2" for pk in criteria} | {"suite": "rendre", "version": version}
        answer = client.post(page, low)
        assert answer.status_code == 422 and "dites pourquoi" in answer.content.decode()
        full = low | {f"comment_{pk}": "Trop vague." for pk in criteria} | {f"note_{criteria[1]}": "na"}
        assert client.post(page, full).status_code == 302
        assert Review.objects.get(pk=review.pk).state == "submitted"
        assert "40,0 points sur 100" in client.get(page).content.decode()

    def test_stepping_aside_hides_everything_at_once(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = desk.evaluators[0]
        review = grid_of(application, evaluator)
        client.force_login(evaluator)
        file_key = Attachment.objects.filter(application=application).first().file.key
        page = reverse("review_conflict", args=[review.pk])
        assert client.post(page, {"reason": ""}).status_code == 422
        assert client.post(page, {"reason": "Mon frère y est élu."}).status_code == 302
        for address in (page, reverse("review_grid", args=[review.pk]), reverse("file_download", args=[file_key])):
            assert client.get(address).status_code == 404
        assert application.number not in client.get(reverse("review_list")).content.decode()

    def test_a_membership_that_comes_later_closes_the_grid(self, desk: Desk, client: Client) -> None:
        application = desk.application(S.UNDER_REVIEW)
        evaluator = desk.evaluators[0]
        review = grid_of(application, evaluator)
        a_membership(evaluator, "reader", application.organisation)
        client.force_login(evaluator)
        criterion = application.call.criteria.first().pk
        answer = client.post(reverse("review_grid", args=[review.pk]), {f"note_{criterion}": "4", "suite": "garder"})
        assert answer.status_code == 404 and not Score.objects.exists()
