"""A commune that contests, three days ago, that its file was found inadmissible."""

from applications.models import Appeal, Application
from applications.notifications.appeals import AppealFiled, AppealReceived
from applications.services.appeals import MONTHS, contestable
from applications.states import ApplicationState
from common.dates import months_later
from demo.seed import sent
from demo.seed.files import Scene
from demo.seed.pen import born, note

WORDS = (
    "Le « bon pour accord » porté sur le devis est un accord de principe du service culturel, qui n’a pas délégation pour engager "
    "une dépense : aucun bon de commande n’a été émis, et les premières prises de vue étaient des essais bénévoles. Nous vous "
    "demandons de reprendre l’instruction du dossier."
)


def contest(scene: Scene) -> None:
    found = Application.objects.filter(call=scene.call, state=ApplicationState.INADMISSIBLE).select_related(
        "organisation"
    )
    for application in found.order_by("pk")[:1]:
        told = contestable(application)
        if told is None:
            continue
        signatory, at = scene.signatory(application.organisation), scene.clock.at(-3, "11:30")
        received = max(scene.clock.day(-3), told.told_on)
        appeal = Appeal(
            application=application,
            words=WORDS,
            received_on=received,
            last_day=told.last_day,
            due_on=months_later(received, MONTHS),
            filed_by=signatory,
            filed_at=at,
        )
        born(appeal, by=signatory, at=at, verb="file_appeal")
        note(application, verb="file_appeal", by=signatory, at=at)
        for mail in (AppealReceived(appeal, by=signatory), AppealFiled(appeal, by=signatory)):
            sent.told(mail, at=at)
