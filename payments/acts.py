"""When an award lapses, and the letter of an act on it."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from applications.letter_data import recipient_lines, signatory
from applications.models import Decision
from applications.states import ApplicationState, DecisionKind, DecisionState
from common.actors import MACHINE
from common.dates import day, local
from common.money import euros
from documents import letters
from documents.services import issue
from journal.services import locked
from payments import rules
from payments.models import AwardAct, Instalment
from payments.states import DONE, ActKind, ActState


def lapse_date(decision: Decision) -> date:
    """The last day of an award: as its last extension says, else by the rules in force on the day of its act."""
    last = AwardAct.objects.filter(decision=decision, state=ActState.SIGNED, kind=ActKind.EXTENSION).first()
    if last and last.until:
        return last.until
    start = decision.act_date or local(decision.recorded_at).date()
    return start + timedelta(days=rules.in_force_on(start).lapse_days)


def about_to_lapse(today: date) -> list[tuple[Decision, date]]:
    """Awards that stand, of which something is still to be paid, and whose last day comes within the days of warning."""
    unpaid = Instalment.objects.filter(decision=OuterRef("pk")).exclude(state__in=DONE)
    standing = Decision.objects.filter(
        Exists(unpaid),
        kind=DecisionKind.GRANT,
        state=DecisionState.NOTIFIED,
        application__state=ApplicationState.GRANTED,
    ).select_related("application__organisation", "application__call__fund", "application__instructor")
    last = [(one, lapse_date(one)) for one in standing.order_by("pk")]
    until = today + timedelta(days=rules.in_force().warned_days)
    return [(one, day) for one, day in last if today <= day <= until]


def make_letter(pk: int) -> bool:
    """The letter of a signed act, as PDF, kept with it. Running it again does nothing more."""
    act = _fetch().get(pk=pk)
    if act.state != ActState.SIGNED or act.letter_id:
        return False
    content = letters.render("award_act_letter", letter_data(act))
    with transaction.atomic():
        act = locked(_fetch(), pk)
        if act.letter_id:
            return False
        name = f"{act.get_kind_display()} {act.application.number}.pdf"
        act.letter = issue(content, name=name, organisation=act.application.organisation, by=MACHINE)
        AwardAct.objects.filter(pk=pk).update(letter=act.letter)
    return True


def letter_data(act: AwardAct) -> dict[str, Any]:
    application = act.application
    fund = application.call.fund
    return {
        "head": letters.letterhead(fund, contact=application.instructor or act.prepared_by),
        "number": application.number,
        "date": act.signed_at,
        "recipient": recipient_lines(application),
        "commune": application.organisation.name,
        "title": application.title,
        "year": application.call.year,
        "act_number": act.act_number,
        "act_date": act.act_date,
        "award_number": act.decision.act_number,
        "what": what(act),
        "reasons": act.reason,
        "signatory": signatory(fund, act.signed_by),
        "signed_at": act.signed_at,
    }


def what(act: AwardAct) -> str:
    """What the act does, in one sentence."""
    if act.kind == ActKind.EXTENSION and act.until and act.before:
        return f"La date de caducité de l’aide est reportée au {day(act.until)} (au lieu du {day(act.before)})."
    if act.kind == ActKind.REDUCTION:
        left = act.award_cents - act.reduction_cents
        return (
            f"L’aide est ramenée à {euros(left)} (au lieu de {euros(act.award_cents)}). Les versements qui restent prévus "
            "baissent d’autant."
        )
    if act.kind == ActKind.LAPSE:
        return f"L’aide est caduque. Les {euros(act.released_cents)} qui n’ont pas été versés ne le seront plus."
    return f"L’aide est annulée. Les {euros(act.released_cents)} qui n’ont pas été versés ne le seront pas."


def waiting() -> list[int]:
    return list(
        AwardAct.objects.filter(state=ActState.SIGNED, letter=None).order_by("pk").values_list("pk", flat=True)[:200]
    )


def _fetch() -> Any:
    return AwardAct.objects.select_related(
        "application__organisation",
        "application__call__fund",
        "application__instructor",
        "decision",
        "prepared_by",
        "signed_by",
    )
