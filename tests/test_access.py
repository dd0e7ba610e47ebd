"""Every URL pattern × GET and POST × every role × own and other organisation, by real requests on the demonstration."""

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Organisation, User
from applications import services
from applications.models import Application, ChangeRequest, Decision, FileMessage, FinalReport, Version
from common.actors import MACHINE
from journal.models import Entry
from journal.services import begin
from notifications.delivery import relay
from reports.services import send_weekly_report
from tests.access_table import ACTORS, OWN, STAFF, TABLE, Row
from tests.demo.test_seed import seed
from tests.factories import questions

pytestmark = pytest.mark.django_db(transaction=True)
# Django's admin is one door: its own login, then the administrator alone, read-only (tests/accounts/test_admin.py).
LIBRARIES = re.compile(r"^(admin/|compte/)")


def routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or "", path


OURS = {name: path for name, path in routes() if not LIBRARIES.match(path)}


def test_every_route_is_declared() -> None:
    assert set(OURS) - set(TABLE) == set(), "say in tests/access_table.py who may open these"
    assert set(TABLE) - set(OURS) == set(), "these routes are gone"
    assert "" not in OURS, "a route without a name"


def test_no_two_routes_have_one_path() -> None:
    """The second would never be reached. What differs by its method only stands in one view."""
    shapes: dict[str, list[str]] = {}
    for name, path in OURS.items():
        shapes.setdefault(re.sub(r"<(\w+):\w+>", r"<\1>", path), []).append(name)
    assert [names for names in shapes.values() if len(names) > 1] == []


def a_ground() -> Any:
    from applications.models import Ground
    from tests.factories.grounds import a_reason

    return Ground.objects.order_by("pk").first() or a_reason()


def a_view() -> Any:
    from reviews.services.saved_views import save_view

    return save_view("Mes urgences", "etat=tous", shared=True, by=User.objects.get(email=STAFF["manager"]))


def a_label() -> Any:
    return services.make_label("À visiter", by=User.objects.get(email=STAFF["manager"]))


def a_sheet() -> Any:
    from reviews.services.sheets import read_sheet

    decided = Application.objects.filter(state="granted").first()
    assert decided is not None
    content = f"N° de dossier;Décision\n{decided.number};refus\n".encode()
    return read_sheet(content, "essai.csv", by=User.objects.get(email=STAFF["manager"]))


def in_preparation(model: Any) -> Any:
    """A copy of a call, not yet published, so that its next step may be asked for."""
    from fund.models import Call

    copy = Call.objects.get(pk=model.pk)
    copy.pk, copy.slug, copy.version = None, "en-preparation", 1
    copy.__dict__["state"] = "draft"
    with transaction.atomic():
        begin(copy, by=MACHINE)
    return copy


def a_version_of(draft: Application) -> Version:
    fields = {"section": "enjeu", "unit": "stakes", "before": "Avant.", "by": draft.created_by}
    return Version.objects.create(application=draft, **fields)


def a_change_of(application: Application) -> ChangeRequest:
    """Asked by the commune, to be answered by the fund."""
    drafter = User.objects.get(email="redacteur@aubagne.demo")
    values = {"title": "Un titre plus juste"}
    return services.ask_change(application.pk, by=drafter, values=values, reason="Le premier était trop long.")


def a_return() -> dict[str, int]:
    """A file that finance gave back, one difference in it; no line was taken back."""
    from payments.models import ReturnDifference
    from payments.services import read_return

    read = read_return(
        b"Dossier;Montant;Paye le\nX;1,00;01/07/2026", "r.csv", by=User.objects.get(email=STAFF["preparer"])
    )
    difference = ReturnDifference.objects.create(imported=read, kind="unknown", detail="x")
    return {"returned": read.pk, "difference": difference.pk, "contrary": 0}


def a_scenario_of(call: Any) -> Any:
    """Shared, on the files of the call."""
    from reviews.services import create_scenario, share_scenario

    manager = User.objects.get(email=STAFF["manager"])
    return share_scenario(create_scenario(call.pk, name="Selon les notes", by=manager).pk, by=manager)


def an_outside_question_on(public_id: Any) -> Any:
    """Asked by the instructor, without an answer."""
    from datetime import timedelta

    from django.utils import timezone

    from reviews.services import Question, ask_outside

    question = Question(
        quality="state",
        organism="Préfecture",
        contact_name="Sonia Berger",
        contact_email="sonia.berger@prefecture.example",
        text="Cette action recoupe-t-elle un dispositif de l’État ?",
        due_on=timezone.localdate() + timedelta(days=15),
    )
    file = Application.objects.get(public_id=public_id)
    return ask_outside(file.pk, question=question, by=User.objects.get(email=STAFF["instructor"]))


