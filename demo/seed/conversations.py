"""Questions before sending and messages of the files, with their past dates."""

from uuid import UUID

from accounts.models import User
from applications.conversation import draft_as_shown, is_question, kind_for
from applications.models import Application, FileMessage, MessagePaper, MessageReading
from applications.models.messages import Author
from applications.services import for_reading
from applications.services.messages import VERBS
from demo.content.conversations import CONVERSATIONS, DESK, Said
from demo.content.shapes import Document
from demo.seed import papers
from demo.seed.files import Scene
from demo.seed.pen import note, token


def write_conversations(scene: Scene) -> None:
    for key, said in CONVERSATIONS.items():
        application = for_reading().get(public_id=UUID(token("file", scene.call.slug, key)[:32]))
        before: FileMessage | None = None
        for one in said:
            before = _write(scene, application, one, answers=before)


def _write(scene: Scene, application: Application, said: Said, *, answers: FileMessage | None) -> FileMessage:
    """One message; the one before, of the other side, is then dealt with."""
    by, at = _author(scene, application, said), scene.clock.at(-said.days, said.hour)
    message = FileMessage.objects.create(
        application=application,
        author=by,
        side=said.side,
        kind=kind_for(application),
        text=said.text,
        shared=draft_as_shown(application) if said.shown else None,
        written_at=at,
    )
    if said.paper:
        _join(scene, application, message, said.paper)
    if answers is not None:
        MessageReading.objects.create(message=answers, by=by, at=at)
    verb = VERBS[Author(said.side), is_question(application)]
    note(application, verb=verb, by=by, at=at, data={"message": message.pk})
    return message


def _join(scene: Scene, application: Application, message: FileMessage, title: str) -> None:
    at = message.written_at
    document = Document("lettre_partenaire", "accord-du-partenaire.pdf", title, 0)
    pdf = papers.paper(scene.content, document, application, at.date())
    key = token("message", application.public_id, message.pk)
    stored = papers.store(
        pdf, document.filename, organisation=application.organisation, by=message.author, at=at, key=key
    )
    MessagePaper.objects.create(message=message, file=stored)


def _author(scene: Scene, application: Application, said: Said) -> User:
    if said.side == DESK:
        return application.instructor or scene.people["instructrice"]
    return scene.writer(application.organisation)
