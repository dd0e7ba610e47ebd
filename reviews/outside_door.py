"""The line of the outside opinions on the page of a file."""

from django.db.models import Count, Q
from django.urls import reverse

from accounts.models import User
from accounts.states import DESK_ROLES, Role
from applications import policies
from applications.around import Door
from applications.models import Application
from applications.states import UNDECIDED
from common.typography import counted
from reviews.models import OutsideOpinion
from reviews.outside_states import OutsideState


def outside_opinions(application: Application, user: User) -> Door | None:
    """Who was asked and how many answered; for who may ask, also where nobody was yet."""
    if not user.has_role(*DESK_ROLES, Role.AUDITOR):
        return None
    given = Count("pk", filter=Q(state=OutsideState.ANSWERED))
    waited = Count("pk", filter=Q(state=OutsideState.ASKED))
    found = OutsideOpinion.objects.filter(application=application).aggregate(given=given, waited=waited)
    url = reverse("desk_outside", args=[application.public_id])
    if found["given"] or found["waited"]:
        words = [counted(found["given"], "avis,avis") + " rendu" + ("s" if found["given"] > 1 else "")]
        words += [f"{found['waited']} attendu{'s' if found['waited'] > 1 else ''}"] if found["waited"] else []
        return Door("Avis extérieurs", url, ", ".join(words))
    if application.state in UNDECIDED and policies.can_instruct(user, application):
        return Door("Avis extérieurs", url, "Interroger l’État, un cofinanceur, une autre direction.")
    return None