def a_session_of(call: Any) -> Any:
    """Planned, its members not yet invited."""
    from datetime import timedelta

    from django.utils import timezone

    from reviews.services import Plan, plan_session

    manager = User.objects.get(email=STAFF["manager"])
    plan = Plan(title="Comité", held_at=timezone.now() + timedelta(days=9), place="Salle du Pharo", quorum=1)
    evaluator = User.objects.get(email=STAFF["evaluator"])
    return plan_session(call.pk, plan=plan, members={evaluator.pk: ""}, by=manager)


def a_job_on(public_id: Any) -> Any:
    """Asked by the instructor."""
    from reviews.services import start_job

    instructor = User.objects.get(email=STAFF["instructor"])
    file = Application.objects.get(public_id=public_id)
    return start_job(kind="confier", files=[file.pk], data={"instructor": instructor.pk}, by=instructor).key


class World:
    """The objects of the demonstration that the rows name, and a browser for each actor."""

    def __init__(self) -> None:
        of = Application.objects.filter(organisation__name="Aubagne", call__state="open")
        self.objects: dict[str, Any] = {
            "draft": of.get(state="draft").public_id,
            "instructed": of.get(state="in_instruction").public_id,
            "granted": of.get(state="granted").public_id,
            **self._more(),
        }
        self.clients: dict[str, Client] = {}

    def _more(self) -> dict[str, Any]:
        from accounts.models import Invitation, JoinRequest, Membership
        from documents.models import StoredFile
        from fund.models import BudgetLine, Call
        from notifications.models import Message
        from payments.models import BankVersion, Batch, Instalment
        from reviews.models import Conflict, Review

        files = Application.objects.filter(call__state="open")
        of_aubagne = files.filter(organisation__name="Aubagne")
        call = Call.objects.get(state="open")
        new_call = in_preparation(call)
        question = FileMessage.objects.get(shared__isnull=False)
        signed = Decision.objects.filter(application__organisation__name="Aubagne", state="notified")
        assigned = Review.objects.filter(evaluator__email=STAFF["evaluator"], state="assigned").first()
        assert assigned
        batch = Batch.objects.order_by("pk").first()
        assert batch
        return {
            "call": call.slug,
            "asked": question.application.public_id,
            "asked_question": question.pk,
            "year": call.year,
            "no_act": 0,
            "conflict": Conflict.objects.filter(lifted_at=None).order_by("pk").values_list("pk", flat=True)[0],
            "line": BudgetLine.objects.get(budget__year=call.year, kind="fund").pk,
            "step": "publier",
            "new_call": new_call.slug,
            "question": questions.prepare(new_call).questions.first().pk,  # type: ignore[union-attr]
            "prepare_act": "preparer",
            "part": "criteres",
            "section": "enjeu",
            "document": "deliberation",
            "siren": Organisation.objects.get(name="Aubagne").siren,
            "colleague": User.objects.get(email="lecteur@aubagne.demo").pk,
            "join_request": JoinRequest.objects.get(organisation__name="Aubagne", state="waiting").pk,
            "membership": Membership.objects.get(user__email="lecteur@aubagne.demo").pk,
            "invitation": Invitation.objects.order_by("pk").values_list("pk", flat=True).first() or 0,
            "token": "x" * 43,
            "user": User.objects.get(email="redacteur@aubagne.demo").pk,
            "act": "fermer",
            "paper": StoredFile.objects.filter(attachments__application__public_id=files.get(
                organisation__name="Aubagne", state="in_instruction").public_id).first().key,  # type: ignore[union-attr]
            "attachment": files.get(organisation__name="Aubagne", state="draft").attachments.first().pk,
            "version": a_version_of(files.get(organisation__name="Aubagne", state="draft")).pk,
            "awaiting": files.filter(state="awaiting_commune").get(organisation__name="Gignac-la-Nerthe").public_id,
            "reviewed": files.filter(state="reviewed").get(organisation__name="Marseille").public_id,
            "under_review": files.filter(state="under_review", reviews=assigned).get().public_id
            if files.filter(state="under_review", reviews=assigned).exists() else None,
            "review": assigned.pk,
            "scenario": a_scenario_of(call).pk,
            "session": a_session_of(call).pk,
            "item": 0,
            "change": a_change_of(signed.get(kind="grant").application).pk,
            "recovery": 0,
            "planned": Instalment.objects.get(decision__in=signed, position=1).pk,
            "requested": Instalment.objects.filter(state="certified").first().pk,  # type: ignore[union-attr]
            "bank": BankVersion.objects.filter(organisation__name="Martigues").first().pk,  # type: ignore[union-attr]
            "batch": batch.pk,
            "payment_line": batch.lines.first().pk,  # type: ignore[union-attr]
            **a_return(),
            "ground": a_ground().pk,
            "label": a_label().pk,
            "saved_view": a_view().pk,
            "sheet": a_sheet().pk,
            "recorded": Decision.objects.filter(state="recorded").first().pk,  # type: ignore[union-attr]
            "message": Message.objects.order_by("pk").values_list("pk", flat=True).first() or 0,
            "entry": Entry.objects.order_by("-pk").values_list("pk", flat=True)[0],
            "format": "csv",
            "job": a_job_on(of_aubagne.get(state="in_instruction").public_id),
            "outside": an_outside_question_on(of_aubagne.get(state="in_instruction").public_id).pk,
            "report_text": "publics",
            "reported": FinalReport.objects.get(state="submitted").application.public_id,
            "mended": (mended := FinalReport.objects.get(state="returned")).application.public_id,
            "proof": mended.documents.get().pk,
            "photo": mended.photos.get().pk,
        }  # fmt: skip

    def address(self, name: str, row: Row) -> str:
        return reverse(name, kwargs={key: self.objects.get(value, value) for key, value in row.args.items()})

    def client(self, actor: str, organisation: str) -> Client:
        email = self.email(actor, organisation)
        if email not in self.clients:
            client = Client(raise_request_exception=False)
            if email:
                client.force_login(User.objects.get(email=email))
                session = client.session  # signed in a moment ago: what asks for the password again does not ask
                session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": email}]
                session.save()
            self.clients[email] = client
        return self.clients[email]

    def email(self, actor: str, organisation: str) -> str:
        if actor == "anonymous":
            return ""
        if actor in STAFF:
            return STAFF[actor]
        if actor == "stranger":
            return "redacteur@vitrolles.demo" if organisation != "Vitrolles" else "redacteur@aubagne.demo"
        found = User.objects.filter(memberships__organisation__name=organisation, memberships__role=actor).first()
        return found.email if found else ""


