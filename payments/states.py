from django.db import models

from applications.states import DecisionState

# Decisions that may be paid.
EXECUTABLE = (DecisionState.SIGNED, DecisionState.NOTIFIED)


class InstalmentState(models.TextChoices):
    PLANNED = "planned", "Prévu"
    REQUESTED = "requested", "Demandé"
    CERTIFIED = "certified", "Service fait"
    APPROVED = "approved", "Approuvé"
    ORDERED = "ordered", "Ordonnancé"
    PAID = "paid", "Payé"
    REJECTED = "rejected", "Rejeté par le comptable"


class BatchState(models.TextChoices):
    OPEN = "open", "En préparation"
    SEALED = "sealed", "Scellé"
    TRANSMITTED = "transmitted", "Transmis"
    RECONCILED = "reconciled", "Rapproché"


class BankState(models.TextChoices):
    DECLARED = "declared", "À vérifier"
    VERIFIED = "verified", "Vérifié"
    SUPERSEDED = "superseded", "Remplacé"
    REFUSED = "refused", "Refusé"


class LineState(models.TextChoices):
    LIVE = "live", "Active"
    REJECTED = "rejected", "Rejetée"
    CANCELLED = "cancelled", "Annulée"


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
