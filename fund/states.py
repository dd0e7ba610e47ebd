from django.db import models


class CallState(models.TextChoices):
    DRAFT = "draft", "En préparation"
    PUBLISHED = "published", "Publié"
    OPEN = "open", "Ouvert"
    CLOSED = "closed", "Clos"
    DECIDING = "deciding", "En décision"
    DECIDED = "decided", "Décidé"
    ARCHIVED = "archived", "Archivé"


# An application may be sent while the call's dates say so; the task that opens and closes may be late.
TAKING_APPLICATIONS = (CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED)
ENDED = (CallState.DECIDED, CallState.ARCHIVED)
PUBLIC = tuple(state for state in CallState if state != CallState.DRAFT)


class LegalBasis(models.TextChoices):
    CITY_CONTRACT = "city_contract", "Programme d’actions du contrat de ville (CGCT, L. 5217-2)"
    SHARED_COST_FUND = "shared_cost_fund", "Fonds de concours (CGCT, L. 5215-26)"
    AGREEMENT = "agreement", "Convention"
    OTHER = "other", "Autre base juridique"


class BudgetLineKind(models.TextChoices):
    OWN_ACTIONS = "own_actions", "Actions propres de la métropole"
    FUND = "fund", "Fonds d’initiative"
    PLATFORM = "platform", "Plateforme"
    OTHER = "other", "Autre ligne"


# A year begins with these; other lines are added as they are voted.
FIRST_LINES = (BudgetLineKind.OWN_ACTIONS, BudgetLineKind.FUND, BudgetLineKind.PLATFORM)


class VoteKind(models.TextChoices):
    INITIAL = "initial", "Vote du budget"
    AMENDMENT = "amendment", "Décision modificative"
    TRANSFER = "transfer", "Virement entre lignes"
    CARRY_OVER = "carry_over", "Report d’un exercice à l’autre"


class CreditMode(models.TextChoices):
    ANNUAL = "annual", "Crédits annuels"
    AE_CP = "ae_cp", "Autorisations d’engagement et crédits de paiement (AE/CP)"


class Audience(models.TextChoices):
    ALL = "all", "Toutes les communes"
    WITH_PLAN = "with_plan", "Communes dotées d’un plan local"
    WITHOUT_PLAN = "without_plan", "Communes sans plan local"


class Account(models.TextChoices):
    """Where the euros of an envelope stand. `voted` is outside: what the vote brings in."""

    VOTED = "voted", "voté"
    AVAILABLE = "available", "disponible"
    RESERVED = "reserved", "réservé"
    COMMITTED = "committed", "engagé"
    ORDERED = "ordered", "ordonnancé"
    PAID = "paid", "payé"
    RECOVERED = "recovered", "recouvré"


# The movements that mean something, and their names. A correction is the reversal of a movement.
MOVEMENTS = {
    "vote": (Account.VOTED, Account.AVAILABLE),
    "lower": (Account.AVAILABLE, Account.VOTED),
    "reserve": (Account.AVAILABLE, Account.RESERVED),
    "release": (Account.RESERVED, Account.AVAILABLE),
    "commit": (Account.AVAILABLE, Account.COMMITTED),
    "commit_reserved": (Account.RESERVED, Account.COMMITTED),
    "decommit": (Account.COMMITTED, Account.AVAILABLE),
    "order": (Account.COMMITTED, Account.ORDERED),
    "reject": (Account.ORDERED, Account.COMMITTED),
    "pay": (Account.ORDERED, Account.PAID),
    "recover": (Account.PAID, Account.RECOVERED),
}


class Theme(models.TextChoices):
    EMPLOYMENT = "emploi", "Emploi et carrière"
    HOUSING = "logement", "Logement"
    EDUCATION = "education_formation", "Éducation et formation"
    HEALTH = "sante", "Santé et accès aux soins"
    PUBLIC_SERVICES = "services_publics", "Biens et services publics"
    PRIVATE_SERVICES = "biens_services_prives", "Biens et services privés"
    SOCIAL_PROTECTION = "protection_sociale", "Protection sociale"
    ACROSS = "transversal", "Transversal : culture, sport, vie citoyenne"


class ActionType(models.TextChoices):
    TRAINING = "formation", "Formation des acteurs locaux"
    AWARENESS = "sensibilisation", "Sensibilisation du public"
    VICTIMS = "soutien_victimes", "Soutien aux victimes"
    DIAGNOSTIC = "diagnostic", "Diagnostic territorial, étude, tests"
    TOOLS = "outils_reseau", "Outils, animation de réseau, communication"
