"""Real-looking documents: each is a PDF of its own, typeset from the demonstration's texts and stored like any other."""

import hashlib
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

from accounts.models import User
from applications.models import Application, Attachment, PieceRequest
from common.dates import day as day_in_words
from common.money import euros
from demo.content import Content, merge, of_commune
from demo.content.shapes import Document
from demo.seed.pen import Step, born, token, walk
from documents.models import StoredFile
from documents.states import FileState

TEMPLATE = Path(__file__).with_name("paper.typ")
FONTS = Path(__file__).resolve().parents[2] / "documents" / "fonts"


@cache
def compiler() -> typst.Compiler:
    return typst.Compiler(str(TEMPLATE), font_paths=[str(FONTS)])


def paper(content: Content, document: Document, application: Application, issued: date) -> bytes:
    """The PDF of one document of a file."""
    text = next(text for text in content.document_texts if text.requirement == document.requirement)
    values = {
        "commune": application.organisation.name,
        "de_commune": of_commune(application.organisation.name),
        "titre": application.title or "Action en préparation",
        "date": day_in_words(issued),
        "annee": str(application.call.year),
        "montant_demande": euros(application.requested_cents),
        "cout_total": euros(application.total_cost_cents),
        "objet_depense": document.title,
    }
    data = {
        "commune": of_commune(application.organisation.name),
        "heading": merge(text.heading, values),
        "title": document.title,
        "date": values["date"],
        "paragraphs": [merge(paragraph, values) for paragraph in text.paragraphs],
    }
    pdf = compiler().compile(format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    if not isinstance(pdf, bytes):
        raise TypeError("One PDF is one file.")
    return pdf


def store(
    pdf: bytes,
    name: str,
    *,
    organisation: Any,
    by: User | None,
    at: datetime,
    key: str,
    origin: str = "uploaded",
    content_type: str = "application/pdf",
) -> StoredFile:
    """Put a file where files stand, with its life: deposited, then cleared."""
    digest = hashlib.sha256(pdf).hexdigest()
    path = f"demo/{key[:2]}/{key}"
    target = settings.MEDIA_ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pdf)
    stored = StoredFile(
        organisation=organisation,
        origin=origin,
        key=key,
        path=path,
        name=name,
        content_type=content_type,
        size=len(pdf),
        sha256=digest,
        uploaded_by=by,
        created_at=at,
    )
    born(stored, by=by, at=at)
    cleared = {"scanned_at": at, "scan_engine": "démonstration", "scanned_sha256": digest}
    walk(stored, [Step("clear", FileState.CLEAN, None, at, cleared)])
    return stored


def attach(
    content: Content,
    application: Application,
    documents: Any,
    *,
    by: User,
    at: datetime,
    issued: Any,
    answers: PieceRequest | None = None,
) -> None:
    """Documents of a file: with it, or with the answer to a request."""
    first = application.attachments.count() if answers else 0
    for index, document in enumerate(documents, first):
        pdf = paper(content, document, application, issued(document.issued_on_offset_days))
        stored = store(
            pdf,
            document.filename,
            organisation=application.organisation,
            by=by,
            at=at,
            key=token("paper", application.public_id, index),
        )
        Attachment.objects.create(
            application=application,
            organisation=application.organisation,
            code=document.requirement,
            title=document.title,
            file=stored,
            piece_request=answers,
            added_by=by,
            added_at=at,
        )
