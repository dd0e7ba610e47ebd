from django.db import models


class Role(models.TextChoices):
    READER = "reader", "Lecteur"
    DRAFTER = "drafter", "Rédacteur"
    SIGNATORY = "signatory", "Signataire"
    INSTRUCTOR = "instructor", "Instructeur"
    FUND_MANAGER = "fund_manager", "Gestionnaire du fonds"
    HEAD_OF_SERVICE = "head_of_service", "Chef de service"
    EVALUATOR = "evaluator", "Évaluateur"
    FINANCE_PREPARER = "finance_preparer", "Finances, préparation"
    FINANCE_APPROVER = "finance_approver", "Finances, approbation"
    AUDITOR = "auditor", "Auditeur"
    ADMINISTRATOR = "administrator", "Administrateur technique"


# Roles held in an organisation (a commune); the others are held in the fund's staff.
ORGANISATION_ROLES = (Role.READER, Role.DRAFTER, Role.SIGNATORY)
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
