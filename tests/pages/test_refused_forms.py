"""Every form of the commune's side, sent empty and sent wrong, on a phone: what is wrong is said first, in French, with a link
to its field; what was typed is still there; axe and the console have nothing to say.

The forms are those that the pages show, found by the walk: a new form is tried without being declared. One that takes what
is tried must stand in ACCEPTS with the reason, or the run fails.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator

from accounts.models import Organisation, User
from accounts.services import invite
from accounts.states import Role
from applications import services
from demo.seed.people import PASSWORD
from notifications.models import Message
from tests.pages.walk import SETTLED, Stop, Walk, a_world, stops
from tests.support.browser import PHONE, Visitor
from tests.support.live import LiveStack
from tests.test_access import World

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY, WRONG = "empty", "wrong"
ACCEPTS = {
    "report_publication publication « Enregistrer et relire le bilan » wrong": "consent is given or not",
    "report_photo « Enregistrer la photo » empty": "a photo is described later: the page of the report says what it lacks",
    "commune_contacts coordonnees « Enregistrer » empty": "nothing in it is asked of a commune",
    "account_email email « En faire l’adresse principale » empty": "with no address chosen nothing changes",
    "account_email email « En faire l’adresse principale » wrong": "an address that is not there changes nothing",
}
NOT_ITS_FORMS = {"demo_components"}  # samples that go nowhere

OPEN = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
# The visible forms that somebody may fill in, each with what names it: its button and its fields, whatever their numbers.
FORMS = r"""() => Array.from(document.querySelectorAll("main form[method=post]")).map((form, number) => {
  form.dataset.number = number; // a part that htmx takes away moves the others
  const boxes = Array.from(form.elements).filter((box) => box.name && box.type !== "submit" && box.getClientRects().length);
  const button = form.querySelector("button:not(.visually-hidden, [type=button], [name=choix], [name=ajouter], [name=remplir])");
  const words = button ? button.cloneNode(true) : document.createElement("i");
  words.querySelectorAll(".visually-hidden").forEach((one) => one.remove());
  return {number, fields: boxes.map((box) => box.name.replace(/[0-9]+/g, "#")), button: words.textContent.trim().replace(/\s+/g, " "),
          autosave: "autosave" in form.dataset};
}).filter((form) => form.fields.length)"""
# Empty, or everything wrong: too long, too many figures, a day long ago, an answer that is not in the list.
FILL = """(form, empty) => {
  const tampered = new Set();
  return Object.fromEntries(Array.from(form.elements).filter((box) => box.name && box.getClientRects().length).map((box) => {
    if (box.tagName === "BUTTON" || box.type === "file") return [box.name, null];
    if (["checkbox", "radio"].includes(box.type)) {
      box.checked = !empty && box.value !== "on" && !tampered.has(box.name);
      tampered.add(box.name);
      if (box.checked) box.value = "zz";
      return [box.name, null];
    }
    if (box.tagName === "SELECT") {
      if (!empty) box.add(new Option("zz", "zz"));
      box.value = empty && Array.from(box.options).some((one) => !one.value) ? "" : empty ? box.value : "zz";
      return [box.name, null];
    }
    const figures = box.matches(".money, [inputmode=numeric], [inputmode=decimal], [type=number]");
    box.value = empty ? "" : box.type === "date" ? "0001-01-01" : figures ? "9".repeat(24)
      : box.tagName === "TEXTAREA" ? "mot ".repeat(9000).trim() : ["email", "password"].includes(box.type) ? "zz" : "W".repeat(3000) + "<b>'&amp;";
    return [box.name, box.type === "password" || box.autocomplete === "one-time-code" ? null : box.value];
  }).filter(([name, value]) => value !== null));
}"""
SAID = """() => {
  const said = document.querySelector(".errsum");
  if (!said) return null;
  const missing = (id) => !document.getElementById(id);
  const wrong = Array.from(document.querySelectorAll("main [aria-invalid=true]"));
  const says = (one) => one && (one.getAttribute("aria-describedby") || "").split(/\\s+/)
    .some((id) => id && !missing(id) && document.getElementById(id).textContent.trim());
  const mute = wrong.filter((box) => !says(box) && !says(box.closest("fieldset")));
  const links = Array.from(said.querySelectorAll("a"), (link) => decodeURIComponent(link.hash.slice(1)));
  return {text: said.innerText, summaries: document.querySelectorAll(".errsum").length, focused: said.contains(document.activeElement), lost: links.filter(missing), links: links.length,
          wrong: wrong.length, mute: mute.map((box) => box.name)};
}"""
STANDS = """(typed) => Object.entries(typed).filter(([name, value]) => {
  const boxes = Array.from(document.querySelectorAll(`main [name="${CSS.escape(name)}"]`));
  return !boxes.some((box) => box.value.replaceAll("\\r", "") === value);
}).map(([name]) => name)"""
ENGLISH = r"\b(this|the|please|enter|ensure|required|valid|must|not|field|is)\b"
A_LIE = {"name": "Délibération.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00 not what its name says"}


@dataclass(frozen=True)
class Form:
    stop: Stop
    number: int
    button: str
    fields: tuple[str, ...]
    autosave: bool

    @property
    def name(self) -> str:
        part = self.stop.path.rstrip("/").split("/")[-1]
        return f"{self.stop.name} {'' if part.isdecimal() else part + ' '}« {self.button} »"


def test_every_form_of_the_commune_is_refused_in_words(
    live_stack: LiveStack, new_visitor: Callable[..., Visitor]
) -> None:
    world = a_world()
    walk = Walk(new_visitor(live_stack.url, viewport=PHONE), live_stack.url)
    tried: set[tuple[Any, ...]] = set()
    taken: set[str] = set()
    for stop in chain(stops(world), more_stops(world, walk)):
        if not stop.is_of_a_commune or stop.status != 200 or stop.name in NOT_ITS_FORMS or not walk.open(stop):
            continue
        for form in forms_of(walk, stop):
            what = (stop.name, form.button, form.fields)
            if what in tried:
                continue
            tried.add(what)
            for how in (WRONG,) if form.autosave else (EMPTY, WRONG):  # a draft may be left empty
                send(walk, form, how, taken)
    assert not walk.wrong, "\n".join(walk.wrong)
    assert set(ACCEPTS) == taken, "these are refused now, or gone"


def more_stops(world: World, walk: Walk) -> Iterator[Stop]:
    """States of a page that the walk does not come through."""
    drafter, siren = "redacteur@aubagne.demo", world.objects["siren"]
    services.withdraw_change(world.objects["change"], by=User.objects.get(email=drafter))
    for name, of in (("application_change", "granted"), ("application_messages", "instructed")):
        yield Stop(f"{name} {of}", drafter, reverse(name, args=[world.objects[of]]))
    EmailAddress.objects.filter(user__email=drafter).update(verified=True)
    yield Stop("mfa_activate_totp", drafter, reverse("mfa_activate_totp"))
    signatory = User.objects.get(email="signataire@aubagne.demo")
    yield Stop("team_invite by its administrator", signatory.email, reverse("team_invite", args=[siren]))
    commune = Organisation.objects.get(siren=siren)
    invite(email="nouvelle@aubagne.demo", role=Role.DRAFTER, organisation=commune, by=signatory)
    yield Stop("invitation_accept in time", "", link_of("invitation", r"/invitation/\S+/"))
    yield Stop("account_reset_password_from_key", "", path_after_reset(walk, drafter))
    yield Stop("mfa_authenticate", "", path_of_second_factor(walk, "lecteur@aubagne.demo"))


def link_of(kind: str, pattern: str) -> str:
    message = Message.objects.filter(kind=kind).latest("pk")
    found = re.search(pattern, message.body_text)
    assert found
    return found[0]


def path_after_reset(walk: Walk, email: str) -> str:
    """The link of the mail leads to an address without its secret."""
    walk.become("")
    walk.page.goto(reverse("account_reset_password"))
    walk.page.fill("main input[name=email]", email)
    walk.page.press("main input[name=email]", "Enter")
    walk.page.wait_for_url("**/done/")
    message = Message.objects.filter(recipient_email=email, body_text__contains="/password/reset/key/").latest("pk")
    found = re.search(r"/compte/password/reset/key/\S+/", message.body_text)
    assert found
    walk.page.goto(found[0])
    return urlsplit(walk.page.url).path


def path_of_second_factor(walk: Walk, email: str) -> str:
    TOTP.activate(User.objects.get(email=email), generate_totp_secret())
    walk.become("")
    walk.page.goto(reverse("account_login"))
    walk.page.fill("main input[name=login]", email)
    walk.page.fill("main input[name=password]", PASSWORD)
    walk.page.press("main input[name=password]", "Enter")
    walk.page.wait_for_url("**" + reverse("mfa_authenticate"))
    return reverse("mfa_authenticate")


def forms_of(walk: Walk, stop: Stop) -> list[Form]:
    walk.page.evaluate(OPEN)
    found = walk.page.evaluate(FORMS)
    return [Form(stop, one["number"], one["button"], tuple(one["fields"]), one["autosave"]) for one in found]


def send(walk: Walk, form: Form, how: str, taken: set[str]) -> None:
    here = replace(form.stop, name=f"{form.name} {how}")
    if not walk.open(form.stop):
        return
    again = next(
        (one for one in forms_of(walk, form.stop) if (one.button, one.fields) == (form.button, form.fields)), None
    )
    if again is None:
        walk.blame(here, "is not there any more")
        return
    place = walk.page.locator(f'main form[data-number="{again.number}"]')
    typed = place.evaluate(FILL, how == EMPTY)
    if how == WRONG:
        for box in place.locator("input[type=file]").all():
            box.set_input_files(A_LIE)
    with walk.visitor.expecting("422", "400", "status of 4"):
        if not sent(walk, place):
            walk.blame(here, "its button sends nothing")
            return
    walk.page.evaluate(SETTLED)  # the focus is given when the page is drawn
    said = walk.page.evaluate(SAID)
    if said is None:
        if here.name not in ACCEPTS:
            walk.blame(here, f"nothing is said to be wrong, at {walk.page.url}")
        taken.add(here.name)
        walk.visitor.complaints.clear()
        return
    judge(walk, here, said)
    if lost := walk.page.evaluate(STANDS, typed):
        walk.blame(here, f"what was typed is lost: {lost}")
    walk.look(here)


def judge(walk: Walk, here: Stop, said: dict[str, Any]) -> None:
    import re

    if not said["focused"]:
        walk.blame(here, "the summary of what is wrong has not the focus")
    if said["summaries"] > 1:
        walk.blame(here, f"{said['summaries']} summaries of what is wrong")
    if said["lost"]:
        walk.blame(here, f"the summary leads nowhere: {said['lost']}")
    if said["links"] and not said["wrong"]:
        walk.blame(here, "no field is marked as wrong")
    if said["mute"]:
        walk.blame(here, f"wrong, without a word beside them: {said['mute']}")
    if english := re.findall(ENGLISH, said["text"]):
        walk.blame(here, f"said in English: {english} in {said['text']}")


# A form that sends its files by script is sent as it is without one.
SEND = """(form) => "upload" in form.dataset ? HTMLFormElement.prototype.submit.call(form)
  : form.requestSubmit(form.querySelector("button:not([type=button], [name=choix], [name=ajouter], [name=remplir])"))"""


def sent(walk: Walk, form: Locator) -> bool:
    try:
        with walk.page.expect_navigation(timeout=8_000):
            form.evaluate(SEND)
    except PlaywrightError:
        return False
    return True
