"""The journal and the mails of a file as a story one reads."""

from collections.abc import Iterable
from typing import Any

from applications.models import Application, Decision
from common.money import euros
from journal.models import Entry
from journal.services import chain_of
from notifications.models import Message
from notifications.states import MessageState

SHOWN = 40
# What each verb is called in the story; the person's name comes before.
SENTENCES = {
    "create": "a ouvert le dossier",
    "deposit_signed": "a déposé un document signé",
    "make_convention": "a fait la convention",
    "file_appeal": "a déposé ou enregistré un recours gracieux",
    "accept_appeal": "a admis le recours",
    "reject_appeal": "a rejeté le recours",
    "withdraw_appeal": "a retiré le recours",
    "decide_again": "a repris le dossier, son refus étant retiré",
    "reconsider": "a repris l’instruction du dossier",
    "adjourn": "a enregistré l’ajournement du comité",
    "label": "a changé les étiquettes",
    "ask_signature": "a demandé la signature",
    "begin_again": "est reparti d’un dossier précédent",
    "open_help": "a commencé d’écrire pour la commune",
    "ask_help": "a donné la main à l’équipe du fonds",
    "take_hand": "a pris la main, pour la commune",
    "end_help": "a mis fin à la saisie assistée",
    "return_to_drafter": "a renvoyé le dossier pour reprise",
    "submit": "a envoyé le dossier",
    "start_instruction": "a pris le dossier en instruction",
    "take_over": "a repris l’instruction",
    "assign_instructor": "a confié l’instruction",
    "answer_checks": "a répondu à des points de recevabilité",
    "not_duplicate": "a écarté un doublon",
    "duplicate": "a signalé un doublon",
    "write_remark": "a noté une remarque",
    "drop_remark": "a retiré une remarque",
    "write_note": "a écrit une note interne",
    "mend_note": "a modifié sa note",
    "correct_typo": "a corrigé une faute de frappe",
    "check_complete": "a constaté que le dossier est complet et recevable",
    "ask_pieces": "a demandé des pièces",
    "receive_pieces": "a répondu à la demande de pièces",
    "extend_deadline": "a laissé plus de temps à la commune",
    "resume_instruction": "a repris l’instruction sans réponse",
    "write_opinion": "a rendu un avis",
    "send_to_review": "a envoyé le dossier en évaluation",
    "finish_review": "a clos l’évaluation",
    "declare_inadmissible": "a déclaré le dossier irrecevable",
    "declare_conflict": "s’est déporté",
    "withdraw": "a retiré le dossier",
    "ask_change": "a demandé une modification de l’action",
    "withdraw_change": "a retiré la demande de modification",
    "agree_change": "a donné son accord à la modification du montant",
    "accept_change": "a accepté la modification de l’action",
    "refuse_change": "a refusé la modification de l’action",
    "committee_answer": "a noté la réponse du comité",
    "committee_again": "a remis le dossier devant le comité, second passage",
    "grant": "a enregistré un accord",
    "waitlist": "a enregistré une mise en liste d’attente",
    "reject": "a enregistré un refus",
    "reopen_decision": "a retiré la décision avant sa signature",
    "send_report": "a envoyé le bilan",
    "return_report": "a renvoyé le bilan à la commune",
    "accept_report": "a accepté le bilan",
    "close": "a clôturé le dossier",
    "lapse": "a constaté la caducité",
    "cancel": "a annulé l’aide",
    "ask_question": "a posé une question avant l’envoi",
    "answer_question": "a répondu à la question",
    "write_to_desk": "a écrit un message",
    "write_to_commune": "a écrit à la commune",
    "nothing_to_answer": "a lu le message de la commune, sans réponse à donner",
    "ask_outside": "a demandé un avis extérieur",
    "renew_outside": "a renouvelé une demande d’avis extérieur",
    "withdraw_outside": "a retiré une demande d’avis extérieur",
    "outside_answered": "a rendu son avis",
    "reprise": "Reprise de l’historique",
}
# Content saved section by section would drown the rest.
QUIET = ("save_section", "attach_document", "remove_document", "reuse_document", "date_document", "mark_read")
MAIL_STATES = {
    MessageState.QUEUED: "en attente d’envoi",
    MessageState.FAILED: "refusé par le destinataire",
    MessageState.DEAD: "non envoyé",
}


def story(application: Application, decision: Decision | None = None) -> list[dict[str, Any]]:
    """Newest first, at most SHOWN: what people did and what was mailed. Two queries."""
    entries = Entry.objects.filter(chain=chain_of(application)).exclude(verb__in=QUIET).order_by("-sequence")
    written = entries.values("verb", "actor_id", "actor_label", "occurred_at", "recorded_at", "data", "reason")[:SHOWN]
    mails = Message.objects.filter(subject_ref=application.number).order_by("-id")
    sent = mails.values("subject", "recipient_label", "state", "sent_at", "created_at", "kind")[:SHOWN]
    told = [_entry(dict(entry)) for entry in written] + _signature(decision) + _grouped(map(dict, sent))
    return sorted(told, key=lambda one: one["when"], reverse=True)[:SHOWN]


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    verb = entry["verb"]
    sentence = SENTENCES.get(verb, verb.replace("_", " "))
    return {
        "when": entry["occurred_at"] or entry["recorded_at"],
        "text": sentence if verb == "reprise" else f"{entry['actor_label']} {sentence}",
        "auto": entry["actor_id"] is None,
        "detail": _detail(entry["data"] or {}, entry["reason"]),
    }


def _signature(decision: Decision | None) -> list[dict[str, Any]]:
    """It stands in the chain of the decision; the decision itself says the same."""
    if decision is None or decision.signed_by is None:
        return []
    text = f"{decision.signed_by.get_full_name()} a signé la décision"
    return [
        {
            "when": decision.signed_at,
            "text": text,
            "auto": False,
            "detail": f"acte {decision.act_number}{_delegated(decision)}",
        }
    ]


def _delegated(decision: Decision) -> str:
    return f" ; par délégation, {decision.delegation.reference}" if decision.delegation else ""


def _detail(data: dict[str, Any], reason: str) -> str:
    parts = []
    if data.get("number"):
        parts.append(f"numéro {data['number']}")
    cents = data.get("amount_cents") or data.get("proposed_cents")
    if cents:
        parts.append(euros(cents))
    if data.get("items"):
        parts.append(", ".join(data["items"]))
    if data.get("to"):
        parts.append(data["to"])
    if data.get("from"):
        parts.append(f"à la suite de {data['from']}")
    if data.get("with"):
        parts.append(f"avec {data['with']}")
    if data.get("average"):
        parts.append(f"{data['average']} points sur 100")
    if reason:
        parts.append(reason if len(reason) < 240 else f"{reason[:240]}…")
    return " ; ".join(parts)


def _grouped(mails: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line for the same mail to several people."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for mail in mails:
        groups.setdefault((mail["kind"], mail["subject"]), []).append(mail)
    told = []
    for (_, subject), same in groups.items():
        people = ", ".join(mail["recipient_label"] for mail in reversed(same))
        states = {MAIL_STATES[MessageState(mail["state"])] for mail in same if mail["state"] != MessageState.SENT}
        detail = f"à {people}" + (f" ; {', '.join(sorted(states))}" if states else "")
        when = max(mail["sent_at"] or mail["created_at"] for mail in same)
        told.append({"when": when, "text": f"Courriel : « {subject} »", "auto": True, "detail": detail})
    return told
