"""Forms sent when the session had ended: kept for the person who wrote them, given back to that person alone.

Each form of a draft carries a signed word of the page: for whom, and for which address, it was made. Without it nothing is kept,
so nobody fills the table from outside, and what another site sends in somebody's name is never offered to them.
"""

from datetime import timedelta

from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from applications.models import KeptText
from applications.models.history import KEPT_CHARACTERS

SALT = "applications.kept"
FIELD = "auteur"
LEFT_OUT = ("csrfmiddlewaretoken", FIELD, "suite", "ajouter", "choix")
MOST_A_PAGE = 5
SIGNED_FOR = timedelta(days=3)
KEPT_FOR = timedelta(days=7)


def signed_word(request: HttpRequest) -> str:
    """For the form of this page: who it was made for."""
    return signing.dumps([request.user.pk, request.path], salt=SALT, compress=True)


def keep(request: HttpRequest) -> bool:
    """Keep what this request sends, if its form was made by us for this very address."""
    try:
        user, path = signing.loads(request.POST.get(FIELD, ""), salt=SALT, max_age=SIGNED_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    body = request.POST.copy()
    for name in LEFT_OUT:
        body.pop(name, None)
    text = body.urlencode()
    if path != request.path or not text or len(text) > KEPT_CHARACTERS:
        return False
    mine = KeptText.objects.filter(user=user, path=path)
    if not mine.filter(body=text).exists():
        KeptText.objects.create(user_id=user, path=path, body=text)
        KeptText.objects.filter(pk__in=mine.values("pk")[MOST_A_PAGE:]).delete()
    return True


def waiting(request: HttpRequest) -> KeptText | None:
    """The last text this person could not send from this page."""
    fresh = timezone.now() - KEPT_FOR
    return KeptText.objects.filter(user=request.user.pk, path=request.path, kept_at__gt=fresh).first()


def typed(kept: KeptText) -> QueryDict:
    return QueryDict(kept.body)


def give_up(request: HttpRequest, number: str) -> None:
    """The text has been saved, or is not wanted any more."""
    if number.isdecimal() and len(number) < 19:
        KeptText.objects.filter(user=request.user.pk, pk=int(number)).delete()


def forget_old() -> int:
    return KeptText.objects.filter(kept_at__lte=timezone.now() - KEPT_FOR).delete()[0]
