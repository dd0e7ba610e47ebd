"""The personal link of an opinion asked outside: made, read, and what it shows."""

import hmac
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse

from accounts.states import Role
from applications.models import Application, Attachment
from applications.states import UNDECIDED
from common.dates import PARIS
from documents.states import FileState
from reviews.models import OutsideOpinion
from reviews.neutrality import not_neutral
from reviews.outside_states import GRACE_DAYS, OutsideState

# Without an hour in it: a reminder repeats the same link, and the row says when it ends.
SIGNER = signing.Signer(salt="reviews.outside")


def link_of(opinion: OutsideOpinion) -> str:
    """The address that opens the question; before it is asked, words in its place (the preview of the mail)."""
    if opinion.pk is None:
        return f"{settings.BASE_URL}/avis/… (lien personnel, fait à l’envoi)"
    token = SIGNER.sign_object([opinion.pk, opinion.nonce])
    return settings.BASE_URL + reverse("outside_link", args=[token])


def opinion_of(token: str) -> OutsideOpinion | None:
    """The opinion a link names, whatever its state; None for a link never given, or replaced by a newer one."""
    try:
        pk, nonce = SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    related = ("application__organisation", "application__call__fund", "asked_by", "file")
    opinion = OutsideOpinion.objects.select_related(*related).filter(pk=pk).first()
    return opinion if opinion and hmac.compare_digest(opinion.nonce, str(nonce)) else None


def still_waits(opinion: OutsideOpinion) -> bool:
    """May it still be answered? The database asks the same."""
    return opinion.state == OutsideState.ASKED and not opinion.is_over and opinion.application.state in UNDECIDED


def end_of_link(due_on: date) -> datetime:
    """The end of the day, in Paris, some days after the date asked for."""
    return datetime.combine(due_on + timedelta(days=GRACE_DAYS + 1), time(), PARIS)


def papers_to_show(application: Application) -> list[Attachment]:
    """Which documents of the file may be shown outside: those sent, that the antivirus found clean."""
    found = Attachment.objects.sent().filter(application=application, file__state=FileState.CLEAN)
    return list(found.select_related("file").order_by("pk"))


def papers_of(opinion: OutsideOpinion) -> list[Attachment]:
    return [one for one in papers_to_show(opinion.application) if one.pk in opinion.papers]


def is_barred(user: Any, application: Application) -> bool:
    """Somebody signed in who is not neutral for the file reads nothing of it, by a link either."""
    return user.is_authenticated and user.pk in not_neutral(application)


def outside_files(user: Any) -> Q:
    """Rule of documents.visibility: what came with an answer, for those who may read it."""
    seen = OutsideOpinion.objects.visible_to(user)
    if user.has_role(Role.EVALUATOR):
        mine = Application.objects.visible_to(user).exclude(organisation__in=user.organisation_ids())
        seen = seen | OutsideOpinion.objects.for_the_committee().filter(application__in=mine)
    return Q(pk__in=seen.filter(file__isnull=False).values("file"))
