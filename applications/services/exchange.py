"""What the commune answers while its file is instructed."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from applications import policies
from applications.models import Application, PieceRequest
from applications.notifications.commune import PiecesAnsweredMail
from applications.services.reading import locked_file, require
from common.clock import database_now
from common.dates import local
from common.errors import DomainError
from journal.services import advance


def open_request(application: Application) -> PieceRequest | None:
    """The request the commune has not answered yet."""
    return application.piece_requests.filter(answered_at=None).first()


@transaction.atomic
def answer_pieces(pk: int, *, by: User, text: str, version: int | None = None) -> Application:
    """Send the answer to a request for pieces (documents are joined before, by `attach_document`).

    The file goes back to its instructor, and the date of the answer moves by the days the clock stood still (CRPA L. 114-5).
    """
    application = locked_file(pk, version=version)
    require(policies.writes_for_its_commune(by, application), "Vous n’écrivez pas les dossiers de cette commune.")
    request = open_request(application)
    if request is None or not policies.can_answer_pieces(by, application):
        raise DomainError("La réponse est déjà partie : la métropole a repris l’instruction.")
    joined = request.attachments.count()
    if not joined and not text.strip():
        raise DomainError("Joignez au moins une pièce, ou écrivez pourquoi elle manque.")
    today = local(database_now()).date()
    suspended = max(0, (today - local(request.asked_at).date()).days)
    request.answered_at, request.answered_by, request.answer = timezone.now(), by, text.strip()
    request.save(update_fields=["answered_at", "answered_by", "answer"])
    application.suspended_days += suspended
    if application.due_on:
        application.due_on += timedelta(days=suspended)
    data = {"pieces": joined, "suspended_days": suspended, "due_on": application.due_on}
    advance(application, application.receive_pieces, by=by, reason=text.strip(), data=data)
    PiecesAnsweredMail(application, by=by, request=request).queue()
    return application
