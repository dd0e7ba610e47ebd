"""What the pages show, gathered with a fixed number of queries."""

from typing import Any

from accounts.models import Organisation
from accounts.states import DESK_ROLES, FINANCE_ROLES, WRITING_ROLES
from applications.models import Application
from common.money import euros
from fund.models import EnvelopeBalance
from journal.models import Entry
from journal.services import history
from payments import content, papers, policies, readiness, requests, rules
from payments.bank_checks import Warning, warnings
from payments.finance_pages import taken_back
from payments.forms import PaperForm
from payments.models import BankVersion, Batch, BatchExport, Instalment, PaymentLine, Settlement
from payments.notifications import InstalmentRequestedMail, every_contact, members
from payments.services import holds
from payments.services.exports import formats_for
from payments.states import BankState, BatchState, ExportFormat, InstalmentState, LineState

TAGS = {
    InstalmentState.PLANNED: ("plain", ""),
    InstalmentState.REQUESTED: ("info", "mail"),
    InstalmentState.CERTIFIED: ("info", "half"),
    InstalmentState.ENDORSED: ("info", "half"),
    InstalmentState.APPROVED: ("info", "half"),
    InstalmentState.ORDERED: ("ok", "check"),
    InstalmentState.PAID: ("done", "check"),
    InstalmentState.VOID: ("plain", ""),
}
# What each step means to a commune.
FOR_THE_COMMUNE = {
    InstalmentState.PLANNED: "À demander",
    InstalmentState.REQUESTED: "Demandé, le service contrôle",
    InstalmentState.CERTIFIED: "Contrôlé par le service, chez les finances",
    InstalmentState.ENDORSED: "Contrôlé par le service, chez les finances",
    InstalmentState.APPROVED: "Approuvé, bientôt transmis au comptable",
    InstalmentState.ORDERED: "Transmis au comptable public",
    InstalmentState.PAID: "Payé",
    InstalmentState.VOID: "Sans objet",
}


OPEN_LEAD = "Rien ne part avant le sceau. Un versement ne figure que dans un seul lot."
SEALED_LEAD = "Son contenu ne change plus ; son fichier est toujours le même."


class MailCount:
    """To how many people an act will write, said before the click."""

    @staticmethod
    def of_contacts(organisation: Organisation) -> int:
        return len(every_contact(organisation))

    @staticmethod
    def of_writers(organisation_id: int) -> int:
        return len(members(organisation_id, *WRITING_ROLES))

    @staticmethod
    def of_request(instalment: Instalment) -> int:
        return len(list(InstalmentRequestedMail(instalment).recipients()))

    @staticmethod
    def of_seal(lines: list[PaymentLine]) -> int:
        organisations = {line.organisation_id for line in lines}
        return len({user.pk for pk in organisations for user in members(pk, *WRITING_ROLES)})


def file_page(application: Application, user: Any) -> dict[str, Any]:
    """The page of a file's payments; empty until the decision is notified, for the commune."""
    rows = list(
        Instalment.objects.visible_to(user).filter(application=application).select_related("decision", "application")
    )
    accounts = list(
        BankVersion.objects.filter(
            organisation=application.organisation_id, state__in=(BankState.DECLARED, BankState.VERIFIED)
        ).order_by("-state")
    )
    report = requests.has_accepted_report(application)
    computed = requests.unsettled(application, rows[0].decision) if report and rows else None
    balance = computed.sums.balance if computed else None
    writes = policies.writes_for(user, application.organisation_id)
    shown = []
    for instalment in rows:
        obstacle = requests.obstacle(
            instalment, rows, has_account=bool(accounts), has_report=report, balance_cents=balance
        )
        kind, icon = TAGS[InstalmentState(instalment.state)]
        shown.append(
            {
                "instalment": instalment,
                "label": FOR_THE_COMMUNE[InstalmentState(instalment.state)],
                "kind": "you" if writes and not obstacle else kind,
                "icon": icon,
                "obstacle": obstacle if instalment.state == InstalmentState.PLANNED else "",
                "can_ask": writes and not obstacle,
            }
        )
    gone = sum(i.amount_cents for i in rows if i.state in requests.GONE)
    total = sum(i.amount_cents for i in rows if i.state != InstalmentState.VOID)
    return {
        "application": application,
        "rows": shown,
        "next": next((row for row in shown if row["can_ask"]), None),
        "decision": rows[0].decision if rows else None,
        "total": total,
        "gone": gone,
        "left": total - gone,
        "accounts": accounts,
        "writes": writes,
        "computed": computed,
        "settled": Settlement.objects.filter(application=application).first() if rows and not computed else None,
        "is_member": policies.belongs_to(user, application.organisation_id),
    }


