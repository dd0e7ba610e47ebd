"""The answers of a signed session, recorded as decisions: each point of the agenda leads to one, never two."""

from typing import Any

from accounts.states import Role
from applications import services
from applications.models import Application
from applications.services.decisions import check_amount, check_decidable
from applications.services.grounds import offered
from applications.states import DecisionKind, DecisionState, LetterKind
from common.errors import DomainError
from common.money import euros
from reviews.bulk.base import Asked, Kind, Ready, recorded, register
from reviews.committee_states import USES, Outcome, SessionState
from reviews.models import AgendaItem

KINDS_OF = {
    Outcome.GRANTED: DecisionKind.GRANT,
    Outcome.REFUSED: DecisionKind.REJECT,
    Outcome.WAITLISTED: DecisionKind.WAITLIST,
}


@register
class RecordSession(Kind):
    code, verb, title = "comite", "Enregistrer les décisions", "Décisions de la séance enregistrées"
    decides = True
    listed = False  # asked from the session, never from the queue

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        item = answered(application.pk, asked)
        if item.outcome == Outcome.ADJOURNED:
            check_told(application, item)
            seen = {"outcome": item.outcome, "version": application.version}
            return Ready(words="ajournement, dit à la commune", to_commune=True, seen=seen)
        kind = KINDS_OF[Outcome(item.outcome)]
        check_decidable(application, kind, by=by)
        if kind == DecisionKind.GRANT:
            check_amount(application, application.call, item.amount_cents, item.reasons)
        words = f"accord de {euros(item.amount_cents)}" if item.amount_cents else item.get_outcome_display().lower()
        seen = {"outcome": item.outcome, "cents": item.amount_cents, "version": application.version}
        return Ready(words=words, cents=item.amount_cents, seen=seen)

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        item = answered(pk, asked)
        common = {"reasons": item.reasons, "by": by, "version": seen.get("version")}
        if item.outcome == Outcome.ADJOURNED:
            services.adjourn(pk, occasion=occasion_of(item), **common)
            return "Ajourné ; la commune est prévenue."
        kind = KINDS_OF[Outcome(item.outcome)]
        item.decision = services.decide(pk, kind, amount_cents=item.amount_cents, grounds=grounds_of(item), **common)
        item.save(update_fields=["decision"])
        return recorded(item.decision)


def answered(application: int, asked: Asked) -> AgendaItem:
    """The point of the signed session on this file, not yet recorded."""
    items = AgendaItem.objects.filter(session=asked.get("session"), application=application)
    item = items.select_related("session", "decision", "application").first()
    if item is None or item.session.state != SessionState.SIGNED:
        raise DomainError("La séance n’est pas signée, ou ce dossier n’y était pas.")
    if item.decision is not None and item.decision.state != DecisionState.WITHDRAWN:
        raise DomainError("La décision de ce dossier est déjà enregistrée. Rien n’a été changé.")
    return item


def grounds_of(item: AgendaItem) -> list[int]:
    """The reasons of the list whose sentence the committee kept: the decision counts them as its own."""
    if item.outcome == Outcome.GRANTED and item.amount_cents == item.application.requested_cents:
        return []
    said = item.reasons.split("\n\n")
    return [one.pk for one in offered(USES[Outcome(item.outcome)]) if one.sentence in said]


def occasion_of(item: AgendaItem) -> str:
    return f"seance-{item.session_id}"


def check_told(application: Application, item: AgendaItem) -> None:
    letters = application.file_letters.filter(kind=LetterKind.ADJOURNED, occasion=occasion_of(item))
    if letters.exists():
        raise DomainError("La commune a déjà été prévenue de cet ajournement. Rien n’a été changé.")
