from django.db import models


class MessageState(models.TextChoices):
    QUEUED = "queued", "En attente"
    SENT = "sent", "Envoyé"
    FAILED = "failed", "Refusé par le destinataire"
    DEAD = "dead", "Abandonné après relances"


FINAL = (MessageState.SENT, MessageState.FAILED, MessageState.DEAD)