def ask(client: Client, method: str, path: str) -> tuple[int, int]:
    """(status, lines written in the journal); 401 for the sign-in page. The request leaves no trace: it is rolled back."""
    with transaction.atomic():
        before = Entry.objects.count()
        response = getattr(client, method)(path)
        if response.streaming:
            list(response.streaming_content)
        written = Entry.objects.count() - before
        transaction.set_rollback(True)
    if response.status_code == 302 and "/compte/login" in response["Location"]:
        return 401, written
    return int(response.status_code), written


def test_every_url_every_verb_every_role() -> None:
    done = seed("--seed", "1")
    assert done.returncode == 0, done.stderr
    assert send_weekly_report()  # a message, with its attachment
    relay()
    world, wrong, asked = World(), [], 0
    for name, row in sorted(TABLE.items()):
        path = world.address(name, row)
        for actor in ACTORS:
            if actor in OWN and not world.email(actor, row.organisation):
                continue  # no reader in that commune
            for method, allowed in (("get", row.get), ("post", row.post)):
                status, written = ask(world.client(actor, row.organisation), method, path)
                asked += 1
                if not right(status, actor, method, allowed=actor in allowed) or (written and actor not in row.post):
                    wrong.append(f"{name} {method.upper()} {actor}: {status}{' wrote' if written else ''}")
    if os.environ.get("ACCESS_PRINT"):
        print("\n".join(wrong))
    assert wrong == []
    assert asked > 1500


def right(status: int, actor: str, method: str, *, allowed: bool) -> bool:
    """An act that is refused says so (403), hides (404, 405) or goes back with a message (302); it writes nothing."""
    if status >= 500:
        return False
    if allowed:
        return status in (200, 204, 302, 400, 409, 410, 422)
    if actor == "anonymous":
        return status in (401, 404, 405)
    return status in (403, 404, 405) or (method == "post" and status == 302)