def instalment_page(instalment: Instalment, user: Any) -> dict[str, Any]:
    """Everything about one instalment for the staff, and what this person may do."""
    account = readiness.verified_accounts([instalment.organisation_id]).get(instalment.organisation_id)
    declared = BankVersion.objects.filter(organisation=instalment.organisation_id, state=BankState.DECLARED).first()
    line = PaymentLine.objects.filter(instalment=instalment, state=LineState.LIVE).select_related("batch").first()
    siblings = list(Instalment.objects.filter(decision=instalment.decision_id))
    organisation = instalment.organisation_id
    state = instalment.state
    visa = rules.in_force().wants_visa(instalment.amount_cents)
    return {
        "instalment": instalment,
        "application": instalment.application,
        "tag": TAGS[InstalmentState(state)],
        "bank": account or declared,
        "line": line,
        "siblings": siblings,
        "steps": _steps(instalment, line),
        "timeline": spoken_history(instalment),
        "papers": papers.wanted(instalment),
        "paper_form": PaperForm(),
        "can_join": state in ("planned", "requested") and user.has_role(*DESK_ROLES),
        "can_certify": state == "requested" and policies.can_certify(user, organisation),
        "can_return": state == "requested" and policies.can_certify(user, organisation),
        "can_endorse": state == "certified" and visa and policies.can_endorse(user, organisation),
        "can_approve": (state == "endorsed" or (state == "certified" and not visa))
        and policies.can_approve(user, organisation),
        "can_send_back": (state in ("certified", "endorsed") or (state == "approved" and user.has_role(*FINANCE_ROLES)))
        and line is None
        and policies.can_send_back(user, organisation),
    }


def _steps(instalment: Instalment, line: PaymentLine | None) -> list[dict[str, Any]]:
    """Who did what, from the request to the batch."""
    sealed = line is not None and line.batch.state != BatchState.OPEN
    visa = []
    if instalment.endorsed_by or (
        instalment.state == "certified" and rules.in_force().wants_visa(instalment.amount_cents)
    ):
        visa = [{"label": "Visé", "who": instalment.endorsed_by, "when": instalment.endorsed_at}]
    return [
        {"label": "Demandé", "who": instalment.requested_by, "when": instalment.requested_at},
        {"label": "Service fait", "who": instalment.certified_by, "when": instalment.certified_at},
        *visa,
        {"label": "Approuvé", "who": instalment.approved_by, "when": instalment.approved_at},
        {
            "label": "Ordonnancé",
            "who": line.batch.sealed_by if sealed and line else None,
            "when": line.batch.sealed_at if sealed and line else None,
        },
    ]


VERBS = {
    "plan": "a planifié ce versement à la signature de la décision",
    "create": "a commencé le lot",
    "request": "a demandé le versement",
    "certify": "a certifié le service fait",
    "return_to_commune": "a renvoyé la demande à la commune",
    "endorse": "a visé le versement",
    "approve": "a approuvé le versement",
    "return_to_desk": "a renvoyé le versement au service instructeur",
    "order": "a scellé le lot qui contient ce versement",
    "pay": "a constaté le paiement",
    "reject": "a inscrit le rejet du comptable",
    "declare": "a déclaré ces coordonnées",
    "verify": "a vérifié ces coordonnées",
    "refuse": "a refusé ces coordonnées",
    "supersede": "a vérifié un autre compte, qui remplace celui-ci",
    "add_lines": "a ajouté des versements au lot",
    "remove_line": "a retiré un versement du lot",
    "seal": "a scellé le lot",
    "line_cancelled": "a annulé une ligne par une ligne contraire",
    "line_rejected": "a inscrit le rejet d’une ligne par le comptable",
    "reconcile": "a constaté que toutes les lignes sont réglées",
    "cancel_order": "a annulé la ligne de ce versement",
    "transmit": "a transmis le lot au comptable",
    "void": "a constaté que rien n’est dû",
    "reduce": "a ramené ce versement à la somme due",
    "join_paper": "a joint une pièce",
    "ask": "a demandé un titre de recettes",
    "issue": "a inscrit l’émission du titre",
    "receive": "a inscrit l’encaissement",
    "cancel": "a abandonné le recouvrement",
    "reprise": "a repris ces données",
}


def spoken_history(thing: Any) -> list[dict[str, Any]]:
    """What happened to it, newest first."""
    return [_spoken(entry) for entry in reversed(history(thing))]


def _spoken(entry: Entry, *, reason: bool = True) -> dict[str, Any]:
    return {
        "when": entry.occurred_at or entry.recorded_at,
        "text": f"{entry.actor_label} {VERBS.get(entry.verb, entry.verb)}",
        "detail": entry.reason if reason else "",
        "auto": entry.actor_id is None,
    }


def _warnings(bank: BankVersion) -> list[Any]:
    """As they stand while it waits, as they were shown once it is verified."""
    if bank.state == BankState.DECLARED:
        return warnings(bank)
    return [Warning(**one) for one in bank.warnings]


