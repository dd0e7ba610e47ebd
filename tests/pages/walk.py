"""A walk through every page of the product, as those who may open it see it.

The pages come from the resolver and from tests/access_table.py: a new address has its place here, or the run fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from accounts.models import User
from applications.models import Application
from applications.sections import BY_SLUG
from applications.states import ReportText
from fund.parts import PARTS
from fund.services import prepare_questions, put_in_service
from notifications.delivery import relay
from reports.services import send_weekly_report
from tests.access_table import OWN, STAFF, TABLE, Row
from tests.demo.test_seed import seed
from tests.payments.signing_in import signed_in
from tests.support.browser import Visitor, violations_of
from tests.test_access import World

# Who looks at a page: the first of these who may, else one of the staff.
WHO_LOOKS = ("anonymous", "drafter", "signatory", "reader")
NOT_PAGES = {
    # files
    "call_calendar", "demo_mail_attachment", "demo_mail_html", "file_download", "desk_answers_export",
    "desk_queue_export", "desk_queue_workbook", "contrary_export", "batch_export", "finance_export", "job_export", "scenario_export", "outside_paper",
    "interest_register_pdf", "sheet_model", "decision_preview",
    # parts of a page
    "application_presence", "application_document_state", "desk_opinion_consequence", "committee_envelope",
}  # fmt: skip
ELSEWHERE = {
    "batch_seal",  # the batch of this world is sealed: tests/test_journey.py looks at that page
    # The session of this world is planned, these go back to it: tests/reviews/test_committee_pages.py opens them.
    "committee_pen", "committee_close", "committee_sign",
}  # fmt: skip
QUERY = {"call_question_add": "?sorte=short"}
GONE = {
    "invitation_accept",
    "join_confirm",
    "outside_link",
    "outside_read",
}  # their page says that the link of this world is no longer good
# The libraries' own pages that we dress.
OF_LIBRARIES = {
    "anonymous": (
        "account_login",
        "account_reset_password",
        "account_reset_password_done",
    ),
    "drafter": ("account_reauthenticate", "account_change_password", "account_email", "mfa_index", "usersessions_list"),
}
VARIANTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "application_section": ("section", tuple(slug for slug in BY_SLUG if slug not in ("budget", "pieces"))),
    "report_text": ("part", tuple(ReportText.values)),
    "call_part": ("part", tuple(PARTS)),
}
# Where the file of the table is not in the state that this page is about.
READY = "Istres"  # the commune whose draft is complete
SENT_WHEN_READY = {"application_ask_signature", "application_return", "application_submit"}
WIDER = "document.documentElement.scrollWidth - innerWidth"
WIDEST = """() => Array.from(document.querySelectorAll("main *")).filter((one) => one.getBoundingClientRect().right > innerWidth
  && !one.closest(".scroll")).slice(0, 4).map((one) => one.cloneNode(false).outerHTML.slice(0, 120))"""
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True)
class Stop:
    name: str
    email: str  # empty for somebody without an account
    path: str
    status: int = 200

    @property
    def is_of_a_commune(self) -> bool:
        return self.email not in STAFF.values()


def stops(world: World) -> Iterator[Stop]:
    for name, declared in TABLE.items():
        row = replace(declared, organisation=READY) if name in SENT_WHEN_READY else declared
        actor = looks(world, row)
        if name in NOT_PAGES | ELSEWHERE or not actor:
            continue
        key, values = VARIANTS.get(name, ("", ("",)))
        for value in values:
            status = 410 if name in GONE else 200
            yield Stop(name, world.email(actor, row.organisation), address(world, name, row, key, value), status)
    for actor, names in OF_LIBRARIES.items():
        yield from (Stop(name, world.email(actor, "Aubagne"), reverse(name)) for name in names)
    yield Stop("a page that does not exist", "", "/nulle-part/", 404)
    yield from homes()


def looks(world: World, row: Row) -> str:
    seen = [one for one in WHO_LOOKS if one in row.get and (one not in OWN or world.email(one, row.organisation))]
    return (seen or sorted(row.get) or [""])[0]


def address(world: World, name: str, row: Row, key: str = "", value: str = "") -> str:
    args: dict[str, Any] = {arg: world.objects.get(one, one) for arg, one in row.args.items()}
    if name in SENT_WHEN_READY:
        args["public_id"] = world.objects[READY]
    if key:
        args[key] = value
    return reverse(name, kwargs=args) + QUERY.get(name, "")


def homes() -> Iterator[Stop]:
    """The page of a file in each of its states, seen by its commune."""
    for application in Application.objects.order_by("state", "pk").distinct("state"):
        writer = User.objects.get(
            memberships__organisation=application.organisation_id, memberships__role="drafter"
        ).email
        for name in ("application_home", "application_review", "application_print"):
            yield Stop(f"{name} {application.state}", writer, reverse(name, args=[application.public_id]))


class Walk:
    """One browser that becomes each person in turn; `wrong` says what each page is blamed for."""

    def __init__(self, visitor: Visitor, base: str) -> None:
        self.visitor, self.page, self.base = visitor, visitor.page, base
        self.wrong: list[str] = []
        self.cookies: dict[str, str] = {}
        self.who = ""

    def become(self, email: str) -> None:
        if email == self.who:
            return
        self.who = email
        self.visitor.context.clear_cookies()
        if not email:
            return
        if email not in self.cookies:
            self.cookies[email] = signed_in(User.objects.get(email=email)).cookies["sessionid"].value
        self.visitor.context.add_cookies([{"name": "sessionid", "value": self.cookies[email], "url": self.base}])

    def open(self, stop: Stop) -> bool:
        self.become(stop.email)
        with self.visitor.expecting(str(stop.status) if stop.status != 200 else "nothing is expected"):
            answer = self.page.goto(stop.path)
        if answer is None or answer.status != stop.status or self.page.url != self.base + stop.path:
            self.blame(stop, f"answers {answer.status if answer else 'nothing'} at {self.page.url}")
            self.visitor.complaints.clear()
            return False
        return True

    def look(self, stop: Stop, *, contrast: bool = True, deep: bool = True) -> None:
        for one in violations_of(self.page, contrast=contrast) if deep else ():
            self.blame(stop, f"axe {one['id']}: {one['help']} {[node['html'][:200] for node in one['nodes']]}")
        if (over := self.page.evaluate(WIDER)) > 0:
            self.blame(stop, f"{over} px wider than the window: {self.page.evaluate(WIDEST)}")
        if nowhere := self.page.locator("main a[href='']").all_inner_texts():
            self.blame(stop, f"links that lead nowhere: {nowhere}")
        for complaint in self.visitor.complaints:
            self.blame(stop, complaint)
        self.visitor.complaints.clear()

    def blame(self, stop: Stop, words: str) -> None:
        width = self.page.evaluate("innerWidth")
        self.wrong.append(f"{stop.name} ({stop.email or 'no account'}, {width} px) {stop.path}: {words}")


def a_world() -> World:
    done = seed("--seed", "1")
    assert done.returncode == 0, done.stderr
    assert send_weekly_report()
    relay()
    world = World()
    world.objects[READY] = Application.objects.get(organisation__name=READY, state="draft").public_id
    manager = User.objects.get(email=STAFF["manager"])
    call = Application.objects.get(public_id=world.objects["draft"]).call
    newer = prepare_questions(call.pk, by=manager)
    put_in_service(newer.pk, by=manager, version=newer.version, reason="Une question se comprenait mal.")
    return world
