"""The verbs and states of the journal, as an auditor reads them. What has no word here shows as it was written."""

from django.core.exceptions import FieldDoesNotExist
from django.db import models

VERBS = {
    "accept": "Acceptation",
    "accept_invitation": "Invitation acceptée",
    "add_lines": "Versements mis au lot",
    "add_question": "Question ajoutée",
    "amend_line": "Crédits modifiés",
    "approve": "Approbation",
    "archive": "Archivage",
    "ask_pieces": "Demande de pièces",
    "ask_signature": "Demande de signature",
    "assign": "Évaluateur désigné",
    "attach_document": "Pièce jointe",
    "cancel": "Annulation",
    "certify": "Service fait certifié",
    "change_questions": "Passage aux nouvelles questions",
    "check_complete": "Dossier déclaré complet",
    "clear": "Fichier sain",
    "close": "Clôture",
    "condemn": "Fichier écarté",
    "copy_questions": "Questions reprises d’un autre appel",
    "create": "Création",
    "create_budget": "Budget créé",
    "deactivate": "Compte fermé",
    "declare": "Déclaration",
    "declare_conflict": "Déport",
    "declare_inadmissible": "Irrecevabilité",
    "describe_line": "Comptes d’une ligne",
    "edit": "Modification",
    "edit_criteria": "Critères modifiés",
    "edit_documents": "Pièces demandées modifiées",
    "edit_plan": "Versements prévus modifiés",
    "edit_question": "Question modifiée",
    "end_role": "Rôle retiré",
    "end_sessions": "Sessions fermées",
    "export_csv": "CSV du lot téléchargé",
    "export_xlsx": "XLSX du lot téléchargé",
    "finish_deciding": "Fin des décisions",
    "finish_review": "Fin de l’évaluation",
    "freeze": "Mise en service",
    "grant": "Accord",
    "grant_role": "Rôle donné",
    "import_communes": "Import des communes",
    "invite": "Invitation",
    "lapse": "Caducité",
    "message": "Message",
    "move_question": "Question déplacée",
    "notify": "Notification",
    "open": "Ouverture",
    "order": "Ordonnancement",
    "pay": "Paiement",
    "plan": "Versement prévu",
    "publish": "Publication",
    "reactivate": "Compte rouvert",
    "read_iban": "IBAN affiché en entier",
    "open_letter": "Courrier ouvert par la commune",
    "extend_deadline": "Délai de réponse prolongé",
    "resume_instruction": "Instruction reprise sans réponse",
    "ask_change": "Modification demandée",
    "agree_change": "Accord à une modification du montant",
    "accept_change": "Modification acceptée",
    "refuse_change": "Modification refusée",
    "withdraw_change": "Demande de modification retirée",
    "reduce": "Versement réduit",
    "receive_pieces": "Pièces reçues",
    "reconcile": "Rapprochement",
    "record": "Enregistrement",
    "recuse": "Déport",
    "refuse": "Refus",
    "reject": "Refus",
    "remove_document": "Pièce retirée",
    "remove_line": "Versement retiré du lot",
    "remove_question": "Question retirée",
    "reopen_decision": "Décision rouverte",
    "reprise": "Reprise du passé",
    "request": "Demande",
    "return_to_commune": "Renvoi à la commune",
    "return_to_desk": "Renvoi au service",
    "return_to_drafter": "Renvoi au rédacteur",
    "revoke_invitation": "Invitation annulée",
    "save_contacts": "Coordonnées modifiées",
    "save_plan": "Plan local modifié",
    "save_profile": "Profil modifié",
    "save_section": "Section enregistrée",
    "save_settings": "Réglages modifiés",
    "seal": "Sceau",
    "second_factor_failed": "Code refusé",
    "send_again": "Message renvoyé",
    "send_back": "Renvoi",
    "send_to_review": "Envoi en évaluation",
    "sessions_ended": "Sessions fermées",
    "sign": "Signature",
    "sign_in": "Connexion",
    "sign_in_failed": "Connexion refusée",
    "sign_out": "Déconnexion",
    "start": "Début",
    "start_deciding": "Début des décisions",
    "start_instruction": "Prise en charge",
    "submit": "Envoi",
    "supersede": "Remplacement",
    "take_over": "Reprise par un autre instructeur",
    "transmit": "Transmission au comptable",
    "verify": "Vérification",
    "vote": "Crédits votés",
    "waitlist": "Liste d’attente",
    "withdraw": "Retrait",
    "write_opinion": "Avis rendu",
}


def verb_words(verb: str) -> str:
    return VERBS.get(verb, verb)


def state_words(model: type[models.Model] | None, state: str) -> str:
    """The label that the model itself gives to its state."""
    if not state or model is None:
        return state
    try:
        choices = model._meta.get_field("state").flatchoices  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return state
    return str(dict(choices).get(state, state))


def verb_choices() -> list[tuple[str, str]]:
    return [("", "Toutes"), *sorted(VERBS.items(), key=lambda item: item[1])]
