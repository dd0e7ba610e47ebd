"""Interests declared: a person steps aside from a file."""

from typing import Any

from django.db import transaction

from applications.models import Application
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from journal.models import Kind
from journal.services import advance, locked, record
from reviews.models import Conflict, Review
from reviews.notifications import ConflictDeclared
from reviews.services.opinion import OPINION_STATES
from reviews.states import ReviewState

S = ApplicationState


@transaction.atomic
def declare_conflict(application_pk: int, *, reason: str, by: Any) -> Conflict:
    """Step aside from a file: it is hidden from this person at once, and their own grid counts no more."""
    if not Application.objects.visible_to(by).filter(pk=application_pk).exists() or not by.is_fund_staff:
        raise NotAllowed("Ce dossier ne vous est pas ouvert.")
    if not reason.strip():
        raise DomainError("Dites en une phrase quel est cet intérêt : le registre des déports le garde.")
    application = locked(Application.objects.select_related("call", "organisation"), application_pk)
    review = Review.objects.select_for_update(no_key=True).filter(application=application, evaluator=by).first()
    if review is not None and review.state != ReviewState.RECUSED:
        if application.state not in (S.UNDER_REVIEW, *OPINION_STATES) and review.state == ReviewState.SUBMITTED:
            raise DomainError("Ce dossier est déjà décidé : signalez cet intérêt au gestionnaire du fonds.")
        advance(review, review.recuse, by=by, reason=reason.strip())
    conflict = Conflict.objects.create(user=by, application=application, reason=reason.strip())
    record(application, by=by, verb="declare_conflict", kind=Kind.RIGHT, reason=reason.strip())
    ConflictDeclared(application, by=by, reason=reason.strip()).queue()
    return conflict
