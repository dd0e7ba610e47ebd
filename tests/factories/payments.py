"""Awards, accounts and batches, driven by the services; the file before the award goes through its own machine."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from schwifty import IBAN

from accounts.models import Organisation, User
from applications.models import Application, BudgetLine, Decision, FinalReport
from applications.signals import decision_signed
from applications.states import DecisionKind
from common.actors import MACHINE
from documents.services import scan
from fund.models import Call
from fund.services import lock_envelope, move, next_number
from journal.services import advance, begin
from payments import services
from payments.models import BankVersion, Batch, Instalment
from tests.factories.accounts import (
    a_commune,
    a_drafter,
    a_finance_approver,
    a_finance_preparer,
    a_fund_manager,
    a_head_of_service,
    a_signatory,
    an_instructor,
)
from tests.factories.fund import a_call
from tests.factories.reports import a_due_report

_number = count(1)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n"
)


@dataclass
class Team:
    """The five persons of a payment (`head` verifies accounts, `signer` signs), and who writes for the commune."""

    organisation: Organisation = field(default_factory=a_commune)
    manager: User = field(default_factory=a_fund_manager)
    head: User = field(default_factory=a_head_of_service)
    instructor: User = field(default_factory=an_instructor)
    approver: User = field(default_factory=a_finance_approver)
    preparer: User = field(default_factory=a_finance_preparer)
    signer: User = field(default_factory=a_head_of_service)
    drafter: User = field(init=False)
    signatory: User = field(init=False)

    def __post_init__(self) -> None:
        self.drafter, self.signatory = a_drafter(self.organisation), a_signatory(self.organisation)

    def beside(self) -> "Team":
        """The same staff for another commune."""
        people = (self.manager, self.head, self.instructor, self.approver, self.preparer, self.signer)
        return Team(a_commune(), *people)


def an_iban(country: str = "FR", *, bank_code: str = "30001") -> str:
    """A valid IBAN, at the Banque de France unless said otherwise."""
    if country != "FR":
        return str(IBAN.generate(country, bank_code=bank_code, account_code=str(next(_number))))
    return str(IBAN.generate("FR", bank_code=bank_code, branch_code="00512", account_code=f"{next(_number):011d}"))


def a_rib(name: str = "rib.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, content_type="application/pdf")


@transaction.atomic
def a_submitted_application(
    team: Team, *, call: Call | None = None, cents: int = 700_000, **fields: Any
) -> Application:
    call = call or Call.objects.order_by("-pk").first() or a_call(ceiling_cents=2_000_000)
    application = Application(
        **{
            "call": call,
            "organisation": team.organisation,
            "created_by": team.drafter,
            "title": "Accueillir sans trier : former les agents d’accueil",
            "requested_cents": cents,
            "allowed_cents": cents,
            "total_cost_cents": cents * 2,
            "eligible_cost_cents": cents * 2,
            **fields,
        }
    )
    begin(application, by=team.drafter)
    plan = {"application": application, "label": "Dépenses", "amount_cents": application.eligible_cost_cents}
    BudgetLine.objects.create(side="charge", account="60", **plan)
    application.snapshot, application.snapshot_sha256 = {}, hashlib.sha256(b"{}").hexdigest()
    application.submitted_at, application.submitted_by = timezone.now(), team.signatory
    application.number = f"{call.number_prefix}-{call.year}-{next_number(call.number_prefix, call.year):04d}"
    advance(application, application.submit, by=team.signatory)
    return Application.objects.get(pk=application.pk)


@transaction.atomic
def a_decision(team: Team, *, cents: int = 700_000, state: str = "notified", **fields: Any) -> Decision:
    """An award of `cents`, recorded by the fund manager, signed by the head of service; its instalments are planned."""
    application = a_submitted_application(team, cents=cents, **fields)
    advance(application, application.start_instruction, instructor=team.instructor, by=team.instructor)
    advance(application, application.send_to_review, by=team.instructor)
    advance(application, application.finish_review, by=MACHINE)
    envelope = lock_envelope(application.call.envelope_id)
    movement = move(envelope, "commit", cents, by=team.manager, subject=str(application.number))
    advance(application, application.grant, by=team.manager)
    decision = Decision(
        application=application,
        kind=DecisionKind.GRANT,
        amount_cents=cents,
        movement=movement,
        recorded_by=team.manager,
    )
    begin(decision, by=team.manager)
    decision = Decision.objects.select_related("application__call").get(pk=decision.pk)
    if state != "recorded":
        act = {"act_number": f"B-2026-{next(_number):03d}", "act_date": timezone.localdate() - timedelta(days=3)}
        advance(decision, decision.sign, signatory=team.signer, by=team.signer, **act)
        decision = Decision.objects.select_related("application__call").get(pk=decision.pk)
        decision_signed.send(Decision, decision=decision, by=team.signer)
    if state == "notified":
        advance(decision, decision.notify, by=MACHINE)
    return Decision.objects.get(pk=decision.pk)


def a_bank(team: Team, *, iban: str = "", state: str = "verified", holder: str = "") -> BankVersion:
    """Bank details declared by the drafter and, unless `state` says otherwise, verified by the head of service."""
    bank = services.declare_bank(
        team.organisation.pk,
        iban=iban or an_iban(),
        holder=holder or f"Commune de {team.organisation.name}",
        rib=a_rib(),
        previous_rib=a_rib("ancien-rib.pdf"),
        by=team.drafter,
    )
    if state == "verified":
        scan_all(bank)
        services.verify_bank(bank.pk, person="Appel au standard de la mairie, numéro de l’annuaire", by=team.head)
    return BankVersion.objects.get(pk=bank.pk)


@transaction.atomic
def a_justified_report(team: Team, decision: Decision, spent_cents: int) -> FinalReport:
    """The accepted report of an award: of the eligible spending that was planned, `spent_cents` was paid."""
    report = a_due_report(decision.application)
    advance(report, report.start, by=team.drafter)
    report.lines.update(done_cents=spent_cents)
    report = FinalReport.objects.get(pk=report.pk)
    advance(report, report.submit, signatory=team.signatory, by=team.signatory)
    report = FinalReport.objects.get(pk=report.pk)
    advance(report, report.accept, reader=team.instructor, by=team.instructor)
    return FinalReport.objects.get(pk=report.pk)


def pay_all(team: Team, batch: Batch) -> None:
    """The return of finance that pays every line of a sealed batch today."""
    rows = [
        f"{row['dossier']};M{row['ligne']};{timezone.localdate():%d/%m/%Y};{row['montant'] // 100},{row['montant'] % 100:02d};Payé"
        for row in json.loads(batch.content)["lignes"]
    ]
    content = "\r\n".join(["N° de dossier;Mandat;Payé le;Montant;Statut", *rows]).encode()
    read = services.read_return(content, f"retour-{batch.number}.csv", by=team.preparer)
    services.apply_return(read.pk, by=team.preparer)


def scan_all(bank: BankVersion) -> None:
    """The RIB, and the one before where there is one."""
    for pk in (bank.document_id, bank.previous_document_id):
        if pk:
            scan(pk)


def an_instalment(team: Team, state: str = "planned", *, cents: int = 700_000, bank: bool = True) -> Instalment:
    """The first instalment of a new award, brought to `state`; the account is verified before."""
    decision = a_decision(team, cents=cents)
    if bank and not BankVersion.objects.filter(organisation=team.organisation).exists():
        a_bank(team)
    instalment = decision.instalments.get(position=1)
    steps = (
        (services.request_instalment, team.drafter),
        (services.certify, team.instructor),
        (services.approve, team.approver),
    )
    for verb, person in steps[: ("planned", "requested", "certified", "approved").index(state)]:
        verb(instalment.pk, by=person)
    return Instalment.objects.get(pk=instalment.pk)


def a_batch(team: Team, *instalments: Instalment, state: str = "open") -> Batch:
    """A batch of these approved instalments (one is made when none is given)."""
    batch = services.create_batch(by=team.preparer)
    chosen = instalments or (an_instalment(team, "approved"),)
    services.add_lines(batch.pk, [one.pk for one in chosen], by=team.preparer)
    if state != "open":
        services.seal_batch(batch.pk, by=team.preparer)
    return Batch.objects.get(pk=batch.pk)
