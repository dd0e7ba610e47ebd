"""The canary: a word put everywhere in a file is read nowhere by whom the file is hidden from, and no figure moves with it."""

import os
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from applications import services as applications
from applications import visibility
from applications.models import Application
from applications.sorting import CHOICES
from applications.states import ApplicationState
from notifications.models import Message
from reports.services import send_weekly_report
from reviews import services
from reviews.models import Review
from reviews.services import Question
from tests.access_table import TABLE
from tests.factories import accounts
from tests.factories.accounts import a_commune, a_drafter, an_evaluator
from tests.factories.applications import a_complete_draft, balanced_budget, sections, signatory_of
from tests.factories.desk import Desk, in_days, notes
from tests.support.crawl import walk

pytestmark = pytest.mark.django_db
S = ApplicationState
CANARY = "Zibelcanari"
ASKED = 391_743  # an amount that nothing else has: « 3 917,43 »
AMOUNT = re.compile(r"3[\s\u202f\u00a0]?917,43|391743|3917[.,]43")


def full_of_canaries() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """The sections of a file, with the word in every text."""
    told = {**sections(), "budget": ({}, {"budget_lines": balanced_budget(ASKED)})}
    return {
        slug: (_marked(values), {name: [_marked(row) for row in rows] for name, rows in more.items()})
        for slug, (values, more) in told.items()
    }


CLOSED_LISTS = {
    "theme",
    "action_type",
    "phase",
    "publics",
    "grounds",
    "domains",
    "side",
    "account",
    "status",
    "commitments",
}


def _marked(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{CANARY} {value}" if isinstance(value, str) and name not in CLOSED_LISTS else value
        for name, value in values.items()
    }


