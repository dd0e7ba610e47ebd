from django.db import models

from applications.states import ApplicationState, GroundUse

# What may still be given money: neither decided for good nor out.
ALLOCABLE = (
    ApplicationState.IN_INSTRUCTION,
    ApplicationState.AWAITING_COMMUNE,
    ApplicationState.UNDER_REVIEW,
    ApplicationState.REVIEWED,
    ApplicationState.WAITLISTED,
)


class ScenarioState(models.TextChoices):
    DRAFT = "draft", "Brouillon"
    SHARED = "shared", "Partagé"
    RETAINED = "retained", "Retenu"


class SessionState(models.TextChoices):
    PLANNED = "planned", "Prévue"
    OPEN = "open", "Ouverte"
    CLOSED = "closed", "Close"
    SIGNED = "signed", "Signée"
    CANCELLED = "cancelled", "Annulée"


class VoteMode(models.TextChoices):
    NONE = "none", "Sans vote"
    COUNTS = "counts", "Décompte des voix"
    NAMED = "named", "Vote nominatif"


class Outcome(models.TextChoices):
    GRANTED = "granted", "Accordé"
    WAITLISTED = "waitlist", "Liste d’attente"
    REFUSED = "refused", "Refusé"
    ADJOURNED = "adjourned", "Ajourné"


# The reasons of the list that may go with an answer.
USES: dict[str, str] = {
    Outcome.GRANTED: GroundUse.REDUCTION,
    Outcome.WAITLISTED: GroundUse.WAITLIST,
    Outcome.REFUSED: GroundUse.REFUSAL,
}


class Choice(models.TextChoices):
    FOR = "for", "Pour"
    AGAINST = "against", "Contre"
    ABSTAIN = "abstain", "Abstention"


class Attendance(models.TextChoices):
    EXPECTED = "expected", "Attendu"
    PRESENT = "present", "Présent"
    EXCUSED = "excused", "Excusé"