def bank_page(bank: BankVersion, user: Any) -> dict[str, Any]:
    organisation = bank.organisation_id
    staff = policies.reads_payments(user)
    verified = (
        BankVersion.objects.filter(organisation=organisation, state=BankState.VERIFIED).exclude(pk=bank.pk).first()
    )
    judges = bank.state == BankState.DECLARED and policies.can_verify_bank(user, organisation)
    return {
        "bank": bank,
        "organisation": bank.organisation,
        "is_staff": staff,
        "warnings": _warnings(bank) if staff else [],
        "verified": verified,
        "timeline": [_spoken(entry, reason=staff) for entry in reversed(history(bank))],
        "can_verify": judges and bank.declared_by_id != user.pk,
        "can_refuse": judges,
        "can_reveal": policies.can_read_iban(user, organisation),
    }


def batch_page(batch: Batch, user: Any) -> dict[str, Any]:
    """The batch, its lines and, while it is open, what could join it and what cannot and why."""
    lines = content.lines_of(batch)
    is_open = batch.state == BatchState.OPEN
    prepares = is_open and policies.can_prepare_batches(user) and batch.prepared_by_id == user.pk
    ready, refused = readiness.preflight(preparer=batch.prepared_by, reader=user) if is_open else ([], [])
    total = sum(line.amount_cents for line in lines)
    sealed = (
        Batch.objects.visible_to(user)
        .exclude(state=BatchState.OPEN)
        .exclude(pk=batch.pk)
        .select_related("sealed_by", "prepared_by")
    )
    return {
        "batch": batch,
        "lines": lines,
        "is_open": is_open,
        "prepares": prepares,
        "can_seal": is_open and bool(lines) and policies.can_prepare_batches(user),
        "can_transmit": batch.state == BatchState.SEALED and policies.can_prepare_batches(user),
        "can_export": not is_open and policies.can_export_batches(user),
        "files": _files(batch),
        "contraries": {} if is_open else taken_back(batch),
        "can_cancel": not is_open and policies.can_cancel_lines(user),
        "held": not is_open and holds.held() is not None,
        "ready": ready,
        "refused": refused,
        "communes": len({line.organisation_id for line in lines}),
        "total": total,
        "lead": OPEN_LEAD if is_open else SEALED_LEAD,
        "facts": _batch_facts(lines, total, ready, refused, is_open),
        "previous": sealed.order_by("-sealed_at").first() if is_open else None,
        "timeline": [_spoken(entry) for entry in reversed(history(batch))],
    }


FILES = {
    ExportFormat.CSV: ("État liquidatif, CSV", "au format de la collectivité"),
    ExportFormat.XLSX: ("État liquidatif, XLSX", "au format de la collectivité"),
    ExportFormat.PDF: ("Liste à signer, PDF", "lignes, total et empreinte"),
    ExportFormat.ZIP: ("Pièces justificatives, ZIP", "avec leur index"),
    ExportFormat.PES: ("Pré-flux PES", "sans numéro définitif"),
    ExportFormat.SEPA: ("Virements SEPA", "pain.001.001.09"),
}


def _files(batch: Batch) -> list[dict[str, Any]]:
    """The files that may be downloaded, and when those already made were."""
    if batch.state == BatchState.OPEN:
        return []
    made = dict(BatchExport.objects.filter(batch=batch).values_list("format", "made_at"))
    return [
        {"format": format.value, "label": FILES[format][0], "hint": FILES[format][1], "made_at": made.get(format.value)}
        for format in formats_for(batch)
    ]


def _batch_facts(
    lines: list[PaymentLine], total: int, ready: list[readiness.Row], refused: list[readiness.Row], is_open: bool
) -> list[dict[str, Any]]:
    """Open: what is in, what could join, what cannot yet, and what the seal changes. Sealed: where the money stands."""
    facts = [{"label": "Dans le lot", "value": counted_lines(len(lines)), "note": euros(total)}]
    envelopes = {line.instalment.application.call.envelope_id for line in lines}
    balances = list(EnvelopeBalance.objects.filter(envelope__in=envelopes))
    gone = sum(balance.ordered + balance.paid for balance in balances)
    engaged = f"sur {euros(gone + sum(balance.committed for balance in balances))} engagés"
    if is_open:
        facts += [
            {"label": "Prêts à ajouter", "value": counted_lines(len(ready)), "note": _sum(ready)},
            {
                "label": "Pas encore prêts",
                "value": counted_lines(len(refused)),
                "note": f"{_sum(refused)}, pour un lot suivant",
            },
        ]
    if lines:
        after = gone + total if is_open else gone
        label = "Ordonnancé après ce lot" if is_open else "Ordonnancé à ce jour"
        facts.append({"label": label, "value": euros(after), "note": engaged})
    return facts


def counted_lines(count: int) -> str:
    return f"{count} ligne{'s' if count > 1 else ''}"


def _sum(rows: list[readiness.Row]) -> str:
    return euros(sum(row.instalment.amount_cents for row in rows))
