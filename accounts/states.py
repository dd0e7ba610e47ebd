from django.db import models


class Role(models.TextChoices):
    READER = "reader", "Lecteur"
    DRAFTER = "drafter", "Rédacteur"
    SIGNATORY = "signatory", "Signataire"
    ORGANISATION_ADMIN = "organisation_admin", "Administrateur de la commune"
    INSTRUCTOR = "instructor", "Instructeur"
    FUND_MANAGER = "fund_manager", "Gestionnaire du fonds"
    HEAD_OF_SERVICE = "head_of_service", "Chef de service"
    EVALUATOR = "evaluator", "Évaluateur"
    FINANCE_PREPARER = "finance_preparer", "Finances, préparation"
    FINANCE_APPROVER = "finance_approver", "Finances, approbation"
    AUDITOR = "auditor", "Auditeur"
    ADMINISTRATOR = "administrator", "Administrateur technique"


# Roles held in an organisation (a commune); the others are held in the fund's staff.
# What one does with a file; the administrator of a commune manages its people, beside such a role or without.
FILE_ROLES = (Role.READER, Role.DRAFTER, Role.SIGNATORY)
ORGANISATION_ROLES = (*FILE_ROLES, Role.ORGANISATION_ADMIN)
WRITING_ROLES = (Role.DRAFTER, Role.SIGNATORY)
STAFF_ROLES = tuple(role for role in Role if role not in ORGANISATION_ROLES)
# Staff who see every submitted file; an evaluator sees only what is assigned, the administrator no file at all.
DESK_ROLES = (Role.INSTRUCTOR, Role.FUND_MANAGER, Role.HEAD_OF_SERVICE)
FINANCE_ROLES = (Role.FINANCE_PREPARER, Role.FINANCE_APPROVER)
READING_ROLES = (*DESK_ROLES, *FINANCE_ROLES, Role.AUDITOR)


class OrganisationKind(models.TextChoices):
    COMMUNE = "commune", "Commune"
    CCAS = "ccas", "CCAS"


class PlanStatus(models.TextChoices):
    NONE = "none", "Sans plan local"
    IN_PREPARATION = "in_preparation", "Plan local en préparation"
    ADOPTED = "adopted", "Plan local adopté"
    LAPSED = "lapsed", "Plan local échu"


class JoinState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", "Adresse à confirmer"
    WAITING = "waiting", "En attente"
    ACCEPTED = "accepted", "Acceptée"
    REFUSED = "refused", "Refusée"


class LookupState(models.TextChoices):
    ASKED = "asked", "Recherche en cours"
    FOUND = "found", "Trouvé"
    NOT_FOUND = "not_found", "Introuvable"
    DOWN = "down", "L’annuaire ne répond pas"
    KEPT = "kept", "Repris"
