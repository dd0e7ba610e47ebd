"""A letter shown before it exists: with a real file, in the text in force or in one that is being written."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from applications import file_letters
from applications.decision_letters import TEMPLATES
from applications.letter_data import TO_COME, draft_data, planned_instalments
from applications.letter_texts import filled
from applications.models import Application, Decision
from applications.services.file_letters import signatory_of
from applications.states import DecisionKind, LetterKind
from documents import letters

KINDS = {
    LetterKind.AWARD: DecisionKind.GRANT,
    LetterKind.REDUCED: DecisionKind.GRANT,
    LetterKind.REFUSAL: DecisionKind.REJECT,
    LetterKind.WAITLIST: DecisionKind.WAITLIST,
}
REASONS = "Les motifs de la décision viendront ici."


def of_decision(decision: Decision, text: str) -> bytes:
    """The letter of a recorded decision, marked as a preview. DomainError when the text asks what the file has not."""
    return letters.render(TEMPLATES[DecisionKind(decision.kind)], draft_data(decision, text))


def of_file(kind: str, application: Application, text: str, *, by: Any) -> bytes:
    """The letter that this file would receive, for an amount and reasons that are only examples."""
    if kind not in KINDS:
        return _about(kind, application, text, by=by)
    decided = KINDS[LetterKind(kind)]
    cents = application.requested_cents if kind == LetterKind.AWARD else application.requested_cents * 3 // 4
    decision = Decision(
        application=application,
        kind=decided,
        amount_cents=cents if decided == DecisionKind.GRANT else 0,
        requested_cents=application.requested_cents,
        reasons="" if kind == LetterKind.AWARD else REASONS,
        recorded_by=by,
    )
    return of_decision(decision, text)


def _about(kind: str, application: Application, text: str, *, by: Any) -> bytes:
    """The same for a letter that is not that of a decision."""
    said: dict[str, Any] = {"signatory": signatory_of(application, by), "draft": "oui"}
    if kind == LetterKind.PIECES:
        said |= {
            "items": [{"label": "Les pièces demandées viendront ici."}],
            "reason": "Ce qu’elles permettent de vérifier viendra ici.",
            "due_on": timezone.localdate() + timedelta(days=15),
        }
    elif kind == LetterKind.CONVENTION:
        cents = application.requested_cents
        said |= {
            "amount_cents": cents,
            "requested_cents": cents,
            "act_number": TO_COME,
            "signed_on": timezone.localdate(),
        }
        said |= {"report_on": application.call.report_due_on, "authority": application.call.fund.authority_name}
        said |= {"instalments": planned_instalments(Decision(application=application, amount_cents=cents))}
    elif kind == LetterKind.APPEAL:
        today = timezone.localdate()
        said |= {"contested": "la décision de refus (acte à venir)", "received_on": today, "outcome": "rejected"}
        said |= {"reasons": REASONS, "requested_cents": application.requested_cents}
    else:
        said |= {"reasons": REASONS, "requested_cents": application.requested_cents}
    data = file_letters.known_data(application, said, at=timezone.now(), contact=by)
    body = filled(kind, text, data)
    return letters.render(file_letters.TEMPLATES[LetterKind(kind)], {**data, "body": body})
