"""A correction asked and answered, with its before and after; awarded actions whose dates change."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from applications import asking, change_letters, questionnaire, snapshot
from applications.content import content_of
from applications.models import Application, ChangeRequest, Correction, PieceRequest
from applications.notifications.changes import ChangeAnsweredMail, ChangeAskedMail
from applications.notifications.commune import PiecesAnsweredMail
from applications.notifications.desk import PiecesAsked
from applications.services import for_reading
from applications.services.changes import awarded
from applications.services.exchange import keep_version
from applications.services.writing import replace_rows
from applications.states import ApplicationState, ChangeState, RequestOutcome
from demo.content.exchanges import CHANGES, REQUEST, Change
from demo.content.shapes import Document
from demo.seed import papers, sent
from demo.seed.files import Scene, needed
from demo.seed.pen import Step, note, token, walk
from journal.models import Kind

S = ApplicationState
QUOTE = Document("devis", "devis-formatrice-detaille.pdf", "Devis de la formatrice, par journée", -12)


def file_of(scene: Scene, key: str) -> Application:
    return for_reading().get(public_id=UUID(token("file", scene.call.slug, key)[:32]))


# --- Asked again, and answered ---------------------------------------------------------------------------------


def correct(scene: Scene) -> None:
    """The request, then the answer: a text, a table, a question of the call and a document."""
    application, writer = file_of(scene, REQUEST.key), scene.writer(file_of(scene, REQUEST.key).organisation)
    at, later = scene.clock.at(-REQUEST.asked, "11:05"), scene.clock.at(-REQUEST.answered, "15:40")
    request = _ask(application, at, due_on=scene.clock.day(15 - REQUEST.asked))
    corrections = _draft(application, request, writer, later)
    papers.attach(
        scene.content,
        application,
        [QUOTE],
        by=writer,
        at=later - timedelta(hours=1),
        issued=scene.clock.day,
        answers=request,
    )
    PieceRequest.objects.filter(pk=request.pk).update(
        answered_at=later, answered_by=writer, answer=REQUEST.answer, outcome=RequestOutcome.ANSWERED
    )
    _answer(application, request, corrections, writer, later)


def _ask(application: Application, at: datetime, *, due_on: Any) -> PieceRequest:
    known = {item.code: item for group in asking.askable(application) for item in group.items}
    asked = [replace(known[code], remark=remark) for code, remark in REQUEST.remarks.items()]
    by, data = needed(application.instructor), {"items": [item.label for item in asked], "due_on": due_on.isoformat()}
    walk(application, [Step("ask_pieces", S.AWAITING_COMMUNE, by, at, reason=REQUEST.reason, data=data)])
    request = PieceRequest.objects.create(
        application=application,
        asked_by=by,
        asked_at=at,
        items=asking.as_json(asked),
        reason=REQUEST.reason,
        due_on=due_on,
    )
    sent.told(PiecesAsked(application, request), at=at)
    return request


def _draft(application: Application, request: PieceRequest, writer: Any, at: datetime) -> dict[str, Any]:
    """What the commune wants, by field, table and question."""
    label, target = REQUEST.target
    indicators = content_of(application, "indicators")
    after = {
        "success": application.success.replace(*REQUEST.text),
        "indicators": [
            {**row, "target": str(target) if row["label"] == label else row["target"]} for row in indicators
        ],
        "q-rythme": REQUEST.pace,
    }
    given = {name: value for name, value in after.items() if value != content_of(application, name)}
    for name, value in given.items():
        before = content_of(application, name)
        Correction.objects.create(request=request, name=name, before=before, after=value, saved_by=writer)
    Correction.objects.filter(request=request).update(saved_at=at)
    return given


def _answer(application: Application, request: PieceRequest, given: dict[str, Any], writer: Any, at: datetime) -> None:
    replace_rows(application, "indicators", given["indicators"])
    if "q-rythme" in given:
        questionnaire.write(application, "q-rythme", given["q-rythme"])
    labels = [asking.label_of(name, application) for name in given]
    days = REQUEST.asked - REQUEST.answered
    due_on = application.due_on + timedelta(days=days) if application.due_on else None
    application.success = given["success"]
    fields = {
        "success": given["success"],
        "content_version": 2,
        "search_text": snapshot.search_text(application, str(application.number)),
        "suspended_days": days,
        "due_on": due_on,
    }
    data = {"pieces": 1, "corrected": labels, "left": [], "suspended_days": days, "due_on": str(due_on)}
    walk(application, [Step("receive_pieces", S.IN_INSTRUCTION, writer, at, fields, REQUEST.answer, data)])
    keep_version(application, by=writer, request=request, made_at=at)
    request.refresh_from_db()
    sent.told(PiecesAnsweredMail(application, by=writer, request=request, corrected=labels, left=[]), at=at)


# --- Awarded actions that change -------------------------------------------------------------------------------


def change(scene: Scene) -> None:
    """One is agreed, with its letter; one waits at the desk."""
    for one in CHANGES:
        asked = _ask_change(scene, one)
        if one.answered is not None:
            _accept(scene, one, asked, scene.clock.at(-one.answered, "10:20"))


def _ask_change(scene: Scene, one: Change) -> ChangeRequest:
    application = file_of(scene, one.key)
    writer, at = scene.writer(application.organisation), scene.clock.at(-one.asked, "14:10")
    ends = scene.clock.months(application.ends_on or scene.clock.today, one.months)
    asked = ChangeRequest(
        application=application,
        decision=awarded(application),
        after={"ends_on": ends.isoformat()},
        reason=one.reason,
        asked_by=writer,
        asked_at=at,
    )
    asked.save(force_insert=True)
    note(asked, verb="ask_change", by=writer, at=at, kind=Kind.STATE, version=1, after=ChangeState.REQUESTED)
    note(application, verb="ask_change", by=writer, at=at, reason=one.reason)
    asked.refresh_from_db()
    sent.told(ChangeAskedMail(asked, by=writer), at=at)
    return asked


def _accept(scene: Scene, one: Change, asked: ChangeRequest, at: datetime) -> None:
    application, by = file_of(scene, one.key), scene.people["gestionnaire"]
    fields = {"decided_by": by, "decided_at": at, "answer": one.answer}
    walk(asked, [Step("accept", ChangeState.ACCEPTED, by, at, fields, one.answer)])
    Application.objects.filter(pk=application.pk).update(
        ends_on=asked.after["ends_on"], content_version=2, version=application.version + 1
    )
    keep_version(application, by=by, change=asked, made_at=at)
    note(application, verb="accept_change", by=by, at=at, reason=one.answer)
    name = f"Réponse à la demande de modification {application.number}.pdf"
    letter = sent.issue("change_letter", change_letters.letter_data(asked), name, application, at)
    ChangeRequest.objects.filter(pk=asked.pk).update(letter=letter, version=asked.version + 1)
    note(asked, verb="make_letter", by=None, at=at, data={"letter_sha256": letter.sha256})
    sent.told(ChangeAnsweredMail(asked, by=by), at=at, paper=letter)
