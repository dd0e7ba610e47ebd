"""The parts of a file's home, as data for the components: task list, spine, turn, amount, people, timeline."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse

from accounts.models import Membership, User
from accounts.states import FILE_ROLES, Role
from applications import eligibility, policies
from applications.comparing import difference_of
from applications.models import Application, Decision, PieceRequest
from applications.sections import BY_SLUG, PARTS, Progress, progress
from applications.standing import IN_DECISION, Standing
from applications.states import ApplicationState as S
from applications.states import RequestOutcome
from common.dates import day, day_short, moment, remaining
from common.money import euros, percent
from common.typography import counted, of_name
from journal.models import Entry
from journal.services import chain_of

VERBS = {
    "create": "{who} a commencé le dossier",
    "save_section": "{who} a modifié « {section} »",
    "change_questions": "{who} est passé aux nouvelles questions de l’appel",
    "restore_section": "{who} a repris un texte d’avant dans « {section} »",
    "attach_document": "{who} a joint « {name} »",
    "remove_document": "{who} a retiré « {name} »",
    "reuse_document": "{who} a repris « {name} » d’un dossier précédent",
    "date_document": "{who} a daté « {name} »",
    "begin_again": "{who} est reparti d’un dossier précédent",
    "mark_read": "{who} a relu « {section} »",
    "open_help": "{who} a commencé d’écrire pour la commune",
    "ask_help": "{who} a donné la main à l’équipe du fonds",
    "take_hand": "{who} a pris la main, pour la commune",
    "end_help": "{who} a mis fin à la saisie assistée",
    "ask_signature": "{who} a demandé la signature",
    "return_to_drafter": "{who} a demandé des corrections",
    "submit": "{who} a envoyé le dossier, sous le numéro {number}",
    "start_instruction": "La métropole a pris le dossier en charge",
    "ask_pieces": "La métropole a demandé des pièces",
    "receive_pieces": "{who} a répondu à la demande de pièces",
    "extend_deadline": "La métropole a laissé plus de temps pour répondre",
    "resume_instruction": "La métropole a repris l’instruction sans réponse",
    "correct_typo": "La métropole a corrigé une faute de frappe",
    "send_to_review": "Le dossier est en évaluation",
    "finish_review": "L’évaluation est terminée",
    "declare_inadmissible": "La métropole a déclaré le dossier irrecevable",
    "withdraw": "{who} a retiré le dossier",
    "ask_change": "{who} a demandé une modification de l’action",
    "withdraw_change": "{who} a retiré la demande de modification",
    "accept_change": "La métropole a accepté la modification de l’action",
    "refuse_change": "La métropole a refusé la modification de l’action",
    "ask_question": "{who} a posé une question au service",
    "answer_question": "Le service a répondu à la question",
    "write_to_desk": "{who} a écrit au service",
    "write_to_commune": "Le service a écrit un message",
    "send_report": "{who} a envoyé le bilan",
    "return_report": "La métropole a demandé de compléter le bilan",
    "accept_report": "La métropole a accepté le bilan",
    "close": "Le dossier est clôturé : le bilan est accepté et l’aide est versée",
}
WRITING = (
    "save_section",
    "change_questions",
    "restore_section",
    "attach_document",
    "remove_document",
    "reuse_document",
    "date_document",
    "mark_read",
)  # said while one writes, then only noise
SHOWN_ENTRIES = 40


def section_url(application: Application, slug: str) -> str:
    names = {"budget": "application_budget", "pieces": "application_documents"}
    if slug in names:
        return reverse(names[slug], args=[application.public_id])
    return reverse("application_section", args=[application.public_id, slug])


def url(name: str, application: Application) -> str:
    return reverse(name, args=[application.public_id])


def link_to(name: str, application: Application) -> str:
    """The address of a page of an app above, empty where that app is not installed."""
    try:
        return url(name, application)
    except NoReverseMatch:
        return ""


def parts(application: Application, sections: list[Progress], *, editable: bool) -> list[dict[str, Any]]:
    by_slug = {one.section.slug: one for one in sections}
    return [
        {
            "title": title,
            "tasks": [
                _task(application, by_slug[section.slug], editable=editable)
                for section in group
                if section.slug in by_slug
            ],
        }
        for title, group in PARTS
    ]


def _task(application: Application, one: Progress, *, editable: bool) -> dict[str, Any]:
    task: dict[str, Any] = {
        "label": one.section.title,
        "url": section_url(application, one.section.slug) if editable else "",
        "hint": one.summary,
        "done": one.is_complete,
    }
    if one.is_complete:
        return task | {"kind": "done", "state": "Complet"}
    task["hint"] = one.to_do[0]
    if one.wrong:
        points = f", {len(one.wrong)} points" if len(one.wrong) > 1 else ""
        return task | {"kind": "err", "state": f"À corriger{points}"}
    return task | {"kind": "you", "state": "À commencer" if one.untouched else "À compléter"}


STEPS = ("Dossier", "Signature", "Instruction", "Évaluation", "Décision", "Versements", "Bilan")
_AT = {
    S.SUBMITTED: 2,
    S.IN_INSTRUCTION: 2,
    S.AWAITING_COMMUNE: 2,
    S.UNDER_REVIEW: 3,
    S.REVIEWED: 4,
    IN_DECISION: 4,
    S.GRANTED: 5,
    S.WAITLISTED: 4,
    S.REJECTED: 4,
    S.INADMISSIBLE: 2,
    S.WITHDRAWN: 2,
    S.CLOSED: 7,
    S.LAPSED: 5,
    S.CANCELLED: 5,
}


def spine(
    application: Application, where: Standing, complete: int, total: int, *, told: Decision | None = None
) -> list[dict[str, Any]]:
    """The same seven steps on every file, for every reader; `told` is the decision the commune was told of."""
    if where.code == S.DRAFT:
        at = 1 if application.signature_asked_at else 0
    else:
        at = _AT[where.code]
    call = application.call
    subs = {
        0: f"{complete} sur {total} sections" if where.code == S.DRAFT else "envoyé",
        1: day_short(application.submitted_at) if application.submitted_at else "après relecture",
        2: f"avant le {day_short(application.due_on)}" if application.due_on else "après l’envoi",
        4: f"le {day_short(call.decision_expected_on)}" if call.decision_expected_on else "",
        6: f"avant le {day(call.report_due_on)}",
    }
    if told and told.notified_at:
        subs |= {2: "terminée", 4: f"le {day(told.notified_at)}"}
    return [
        {"label": label, "sub": subs.get(n, ""), "state": "done" if n < at else "current" if n == at else "todo"}
        for n, label in enumerate(STEPS)
    ]


@dataclass(frozen=True)
class Turn:
    title: str
    sentence: str
    other: bool = True
    url: str = ""
    action: str = ""
    more_url: str = ""
    more: str = ""


def turn_of_draft(application: Application, user: User, sections: list[Progress], *, closed: bool) -> Turn:
    call, left = application.call, [one for one in sections if not one.is_complete]
    if closed:
        return Turn(
            f"L’appel est clos depuis le {moment(call.closes_at)}",
            "Ce brouillon ne peut plus être envoyé. Il reste lisible ici, par exemple pour le prochain appel.",
        )
    if not policies.can_edit(user, application):
        return Turn("Votre commune écrit ce dossier", "Vous pouvez le lire ; ses rédacteurs l’écrivent.")
    title = f"À vous de jouer avant le {moment(call.closes_at)}"
    time_left = f"{remaining(call.closes_at).capitalize()}"
    if left:
        first = next((one for one in left if one.wrong), left[0])
        verb = "Corriger" if first.wrong else "Commencer" if first.untouched else "Compléter"
        words = f"{time_left} et {counted(len(left), 'section')} à compléter sur {len(sections)}."
        return Turn(
            title, words, False, section_url(application, first.section.slug), f"{verb} « {first.section.title} »"
        )
    return _turn_of_complete(application, user, title, time_left)


def _turn_of_complete(application: Application, user: User, title: str, time_left: str) -> Turn:
    review = url("application_review", application)
    if policies.can_submit(user, application):
        return Turn(
            title,
            f"{time_left}. Le dossier est complet : relisez-le, puis envoyez-le.",
            False,
            review,
            "Relire et envoyer",
        )
    if application.signature_asked_at:
        words = f"La signature est demandée depuis le {moment(application.signature_asked_at)}. {time_left}."
        return Turn("Le dossier attend la signature", words, True, more_url=review, more="Relire le dossier")
    return Turn(
        title,
        f"{time_left}. Le dossier est complet : relisez-le, puis demandez la signature.",
        False,
        review,
        "Relire le dossier",
    )


def turn_of_sent(
    application: Application, user: User, where: Standing, request: PieceRequest | None, decision: Decision | None
) -> Turn:
    if where.code == S.AWAITING_COMMUNE and request:
        asked = counted(len(request.asked), "point demandé,points demandés")
        title = f"À vous de jouer avant le {day(request.due_on)}"
        words = f"{asked.capitalize()} par la métropole. {remaining(request.due_on).capitalize()} ; le délai de réponse est arrêté."
        if policies.can_answer_pieces(user, application):
            return Turn(title, words, False, url("application_answer_pieces", application), "Répondre à la demande")
        return Turn("Votre commune doit répondre", words)
    payments = link_to("application_payments", application)
    if where.code == S.GRANTED and decision:
        words = f"L’aide est de {euros(decision.now_cents)}. Demandez le versement ici, avec les coordonnées bancaires."
        return Turn("L’aide est accordée", words, False, payments, "Voir les versements" if payments else "")
    if where.code in (S.REJECTED, S.INADMISSIBLE, S.WITHDRAWN, S.CLOSED, S.LAPSED, S.CANCELLED):
        return Turn(where.label, where.sentence)
    due = f" La métropole répond avant le {day(application.due_on)}." if application.due_on else ""
    return Turn(where.sentence.rstrip("."), f"Vous n’avez rien à faire.{due}")


def amount_panel(application: Application) -> dict[str, Any]:
    figures = eligibility.money(application)
    most = eligibility.allowed(application.call, figures)
    rows = [
        ("Coût de l’action", euros(figures.total_cost)),
        ("Dépenses retenues", euros(figures.eligible_cost)),
        ("Part demandée", percent(figures.rate_bp)),
        ("Part de la commune", euros(figures.own_share)),
        ("Maximum pour ce budget", euros(most.cents)),
    ]
    if figures.total_cost == figures.eligible_cost:
        del rows[1]
    return {
        "requested": figures.requested,
        "is_empty": figures.is_empty,
        "rows": rows,
        "reason": most.reason[:1].upper() + most.reason[1:].rstrip(".") + ".",
    }


def people(application: Application, user: User) -> list[dict[str, str]]:
    """Who writes this file in the commune, once each, the widest role first."""
    found = Membership.objects.filter(
        organisation=application.organisation, role__in=FILE_ROLES, ended_at=None, user__is_active=True
    ).select_related("user")
    order = [Role.SIGNATORY, Role.DRAFTER, Role.READER]
    kinds = {Role.DRAFTER: "b", Role.SIGNATORY: "g", Role.READER: ""}
    shown: dict[int, dict[str, str]] = {}
    for one in sorted(found, key=lambda m: (order.index(Role(m.role)), m.user.last_name)):
        name = one.user.get_full_name()
        role = (
            "vous, " if one.user_id == user.pk and one.user_id not in shown else ""
        ) + one.get_role_display().lower()
        if one.user_id in shown:
            shown[one.user_id]["role"] += f", {role}"
        else:
            shown[one.user_id] = {"name": name, "role": role, "kind": kinds[Role(one.role)]}
    return list(shown.values())


def timeline(application: Application, decision: Decision | None) -> list[dict[str, Any]]:
    """What happened, newest first: only what the commune did or was told."""
    verbs = VERBS if application.number is None else [verb for verb in VERBS if verb not in WRITING]
    entries = Entry.objects.filter(chain=chain_of(application), verb__in=verbs).order_by("-sequence")[:SHOWN_ENTRIES]
    shown: list[dict[str, Any]] = []
    for entry in entries:
        text = _sentence(entry, application)
        # The same person in the same section several times in a row: once, at the last hour.
        if entry.verb == "save_section" and shown and shown[-1]["text"] == text:
            continue
        shown.append(
            {
                "when": entry.occurred_at or entry.recorded_at,
                "text": text,
                "auto": entry.actor_id is None,
                "detail": entry.reason if entry.verb in ("return_to_drafter", "receive_pieces", "correct_typo") else "",
            }
        )
    if decision and decision.notified_at:
        told = {
            "when": decision.notified_at,
            "text": f"Décision : {decision.get_kind_display().lower()}",
            "auto": False,
        }
        shown.append(told)
        shown.sort(key=lambda one: one["when"], reverse=True)
    return shown


def _sentence(entry: Entry, application: Application) -> str:
    section = BY_SLUG.get(entry.data.get("section", ""))
    return VERBS[entry.verb].format(
        who=entry.actor_label,
        section=section.title if section else "le dossier",
        name=entry.data.get("name", "une pièce"),
        number=application.number or "",
    )


def next_steps(application: Application, user: User, *, complete: bool) -> list[dict[str, Any]]:
    """« Faire signer, puis envoyer »: who does what once the sections are complete."""
    review = url("application_review", application)
    asked = application.signature_asked_at
    mine = policies.can_submit(user, application)
    lock = {"kind": "plain", "icon": "lock", "state": "Quand tout est complet"}
    not_asked = "Pas nécessaire" if mine else "Pas encore demandée"
    return [
        {
            "label": "Relire le dossier",
            "hint": "Une page qui reprend toutes vos réponses. Chaque ligne a son lien « modifier ».",
            "url": review,
            **({"kind": "you", "state": "À relire"} if complete else lock),
        },
        {
            "label": "Demander la signature",
            "hint": f"Un signataire {of_name(application.organisation.name)} reçoit un courriel ; il envoie ou renvoie.",
            "kind": "done" if asked else "plain",
            "icon": "" if asked else "person",
            "state": f"Demandée le {day_short(asked)}" if asked else not_asked,
        },
        {
            "label": "Envoyer à la métropole",
            "hint": "Le signataire envoie. L’accusé de réception arrive par courriel, avec l’heure.",
            "url": review if mine and complete else "",
            "kind": "plain",
            "icon": "mail",
            "state": "À vous" if mine and complete else "Après signature",
        },
    ]


def sections_of(application: Application, today: date) -> list[Progress]:
    return progress(application, today=today)


def requests_of(application: Application) -> list[PieceRequest]:
    """What was asked of the commune, each with its answer as it left: `differences` are its corrections, before and after."""
    found = application.piece_requests.select_related("asked_by").prefetch_related("attachments__file", "corrections")
    asked = list(found)
    for one in asked:
        corrections = one.corrections.all() if one.answered_at and one.outcome != RequestOutcome.LAPSED else ()
        one.differences = [difference_of(each, application) for each in corrections]  # type: ignore[attr-defined]
    return asked
