"""What « Puis-je demander ? » says to somebody of the commune, and to nobody else: its file of this call, a report that is late."""

from typing import Any

from django.urls import reverse

from accounts.models import Organisation
from applications.models import Application
from applications.standing import standing, with_standing
from applications.states import ApplicationState, DecisionKind, ReportState
from common.clock import database_now
from common.dates import day, local
from fund.estimate import Note
from fund.models import Call

SHOWN = 3


def tell_own(user: Any, call: Call, organisation: Organisation) -> list[Note]:
    if organisation.pk not in getattr(user, "organisation_ids", set)():
        return []
    files = with_standing(Application.objects.visible_to(user).filter(organisation=organisation))
    return [*_begun(files, call), *_late_reports(files)]


def _begun(files: Any, call: Call) -> list[Note]:
    found = files.filter(call=call).exclude(state=ApplicationState.WITHDRAWN).order_by("-pk")[:SHOWN]
    return [
        Note(
            f"Votre commune a déjà un dossier pour cet appel : « {one.title or 'sans titre'} », "
            f"{standing(one).label.lower()}.",
            reverse("application_home", args=[one.public_id]),
            "Ouvrir ce dossier",
        )
        for one in found
    ]


def _late_reports(files: Any) -> list[Note]:
    """Awards whose report is past its date and not handed in."""
    today = local(database_now()).date()
    found = (
        files.filter(state=ApplicationState.GRANTED, notified_kind=DecisionKind.GRANT, call__report_due_on__lt=today)
        .exclude(report__state__in=(ReportState.SUBMITTED, ReportState.ACCEPTED))
        .select_related("call")
        .order_by("-pk")[:SHOWN]
    )
    return [
        Note(
            f"Le bilan de « {one.title} » était attendu le {day(one.call.report_due_on)}. Pensez à le rendre.",
            reverse("application_home", args=[one.public_id]),
            "Ouvrir ce dossier",
        )
        for one in found
    ]
