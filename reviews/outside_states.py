from django.db import models


class OutsideState(models.TextChoices):
    ASKED = "asked", "Demandé"
    ANSWERED = "answered", "Rendu"
    WITHDRAWN = "withdrawn", "Retiré"


class Quality(models.TextChoices):
    STATE = "state", "Service de l’État"
    RIGHTS = "rights", "Délégué du Défenseur des droits"
    COFUNDER = "cofunder", "Cofinanceur"
    DIRECTORATE = "directorate", "Autre direction de la métropole"
    OTHER = "other", "Autre organisme"


class OutsideAdvice(models.TextChoices):
    FAVORABLE = "favorable", "Favorable"
    RESERVES = "reserves", "Favorable avec réserves"
    UNFAVORABLE = "unfavorable", "Défavorable"
    NONE = "none", "Sans avis"


# The link still opens this many days after the date asked for: a late opinion is better than none.
GRACE_DAYS = 15
MAX_DAYS = 60