class Hidden:
    """Three files of one commune, in instruction, under review and granted, with the word in all that is said of them."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.commune = desk, a_commune(name="Rognes")
        self.asking = self.sent(S.IN_INSTRUCTION)
        self.reviewed = self.sent(S.UNDER_REVIEW)
        self.granted = self.sent(S.REVIEWED)
        self.files = [self.asking, self.reviewed, self.granted]
        self.talked(self.asking)
        self.scored(self.reviewed)
        self.decided(self.granted)

    def sent(self, state: str) -> Application:
        draft = a_complete_draft(self.desk.call, self.commune, **full_of_canaries())
        Application.objects.get(pk=draft.pk)
        file = applications.submit(draft.pk, by=signatory_of(draft), version=draft.version)
        path = (S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED)
        for step in path[: path.index(S(state)) + 1]:
            self.desk.bring(file, step, ASKED)
        return Application.objects.get(pk=file.pk)

    def talked(self, file: Application) -> None:
        by = self.desk.instructor
        applications.write_to_desk(file.pk, by=file.created_by, text=f"{CANARY} ?", key=uuid4())
        applications.write_to_commune(file.pk, by=by, text=f"{CANARY}.", key=uuid4())
        services.write_opinion(file.pk, advice="favorable", text=CANARY, proposed_cents=ASKED, by=by)
        question = Question(
            quality="state",
            organism=f"Préfecture {CANARY}",
            contact_name=CANARY,
            contact_email="s@prefecture.example",
            text=CANARY,
            due_on=in_days(9),
        )
        opinion = services.ask_outside(file.pk, question=question, by=by)
        services.answer_outside(
            opinion.pk, nonce=opinion.nonce, advice="favorable", text=CANARY, signed_name=CANARY, confidential=False
        )
        applications.ask_pieces(file.pk, items=[f"Pièce {CANARY}"], reason=CANARY, due_on=in_days(15), by=by)

    def scored(self, file: Application) -> None:
        review = Review.objects.filter(application=file).first()
        assert review
        given = {pk: (value, CANARY) for pk, (value, _) in notes(file, 1).items()}
        services.submit_review(review.pk, notes=given, comment=CANARY, by=review.evaluator)

    def decided(self, file: Application) -> None:
        decision = applications.grant(file.pk, amount_cents=ASKED, by=self.desk.manager, reasons=CANARY)
        applications.sign_decision(
            decision.pk, act_number=f"CM {CANARY}", act_date=timezone.localdate(), by=self.desk.head
        )


def others(desk: Desk) -> None:
    """What the lists show anyway."""
    for state in (S.SUBMITTED, S.IN_INSTRUCTION, S.UNDER_REVIEW, S.REVIEWED, S.GRANTED):
        desk.application(state)


# `make faults` walks as every role; each walk opens some three hundred pages.
ROLES = {
    "instructor": accounts.an_instructor,
    "manager": accounts.a_fund_manager,
    "head": accounts.a_head_of_service,
    "auditor": accounts.an_auditor,
    "preparer": accounts.a_finance_preparer,
    "approver": accounts.a_finance_approver,
}


def starts(call: Any) -> list[str]:
    """Every list and every page without an object, with the words somebody would search."""
    plain = [reverse(name) for name, row in TABLE.items() if not row.args and (row.get or row.post)]
    queue = reverse("desk_queue")
    views = [f"{queue}?etat={state}" for state in ("tous", "ouverts", "decides", *S.values)]
    views += [f"{queue}?etat=tous&tri={sort}" for sort, _ in CHOICES]
    views += [f"{queue}?etat=tous&q={word}" for word in (CANARY, CANARY.lower(), "Rognes", "3917,43")]
    views += [f"{queue}?etat=tous&min=3917&max=3918", f"{queue}?vue=jour", f"{queue}?vue=retard"]
    exports = [
        f"{reverse('desk_queue_export')}?etat=tous",
        reverse("review_ranking") + f"?appel={call.pk}",
    ]
    return [*plain, *views, *exports]


def objects_of(hidden: Hidden) -> list[str]:
    """The pages of the files themselves, and of what hangs below them, by their addresses."""
    found = []
    for file in hidden.files:
        of_file = [name for name, row in TABLE.items() if set(row.args) == {"public_id"}]
        found += [reverse(name, args=[file.public_id]) for name in of_file]
        keys = [one.file.key for one in file.attachments.select_related("file")]
        keys += [stored.key for stored in (file.receipt,) if stored]
        found += [reverse("file_download", args=[key]) for key in keys]
        found += [reverse("review_grid", args=[one.pk]) for one in file.reviews.all()]
        found += [reverse("decision_sign", args=[one.pk]) for one in file.decisions.all()]
    return found


def leaks(hidden: Hidden, person: User, beginning: list[str] | None = None) -> list[str]:
    """Where this person reads the word, the amount, the number or the address of the files."""
    client = Client()
    client.force_login(person)
    names = "|".join(
        [CANARY, *(str(one.public_id) for one in hidden.files), *(str(one.number) for one in hidden.files)]
    )
    read = walk(client, beginning or [*starts(hidden.desk.call), *objects_of(hidden)], most=60 if beginning else 900)
    assert len(read) > 5
    words = re.compile(names, re.IGNORECASE)
    return [
        path for path, text in read.items() if words.search(_without_echo(text)) or AMOUNT.search(_without_echo(text))
    ]


def _without_echo(text: str) -> str:
    """What somebody searched stands in the search box, in the chips and in the addresses of the page: that is their own word."""
    text = re.sub(r"""value=["'][^"']*["']""", "", text)
    text = re.sub(r"""(?:href|hx-get|action)=["'][^"']*["']""", "", text)
    return re.sub(r"""<(a|span|li|p)[^>]*class="[^"]*chip[^"]*"[^>]*>.*?</\1>""", "", text, flags=re.DOTALL)


@pytest.fixture
def hidden() -> Hidden:
    desk = Desk()
    others(desk)
    return Hidden(desk)


def stepped_aside(person: User, hidden: Hidden) -> User:
    for file in hidden.files:
        services.declare_conflict(file.pk, reason="Ma sœur y travaille.", by=person)
    return person


WALKED = list(ROLES) if os.environ.get("FULL") else ["manager", "auditor", "preparer"]


@pytest.mark.parametrize("role", WALKED)
def test_whoever_stepped_aside_reads_nothing_of_the_file(hidden: Hidden, role: str) -> None:
    person = ROLES[role]()
    if role in ("preparer", "approver", "auditor"):
        from reviews.models import Conflict

        for file in hidden.files:
            Conflict.objects.create(user=person, application=file, reason="Ma sœur y travaille.")
    else:
        stepped_aside(person, hidden)
    assert leaks(hidden, person) == []


def test_an_evaluator_reads_nothing_of_what_is_not_theirs(hidden: Hidden) -> None:
    assert leaks(hidden, an_evaluator()) == []


def test_another_commune_reads_nothing(hidden: Hidden) -> None:
    assert leaks(hidden, a_drafter(a_commune(name="Jouques"))) == []
    assert leaks(hidden, accounts.a_signatory(Organisation.objects.get(name="Jouques"))) == []


def test_no_mail_says_anything_of_it(hidden: Hidden) -> None:
    manager, head = (
        stepped_aside(accounts.a_fund_manager(), hidden),
        stepped_aside(accounts.a_head_of_service(), hidden),
    )
    before = set(Message.objects.values_list("pk", flat=True))
    applications.write_to_desk(hidden.asking.pk, by=hidden.asking.created_by, text=CANARY, key=uuid4())
    send_weekly_report()
    for message in Message.objects.filter(recipient_id__in=[manager.pk, head.pk]).exclude(pk__in=before):
        said = f"{message.subject} {message.body_text} {message.attachments}"
        assert CANARY not in said and not AMOUNT.search(said), message.kind


def test_the_walk_finds_a_planted_leak(hidden: Hidden, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: with the declared interests no longer asked, the same walk reads the word."""
    person = stepped_aside(accounts.an_instructor(), hidden)
    monkeypatch.setattr(visibility, "_narrowed_by", [])
    found = leaks(hidden, person, [reverse("desk_file", args=[hidden.asking.public_id]), reverse("desk_queue")])
    assert reverse("desk_file", args=[hidden.asking.public_id]) in found
    assert any(path.startswith(f"{reverse('desk_queue')}?") for path in found)


# --- Figures ----------------------------------------------------------------------------------------------------

FIGURES: dict[str, Callable[[], User]] = {"instructor": accounts.an_instructor, "manager": accounts.a_fund_manager}
# One's own step aside is said; a form carries a key of its own.
EPHEMERAL = re.compile(
    r"""(?s:<div class="note note-hold">.{0,300}Vous vous êtes déporté.*?</div>)|name="key" value="[^"]*"|csrfmiddlewaretoken[^>]*|nonce="[^"]*"|X-CSRFToken[^}]*|\b\d{2}\s?h\s?\d{2}\b"""
)


@pytest.mark.parametrize("role", FIGURES)
def test_counts_averages_and_orders_are_the_same_with_and_without_the_file(role: str) -> None:
    desk = Desk()
    others(desk)
    person, commune = FIGURES[role](), a_commune(name="Rognes")
    a_complete_draft(desk.call, commune)
    client = Client()
    client.force_login(person)
    pages = [
        *(path for path in starts(desk.call) if not path.startswith(("/journal", "/demo"))),
        reverse("scenario_list"),
        reverse("scenario_propose", args=[desk.call.slug]),
        reverse("scenario_create", args=[desk.call.slug]),
    ]
    before = {path: _figures(client, path) for path in pages}
    hidden = Hidden.__new__(Hidden)
    hidden.desk, hidden.commune = desk, commune
    file = hidden.sent(S.UNDER_REVIEW)
    hidden.scored(file)
    seen = {path: _figures(client, path) for path in pages}
    assert any(before[path] != seen[path] for path in pages), "the file is seen before it is hidden"
    services.declare_conflict(file.pk, reason="Ma sœur y travaille.", by=person)
    after = {path: _figures(client, path) for path in pages}
    assert [path for path in pages if before[path] != after[path]] == []


def _figures(client: Client, path: str) -> str:
    answer = client.get(path)
    if answer.status_code != 200 or answer.streaming:
        body = b"".join(answer.streaming_content) if answer.streaming else b""  # type: ignore[attr-defined]
        return f"{answer.status_code} {body.decode('latin-1')}"
    return " ".join(EPHEMERAL.sub("", answer.content.decode(errors="replace")).split())
