from django.db import models


class FileState(models.TextChoices):
    QUARANTINED = "quarantined", "En cours d’analyse"
    CLEAN = "clean", "Prêt"
    INFECTED = "infected", "Refusé : virus détecté"
    UNREADABLE = "unreadable", "Refusé : fichier illisible"
    DISCARDED = "discarded", "Supprimé"


class Origin(models.TextChoices):
    UPLOADED = "uploaded", "Déposé"
    ISSUED = "issued", "Produit par le fonds"
