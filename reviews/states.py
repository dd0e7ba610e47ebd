from django.db import models


class ReviewState(models.TextChoices):
    ASSIGNED = "assigned", "Confiée"
    STARTED = "started", "Commencée"
    SUBMITTED = "submitted", "Rendue"
    RECUSED = "recused", "Déport"


class Advice(models.TextChoices):
    FAVORABLE = "favorable", "Favorable"
    RESERVED = "reserve", "Favorable avec réserve"
    UNFAVORABLE = "unfavorable", "Défavorable"


MAX_SCORE = 5


class RowState(models.TextChoices):
    """Where one file of a job stands."""

    WAITING = "waiting", "En attente"
    DONE = "done", "Fait"
    REFUSED = "refused", "Refusé"


class Verdict(models.TextChoices):
    """The answer to a point of the call, or to a computed rule that fails."""

    YES = "yes", "Oui"
    NO = "no", "Non"
    NOT_APPLICABLE = "na", "Sans objet"
    OVERRULED = "overruled", "Admis malgré le contrôle"
    UPHELD = "upheld", "Contrôle maintenu"
