"""How the movements of the ledger are said."""

MOVEMENT_WORDS = {
    "vote": "Crédits votés",
    "lower": "Crédits retirés",
    "reserve": "Réservé",
    "release": "Réservation levée",
    "commit": "Aide engagée",
    "commit_reserved": "Aide engagée, sur réservation",
    "decommit": "Engagement annulé",
    "order": "Mis en paiement",
    "reject": "Paiement rejeté",
    "pay": "Payé",
    "recover": "Reversé par la commune",
}
