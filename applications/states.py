from django.db import models


class ApplicationState(models.TextChoices):
    DRAFT = "draft", "Brouillon"
    SUBMITTED = "submitted", "Envoyé"
    IN_INSTRUCTION = "in_instruction", "En instruction"
    AWAITING_COMMUNE = "awaiting_commune", "En attente de la commune"
    UNDER_REVIEW = "under_review", "En évaluation"
    REVIEWED = "reviewed", "Évalué"
    GRANTED = "granted", "Accordé"
    WAITLISTED = "waitlisted", "Liste d’attente"
    REJECTED = "rejected", "Refusé"
    INADMISSIBLE = "inadmissible", "Irrecevable"
    WITHDRAWN = "withdrawn", "Retiré"
    CLOSED = "closed", "Clôturé"
    LAPSED = "lapsed", "Caduc"
    CANCELLED = "cancelled", "Annulé"


_S = ApplicationState
IN_HANDS_OF_COMMUNE = (_S.DRAFT, _S.AWAITING_COMMUNE)
UNDECIDED = (_S.SUBMITTED, _S.IN_INSTRUCTION, _S.AWAITING_COMMUNE, _S.UNDER_REVIEW, _S.REVIEWED)
DECIDED = (_S.GRANTED, _S.WAITLISTED, _S.REJECTED)
FINAL = (_S.REJECTED, _S.INADMISSIBLE, _S.WITHDRAWN, _S.CLOSED, _S.LAPSED, _S.CANCELLED)


class DecisionState(models.TextChoices):
    RECORDED = "recorded", "Enregistrée"
    SIGNED = "signed", "Signée"
    NOTIFIED = "notified", "Notifiée"
    WITHDRAWN = "withdrawn", "Retirée avant signature"
    REVOKED = "revoked", "Retirée sur recours"


GONE = (DecisionState.WITHDRAWN, DecisionState.REVOKED)  # decisions that stand no more


class DecisionKind(models.TextChoices):
    GRANT = "grant", "Accord"
    WAITLIST = "waitlist", "Liste d’attente"
    REJECT = "reject", "Refus"


class GroundUse(models.TextChoices):
    """What a reason of the list explains."""

    REFUSAL = "refusal", "Refus"
    REDUCTION = "reduction", "Montant réduit"
    WAITLIST = "waitlist", "Liste d’attente"
    INADMISSIBLE = "inadmissible", "Irrecevabilité"


class AppealState(models.TextChoices):
    """A gracious appeal against a decision of the fund. Its silence for two months is a refusal (CRPA L. 231-4)."""

    RECEIVED = "received", "Reçu"
    ACCEPTED = "accepted", "Admis"
    REJECTED = "rejected", "Rejeté"
    WITHDRAWN = "withdrawn", "Retiré par la commune"


class LetterKind(models.TextChoices):
    """A letter that the fund signs, of which a call may have its own text; the value is in the address of its page."""

    AWARD = "attribution", "Attribution"
    REDUCED = "attribution-reduite", "Attribution d’un montant réduit"
    REFUSAL = "refus", "Refus"
    WAITLIST = "liste-attente", "Mise en liste d’attente"
    INADMISSIBLE = "irrecevabilite", "Irrecevabilité"
    PIECES = "pieces", "Demande de pièces"
    ADJOURNED = "ajournement", "Ajournement"
    APPEAL = "recours", "Réponse à un recours gracieux"
    CONVENTION = "convention", "Convention"


class SignedKind(models.TextChoices):
    """What was signed by hand and scanned."""

    LETTER = "lettre", "Lettre de décision signée"
    CONVENTION = "convention", "Convention signée"


class RequestOutcome(models.TextChoices):
    """How a request for pieces ended."""

    ANSWERED = "answered", "Répondue"
    PARTIAL = "partial", "Répondue en partie"
    LAPSED = "lapsed", "Sans réponse dans le délai"


class ItemKind(models.TextChoices):
    """What an item of a request asks for."""

    DOCUMENT = "document", "Pièce"
    FIELD = "field", "Réponse"
    TABLE = "table", "Tableau"
    QUESTION = "question", "Question de l’appel"


