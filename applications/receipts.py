"""The receipt of a file that was sent: an accessible PDF, made once, kept, and given to the mails that wait for it."""

from typing import Any

from django.db import transaction

from applications import questionnaire
from applications.answers import help_words
from applications.models import Application
from applications.notifications.commune import RECEIPT
from applications.services.reading import for_reading
from common.actors import MACHINE
from common.dates import day, local
from documents import letters
from documents.models import StoredFile
from documents.services import issue
from notifications.models import Message
from notifications.services import attach


@transaction.atomic
def make(pk: int) -> StoredFile | None:
    """Make the receipt of a sent file if it has none, then let its mails go. Running it again does nothing more."""
    application = for_reading(Application.objects.sent()).select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if application.receipt_id is None:
        content = letters.render("receipt", data_of(application))
        name = f"Accusé de réception {application.number}.pdf"
        application.receipt = issue(content, name=name, organisation=application.organisation, by=MACHINE)
        application.save(update_fields=["receipt"])
    _give_to_mails(application)
    return application.receipt


def data_of(application: Application) -> dict[str, Any]:
    """What the receipt says (CRPA R. 112-11-1); see documents.letters."""
    sender = application.submitted_by
    labels = {document.code: document.label for document in questionnaire.documents(application)}
    return {
        "head": letters.letterhead(application.call.fund, contact=application.instructor),
        "number": application.number,
        "date": application.submitted_at,
        "commune": application.organisation.name,
        "title": application.title,
        "call_title": application.call.title,
        "submitted_at": application.submitted_at,
        "submitted_by": ", ".join(filter(None, (sender.get_full_name(), sender.job.lower()))) if sender else "",
        "requested_cents": application.requested_cents,
        "eligible_cents": application.eligible_cost_cents,
        "total_cents": application.total_cost_cents,
        "documents": [
            {
                "label": one.title or labels.get(one.code, one.code),
                "name": one.file.name,
                "size": one.file.size,
                "sha256": one.file.sha256,
            }
            for one in application.attachments.all()
            if one.piece_request_id is None
        ],
        "helped": " ; ".join(help_words(application)) or None,
        "fingerprint": application.snapshot_sha256,
        "answer_by": application.due_on,
        "next_steps": next_steps(application),
    }


def next_steps(application: Application) -> list[str]:
    """What happens after the sending, with the dates of the call."""
    call = application.call
    expected = f", prévue le {day(call.decision_expected_on)}," if call.decision_expected_on else ""
    return [
        f"L’appel ferme le {day(local(call.closes_at))}. Le service vérifie que le dossier est complet, en général sous dix jours ouvrés.",
        "S’il manque une pièce, nous vous la demandons par courriel, avec un délai. Rien de ce que vous avez fait n’est perdu.",
        "Le dossier est instruit, puis évalué par des personnes qui n’appartiennent pas à votre commune.",
        f"La décision{expected} vous est écrite, avec ses raisons, le montant et les recours.",
        f"Si une aide est accordée, le bilan de l’action est attendu avant le {day(call.report_due_on)}.",
    ]


def _give_to_mails(application: Application) -> None:
    receipt = application.receipt
    if receipt is None:
        return
    attachment = {
        "name": receipt.name,
        "path": receipt.path,
        "type": receipt.content_type,
        "sha256": receipt.sha256,
    }
    for message in Message.objects.filter(subject_ref=application.number, awaits=RECEIPT):
        attach(message, attachment)
