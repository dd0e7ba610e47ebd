"""Interests declared: a person steps aside from a file."""

from typing import Any

from django.db import transaction

from applications.models import Application
from common.errors import DomainError, NotAllowed
from journal.models import Kind
from journal.services import advance, locked, record
from reviews.averages import results
from reviews.models import Conflict, DeclaredOrganisation, Review
from reviews.notifications import ConflictDeclared
from reviews.states import ReviewState


@transaction.atomic
def declare_conflict(application_pk: int, *, reason: str, by: Any) -> Conflict:
    """Step aside from a file: it is hidden from this person at once, and their own grid counts no more."""
    if not Application.objects.visible_to(by).filter(pk=application_pk).exists() or not by.is_fund_staff:
        raise NotAllowed("Ce dossier ne vous est pas ouvert.")
    if not reason.strip():
        raise DomainError("Dites en une phrase quel est cet intérêt : le registre des déports le garde.")
    application = locked(Application.objects.select_related("call", "organisation"), application_pk)
    if Conflict.objects.filter(user=by, application=application, lifted_at__isnull=True).exists():
        raise NotAllowed("Votre déport de ce dossier est déjà enregistré.")
    return step_aside(application, reason=reason.strip(), by=by)


def step_aside(
    application: Application, *, reason: str, by: Any, named: DeclaredOrganisation | None = None
) -> Conflict:
    """The interest written, the grid set aside and its part of the averages said in the journal. The file is locked."""
    review = Review.objects.select_for_update(no_key=True).filter(application=application, evaluator=by).first()
    data: dict[str, Any] = {}
    if review is not None and review.state != ReviewState.RECUSED:
        counted = review.state == ReviewState.SUBMITTED
        advance(review, review.recuse, by=by, reason=reason)
        if counted:
            left = results([application.pk]).get(application.pk)
            data = {"left_the_averages": True, "average": left.shown if left else None}
    conflict = Conflict.objects.create(user=by, application=application, reason=reason, named=named)
    record(application, by=by, verb="declare_conflict", kind=Kind.RIGHT, reason=reason, data=data)
    ConflictDeclared(application, by=by, reason=reason).queue()
    return conflict