class ChangeState(models.TextChoices):
    """The change of an awarded action. A lower amount is agreed by the fund manager, then signed by another person."""

    REQUESTED = "requested", "Demandée"
    AGREED = "agreed", "Accord à signer"
    ACCEPTED = "accepted", "Acceptée"
    REFUSED = "refused", "Refusée"
    WITHDRAWN = "withdrawn", "Retirée par la commune"


class ReportState(models.TextChoices):
    DUE = "due", "Attendu"
    DRAFT = "draft", "En préparation"
    SUBMITTED = "submitted", "Envoyé"
    RETURNED = "returned", "À compléter"
    ACCEPTED = "accepted", "Accepté"


REPORT_WITH_COMMUNE = (ReportState.DUE, ReportState.DRAFT, ReportState.RETURNED)
REPORT_READ_BY_DESK = (ReportState.SUBMITTED, ReportState.RETURNED, ReportState.ACCEPTED)


class ReportText(models.TextChoices):
    """The nine sections of the report's sheet, in their order; the value is in the address of the page."""

    MOTIVATIONS = "motivations", "Les motivations"
    FUNDERS = "financeurs", "Les financeurs"
    DESCRIPTION = "description", "La description de l’action"
    PUBLICS = "publics", "Les publics"
    PARTNERS = "partenaires", "Les partenaires"
    STRENGTHS = "points-forts", "Les points forts"
    DIFFICULTIES = "difficultes", "Les difficultés rencontrées"
    RESULTS = "resultats", "Les résultats"
    CONTACT = "contact", "Le contact"


class ProofKind(models.TextChoices):
    INVOICE = "facture", "Facture ou mandat payé"
    STATEMENT = "decompte", "Décompte des dépenses, signé"
    ATTENDANCE = "presence", "Feuille de présence"
    PRESS = "presse", "Article, affiche ou support produit"
    OTHER = "autre", "Autre justificatif"


class PhotoPeople(models.TextChoices):
    """Who may be recognised on a photo, and whether they agreed."""

    NOBODY = "personne", "On ne reconnaît personne"
    AGREED = "accord", "Les personnes reconnaissables ont donné leur accord"


class Moderation(models.TextChoices):
    PUBLISHABLE = "publiable", "Publiable"
    WITHHELD = "non_publiable", "Non publiable"


class Phase(models.TextChoices):
    INTERNAL = "internal", "Culture interne de la collectivité"
    PARTNERS = "partners", "Organismes partenaires"
    OUTSIDE = "outside", "Organismes et publics extérieurs"


class Public(models.TextChoices):
    AGENTS = "agents", "Agents des collectivités"
    ELECTED = "elus", "Élus"
    PROFESSIONALS = "professionnels", "Professionnels"
    VOLUNTEERS = "benevoles", "Bénévoles"
    CHILDREN = "enfants", "Enfants"
    YOUNG = "jeunes", "Jeunes"
    ADULTS = "adultes", "Adultes"
    SENIORS = "seniors", "Personnes âgées"
    JOB_SEEKERS = "demandeurs_emploi", "Demandeurs d’emploi"
    TENANTS = "locataires", "Locataires et demandeurs de logement"
    NEIGHBOURHOODS = "habitants_qpv", "Habitants des quartiers prioritaires"
    ASSOCIATIONS = "associations", "Associations"


class Side(models.TextChoices):
    CHARGE = "charge", "Charges"
    PRODUCT = "product", "Produits"


CHARGE_ACCOUNTS = (
    ("60", "60 Achats"),
    ("61", "61 Services extérieurs"),
    ("62", "62 Autres services extérieurs"),
    ("63", "63 Impôts et taxes"),
    ("64", "64 Charges de personnel"),
    ("65", "65 Autres charges de gestion courante"),
    ("86", "86 Emplois des contributions volontaires"),
)
PRODUCT_ACCOUNTS = (
    ("70", "70 Ventes et prestations"),
    ("74", "74 Subventions et participations"),
    ("75", "75 Autres produits de gestion courante"),
    ("87", "87 Contributions volontaires"),
    ("autofinancement", "Autofinancement de la commune"),
)
VOLUNTARY = ("86", "87")  # counted apart: valued, never paid, so outside the eligible cost


class FundingStatus(models.TextChoices):
    ACQUIRED = "acquired", "Acquis"
    REQUESTED = "requested", "Sollicité"
    TO_REQUEST = "to_request", "À solliciter"
