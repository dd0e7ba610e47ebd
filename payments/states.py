from django.db import models

from applications.states import DecisionState

# Decisions that may be paid.
EXECUTABLE = (DecisionState.SIGNED, DecisionState.NOTIFIED)


class InstalmentState(models.TextChoices):
    PLANNED = "planned", "Prévu"
    REQUESTED = "requested", "Demandé"
    CERTIFIED = "certified", "Service fait"
    ENDORSED = "endorsed", "Visé"
    APPROVED = "approved", "Approuvé"
    ORDERED = "ordered", "Ordonnancé"
    PAID = "paid", "Payé"
    VOID = "void", "Sans objet"


DONE = (InstalmentState.PAID, InstalmentState.VOID)


class ActKind(models.TextChoices):
    EXTENSION = "extension", "Prolongation"
    REDUCTION = "reduction", "Réduction de l’aide"
    CANCELLATION = "cancellation", "Annulation de l’aide"
    LAPSE = "lapse", "Caducité de l’aide"


ENDING_ACTS = (ActKind.CANCELLATION, ActKind.LAPSE)


class ActState(models.TextChoices):
    PREPARED = "prepared", "À signer"
    SIGNED = "signed", "Signé"
    WITHDRAWN = "withdrawn", "Retiré"


class PaperKind(models.TextChoices):
    AGREEMENT = "agreement", "Convention ou délibérations concordantes"
    TITLE = "title", "Titre de perception de la commune"
    OTHER = "other", "Autre justificatif demandé par la décision"
    STATEMENT = "statement", "Décompte"


class RecoveryState(models.TextChoices):
    ASKED = "asked", "Titre demandé"
    ISSUED = "issued", "Titre émis"
    RECEIVED = "received", "Encaissé"
    CANCELLED = "cancelled", "Abandonné"


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
    PDF = "pdf", "PDF"
    ZIP = "zip", "ZIP"
    PES = "pes", "Pré-flux PES"
    SEPA = "sepa", "Virements SEPA"


class ReturnState(models.TextChoices):
    READ = "read", "À contrôler"
    APPLIED = "applied", "Appliqué"
    DISCARDED = "discarded", "Écarté"


class ReturnOutcome(models.TextChoices):
    PAID = "paid", "Payé"
    REJECTED = "rejected", "Rejeté par le comptable"
    NOTED = "noted", "Mandaté, pas encore payé"
    KNOWN = "known", "Déjà connu"
    DIFFERENCE = "difference", "Écart"


class DifferenceKind(models.TextChoices):
    MISSING = "missing", "Absent du retour"
    UNKNOWN = "unknown", "Inconnu"
    AMBIGUOUS = "ambiguous", "Plusieurs lignes possibles"
    DUPLICATE = "duplicate", "En double"
    AMOUNT = "amount", "Autre montant"
    TWICE = "twice", "Payé deux fois"
    TAKEN_BACK = "taken_back", "Ligne annulée ou rejetée"
    DATE = "date", "Date impossible"
