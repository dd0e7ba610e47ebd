"""A draft that goes on from last year's file, and one that an instructor types for a commune."""

from applications.models import Application, Assistance, Renewal
from applications.states import ApplicationState
from demo.seed.files import Scene
from demo.seed.pen import note

RENEWED, UNREAD = "Pertuis", ["enjeu", "budget"]
HELPED, WHY = "Saint-Antonin-sur-Bayon", "Par téléphone, avec la secrétaire de mairie"


def go_on(before: Scene, now: Scene) -> None:
    """Some sections were read again, the two that change most were not."""
    draft = _draft(now, RENEWED)
    origin = Application.objects.get(call=before.call, organisation=draft.organisation)
    by, at = now.writer(draft.organisation), draft.created_at
    Renewal.objects.create(application=draft, origin=origin, unread=UNREAD, created_by=by, created_at=at)
    note(draft, verb="begin_again", by=by, at=at, data={"from": origin.number, "dropped": []})


def help_a_commune(scene: Scene) -> None:
    draft, helper = _draft(scene, HELPED), scene.people["instructrice"]
    at = scene.clock.at(-2, "09:40")
    Assistance.objects.create(application=draft, helper=helper, reason=WHY, opened_at=at, taken_at=at)
    note(draft, verb="open_help", by=helper, at=at, reason=WHY)


def _draft(scene: Scene, commune: str) -> Application:
    return Application.objects.get(call=scene.call, organisation__name=commune, state=ApplicationState.DRAFT)
