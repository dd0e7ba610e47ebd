"""Remarks on one answer of a file: written while reading, private until they are asked of the commune."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from applications import asking
from applications import services as applications
from applications.models import Application, AskedItem, PieceRequest
from applications.services.instruction import check_instructs, locked_for_desk
from applications.states import UNDECIDED
from common.errors import DomainError
from journal.services import record
from reviews.models import ReadingRemark

MOST = 40
WORDS = 500


def open_remarks(application: Application) -> list[ReadingRemark]:
    """Neither asked nor dropped. One query."""
    found = ReadingRemark.objects.filter(application=application, asked_in=None, dropped_at=None)
    return list(found.select_related("author"))


@transaction.atomic
def write_remark(pk: int, *, kind: str, code: str, text: str, by: Any) -> ReadingRemark:
    """Note what is to be said of one answer. The same words on the same answer are one remark."""
    application = locked_for_desk(pk, by=by)
    check_instructs(application, by=by)
    if application.state not in UNDECIDED:
        raise DomainError("Ce dossier n’est plus en instruction : il ne prend plus de remarque.")
    words = " ".join(text.split())
    if not words:
        raise DomainError("Écrivez votre remarque.")
    if len(words) > WORDS:
        raise DomainError(f"Une remarque tient en {WORDS} caractères : elle devient un point de la demande.")
    items = [item for group in asking.askable(application) for item in group.items]
    item = next((one for one in items if (one.kind, one.code) == (kind, code)), None)
    if item is None:
        raise DomainError("Cette réponse n’est pas dans le dossier. Rechargez la page.")
    mine = open_remarks(application)
    same = next((one for one in mine if (one.kind, one.code, one.text) == (kind, code, words)), None)
    if same is not None:
        return same
    if len(mine) >= MOST:
        raise DomainError(f"Il y a déjà {MOST} remarques sur ce dossier : demandez-les, ou retirez-en.")
    made = ReadingRemark.objects.create(
        application=application, kind=kind, code=code, label=item.label, text=words, author=by
    )
    record(application, by=by, verb="write_remark", data={"items": [item.label]})
    return made


@transaction.atomic
def drop_remark(pk: int, *, by: Any) -> None:
    """Take a remark away before it was asked. Twice does nothing more."""
    remark = ReadingRemark.objects.select_related("application").get(pk=pk)
    check_instructs(locked_for_desk(remark.application_id, by=by), by=by)
    done = ReadingRemark.objects.filter(pk=pk, asked_in=None, dropped_at=None).update(dropped_at=Now())
    if done:
        record(remark.application, by=by, verb="drop_remark", data={"items": [remark.label]})


@transaction.atomic
def ask_pieces(
    pk: int, *, items: Sequence[AskedItem | str], reason: str, due_on: date, by: Any, version: int | None = None
) -> PieceRequest:
    """Ask the commune; the remarks on what is asked are from then on part of the request."""
    request = applications.ask_pieces(pk, items=items, reason=reason, due_on=due_on, by=by, version=version)
    asked = Q(pk__in=[])
    for item in request.asked:
        asked |= Q(kind=item.kind, code=item.code)
    open_ones = ReadingRemark.objects.filter(asked, application_id=pk, asked_in=None, dropped_at=None)
    open_ones.update(asked_in=request)
    return request
