"""The steps of a call for those who apply, in order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from common.dates import day, local, moment
from common.money import percent
from fund.models import Call


@dataclass(frozen=True)
class Milestone:
    when: str
    what: str
    who: str
    strong: str = ""


def milestones(call: Call) -> list[Milestone]:
    closing = local(call.closes_at)
    steps = [
        Milestone(_opening(call.opens_at), "Ouverture de l’appel", "la Métropole"),
        Milestone(moment(call.closes_at), "Le dossier doit être signé et envoyé.", "la commune", "Fin du dépôt."),
        Milestone(
            f"À partir du {day(closing.date() + timedelta(days=1))}",
            "Instruction. S’il manque une pièce, nous la demandons et le délai s’arrête.",
            "la Métropole",
        ),
        Milestone("Ensuite", "Les évaluateurs notent chaque dossier, chacun de son côté", "le comité"),
    ]
    if call.decision_expected_on:
        steps.append(Milestone(day(call.decision_expected_on), "Réponse motivée à chaque commune", "la Métropole"))
    shares = [f"{share.get_kind_display().lower()} de {percent(share.share_bp)}" for share in call.plan.all()]
    if shares:
        words = shares[0][0].upper() + shares[0][1:] + "".join(f", puis {share}" for share in shares[1:])
        steps.append(Milestone("Après la notification", words, "la Métropole"))
    steps.append(Milestone(f"Avant le {day(call.report_due_on)}", "Compte rendu de l’action", "la commune"))
    return steps


def _opening(opens_at: datetime) -> str:
    shown = local(opens_at)
    return day(shown.date()) if (shown.hour, shown.minute) == (0, 0) else moment(opens_at)
