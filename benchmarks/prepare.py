"""What a measure needs besides the demonstration: a file with 40 entries and 10 documents, a complete draft, the key of
a deep page, and two calls of 30 and 500 evaluated files with their scenario and their sitting committee.

Run as the owner; prints JSON: {"file": public_id, "draft": public_id, "deep": address, "scenario_30": pk …}.
"""

import json
import os
import sys
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from applications.models import Application, Attachment  # noqa: E402
from applications.states import ApplicationState  # noqa: E402
from benchmarks.calls import measured_calls  # noqa: E402
from demo.seed.papers import store  # noqa: E402
from demo.seed.pen import born, note, token  # noqa: E402
from journal.services import history  # noqa: E402

ENTRIES, DOCUMENTS = 40, 10


def file_to_read() -> Application:
    """Aubagne's file in instruction, brought to 40 entries and 10 documents."""
    written = Application.objects.exclude(title__startswith="Action de mesure")
    application = written.get(organisation__name="Aubagne", state="in_instruction")
    now = timezone.now()
    for index in range(history(application).count(), ENTRIES):
        note(application, verb="message", by=application.instructor, at=now - timedelta(hours=index), reason="Échange")
    attach(application, DOCUMENTS - application.attachments.count(), "lecture")
    return application


def draft_to_send(name: str) -> Application:
    """A copy of the complete draft that only waits for its signature."""
    written = Application.objects.exclude(title__startswith="Action de mesure").order_by("pk")
    model = written.filter(organisation__name="Istres", state="draft").first()
    if model is None:
        raise SystemExit("The demonstration's complete draft is gone.")
    parts = [list(getattr(model, kind).all()) for kind in ("partners", "milestones", "indicators", "budget_lines")]
    papers = list(model.attachments.all())
    model.pk, model.public_id, model.version = None, UUID(token("bench", name)[:32]), 1
    born(model, by=model.created_by, at=timezone.now())
    for part in (row for rows in parts for row in rows):
        part.pk, part.application = None, model
        part.save()
    for paper in papers:
        paper.pk, paper.application = None, model
        paper.save()
    return model


def attach(application: Application, count: int, name: str) -> None:
    by = User.objects.get(email="redacteur@aubagne.demo")
    for index in range(max(0, count)):
        stored = store(
            b"%PDF-1.7 mesure",
            f"{name}-{index}.pdf",
            organisation=application.organisation,
            by=by,
            at=timezone.now(),
            key=token("bench", name, index),
        )
        Attachment.objects.create(
            application=application, organisation=application.organisation, code="devis", file=stored, added_by=by
        )


def deep_page() -> str:
    """The address of the page in the middle of the list of all the files, in the order of their sending."""
    sent = Application.objects.exclude(state=ApplicationState.DRAFT).order_by("submitted_at", "pk")
    pk, at = sent.values_list("pk", "submitted_at")[sent.count() // 2]
    return "/instruction/?" + urlencode({"etat": "tous", "tri": "depot", "apres": f"{at:%Y-%m-%dT%H:%M:%S.%f%z}_{pk}"})


if __name__ == "__main__":
    with transaction.atomic():
        made = {"file": str(file_to_read().public_id), "draft": str(draft_to_send(sys.argv[1]).public_id)}
    made |= {"deep": deep_page()} | measured_calls()
    print(json.dumps(made))
