"""Where a file stands for its commune, in words: a decision exists for the commune only once it is notified.

Every page, list and mail of the commune asks here, never `application.state` alone.
"""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Subquery

from applications.awards import given_back_of
from applications.models import Application, Decision
from applications.models.application import ApplicationQuerySet
from applications.states import DECIDED, ApplicationState, DecisionKind, DecisionState

S = ApplicationState
IN_DECISION = "in_decision"
_AFTER_GRANT = (S.CLOSED, S.LAPSED, S.CANCELLED)
_OF_KIND = {DecisionKind.GRANT: S.GRANTED, DecisionKind.WAITLIST: S.WAITLISTED, DecisionKind.REJECT: S.REJECTED}


@dataclass(frozen=True)
class Standing:
    """`tag` is the kind of the component, `turn` whose turn it is: "commune", "authority" or "" (nobody's)."""

    code: str
    label: str
    tag: str
    turn: str
    sentence: str


_STANDINGS = {
    S.DRAFT: ("Brouillon", "you", "commune", "Le dossier n’est pas encore envoyé."),
    S.SUBMITTED: ("Envoyé", "info", "authority", "La métropole va prendre le dossier en charge."),
    S.IN_INSTRUCTION: ("En instruction", "info", "authority", "La métropole lit le dossier et vérifie les pièces."),
    S.AWAITING_COMMUNE: ("Pièces demandées", "you", "commune", "La métropole attend votre réponse."),
    S.UNDER_REVIEW: ("En évaluation", "info", "authority", "Les évaluateurs notent le dossier."),
    S.REVIEWED: ("Évalué", "info", "authority", "Le dossier attend sa décision."),
    IN_DECISION: ("Décision en préparation", "info", "authority", "Vous recevrez la décision par courriel."),
    S.GRANTED: ("Accordé", "ok", "commune", "L’aide est accordée."),
    S.WAITLISTED: ("Liste d’attente", "hold", "authority", "Le dossier est retenu si des crédits se libèrent."),
    S.REJECTED: ("Refusé", "done", "", "La demande n’est pas retenue."),
    S.INADMISSIBLE: ("Irrecevable", "done", "", "Le dossier ne remplit pas les conditions de l’appel."),
    S.WITHDRAWN: ("Retiré", "done", "", "La commune a retiré son dossier."),
    S.CLOSED: ("Terminé", "done", "", "L’aide est versée et le bilan accepté."),
    S.LAPSED: ("Caduc", "done", "", "L’aide n’a pas été utilisée à temps."),
    S.CANCELLED: ("Annulé", "done", "", "L’aide a été annulée."),
}


def with_standing(queryset: ApplicationQuerySet) -> ApplicationQuerySet:
    """Adds `notified_kind` and `notified_cents`, so that a list asks nothing more per row."""
    told = Decision.objects.filter(application=OuterRef("pk"), state=DecisionState.NOTIFIED).order_by("-pk")
    cents = told.annotate(now=F("amount_cents") - given_back_of("pk")).values("now")[:1]
    return queryset.annotate(notified_kind=Subquery(told.values("kind")[:1]), notified_cents=Subquery(cents))


def told_decision(application: Application) -> Decision | None:
    """The last decision the commune was told, if any."""
    told = application.decisions.filter(state=DecisionState.NOTIFIED).select_related("letter", "signed_by")
    told = told.annotate(given_back=given_back_of("pk"))
    return told.order_by("-pk").first()


def shown_state(application: Application) -> str:
    """The state a commune may know of."""
    state: str = application.state
    if state not in (*DECIDED, *_AFTER_GRANT, S.REVIEWED):
        return state
    if hasattr(application, "notified_kind"):
        kind = application.notified_kind
    else:
        told = told_decision(application)
        kind = told.kind if told else None
    if kind is None:
        return IN_DECISION if state in DECIDED else state
    # Told of the waiting list, and since granted in silence: still the waiting list for the commune.
    return state if state in _AFTER_GRANT else _OF_KIND[DecisionKind(kind)]


def standing(application: Application) -> Standing:
    code = shown_state(application)
    label, tag, turn, sentence = _STANDINGS[code]
    return Standing(code, label, tag, turn, sentence)
