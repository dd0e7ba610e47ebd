"""A small coherent world, built by the application role with every guard awake: something of each, in each state.

It is committed once for a module; what is tried on it is rolled back. Its shape follows the models, not the services.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models.functions import Now
from django.test import TransactionTestCase
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import CompanyLookup, Invitation, JoinRequest, Membership, Organisation, User
from accounts.states import Role
from applications.models import (
    Application,
    Attachment,
    BudgetLine,
    ChangeRequest,
    Decision,
    FileMessage,
    FinalReport,
    Indicator,
    MessagePaper,
    MessageReading,
    Milestone,
    Partner,
    PieceRequest,
    QuestionAnswer,
    ReportDocument,
    ReportRemark,
    Version,
)
from applications.services.reports import copy_plan
from common.actors import MACHINE
from common.workflow import StatefulModel
from documents.models import StoredFile
from fund.models import Call, CallPoint, Criterion, Envelope, Question, QuestionSet
from fund.services import lock_envelope, move, next_number
from journal.services import advance, begin
from notifications.models import Message
from payments.models import BankVersion, Batch, BatchExport, Instalment, PaymentLine, ReturnDifference, ReturnImport
from reviews.models import Conflict, DeclaredOrganisation, InterestDeclaration, Review, Score
from tests.factories import accounts, fund

ASKED = 100_000  # cents asked, and allowed, by each file
CONTENT = "lot"
Thing = TypeVar("Thing", bound=StatefulModel)
_number = count(1)


@contextmanager
def committed(blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database for a whole module; thrown away afterwards, as after each test that commits."""
    with blocker.unblock():
        try:
            yield
        finally:
            connections.close_all()
            TransactionTestCase._fixture_teardown(None)  # type: ignore[attr-defined]


def step(thing: Thing, verb: str, *, by: Any, **kwargs: Any) -> Thing:
    """One change of state of the row as it stands, then as it stands afterwards."""
    advance(thing, getattr(thing, verb), by=by, **kwargs)
    return type(thing)._default_manager.get(pk=thing.pk)


@dataclass
class World:
    commune: Organisation = field(default_factory=accounts.a_commune)
    other_commune: Organisation = field(default_factory=accounts.a_commune)
    instructor: User = field(default_factory=accounts.an_instructor)
    manager: User = field(default_factory=accounts.a_fund_manager)
    head: User = field(default_factory=accounts.a_head_of_service)
    approver: User = field(default_factory=accounts.a_finance_approver)
    preparer: User = field(default_factory=accounts.a_finance_preparer)
    evaluator: User = field(default_factory=accounts.an_evaluator)
    late_evaluator: User = field(default_factory=accounts.an_evaluator)
    interested: User = field(default_factory=accounts.an_evaluator)

    def __post_init__(self) -> None:
        self.drafter = accounts.a_drafter(self.commune)
        self.signatory = accounts.a_signatory(self.commune)
        self.other_drafter = accounts.a_drafter(self.other_commune)
        self.native = accounts.an_evaluator()
        self.native_role: Membership = accounts.a_membership(self.native, Role.READER, self.commune)
        self.envelope: Envelope = fund.an_envelope()
        self.other_envelope: Envelope = fund.an_envelope(100_000)
        lines = self.envelope.line.budget.lines
        self.budget_line, self.budget_other = lines.get(kind="platform"), lines.get(kind="own_actions")
        self.budget_of_other = self.other_envelope.line.budget.lines.get(kind="platform")
        self.call: Call = fund.a_call_open(envelope=self.envelope)
        self.other_call: Call = fund.a_call_open(envelope=self.envelope)
        self._questions()
        self.point = CallPoint.objects.create(call=self.call, code="p", label="Le point")
        self.foreign_point = CallPoint.objects.create(call=self.other_call, code="p", label="Ailleurs")
        self.criterion = Criterion.objects.filter(call=self.call).order_by("pk")[0]
        self.second_criterion = Criterion.objects.filter(call=self.call).order_by("pk")[1]
        self.foreign_criterion = Criterion.objects.filter(call=self.other_call).order_by("pk")[0]
        self.clean = self.a_file(clean=True)
        self.quarantined = self.a_file()
        self.foreign_file = self.a_file(self.other_commune, clean=True)
        self.heavy = self.a_file(size=20 * 1024 * 1024)
        for part in (self._accounts, self._files, self._reviews, self._decisions, self._payments, self._messages):
            part()

    # --- The questions of the calls --------------------------------------------------------------------------------

    @transaction.atomic
    def _questions(self) -> None:
        """In service for the call: a number, then a block of one text. Prepared for the other, after a first version."""
        self.question_set = self.a_set(self.call)
        self.asked = Question.objects.create(set=self.question_set, code="nombre", kind="number", label="Combien ?")
        self.asked_block = Question.objects.create(
            set=self.question_set, code="lieux", kind="block", label="Les lieux", position=1, rows_min=0, rows_max=3
        )
        self.asked_last = Question.objects.create(
            set=self.question_set, code="lieu", kind="short", label="Le lieu", position=2, parent=self.asked_block
        )
        self.question_set = step(self.question_set, "freeze", by=MACHINE)
        self.other_set = step(self.a_set(self.other_call), "freeze", by=MACHINE)
        self.prepared_set = self.a_set(self.other_call, number=2)
        self.prepared = Question.objects.create(
            set=self.prepared_set, code="preparee", kind="short", label="Laquelle ?", position=5
        )

    def a_set(self, call: Call, **fields: Any) -> QuestionSet:
        made = QuestionSet(call=call, **fields)
        begin(made, by=MACHINE)
        return made

    # --- Accounts --------------------------------------------------------------------------------------------------

    def _accounts(self) -> None:
        self.administrator = accounts.a_commune_administrator(self.commune)
        self.administration = Membership.objects.get(user=self.administrator)
        fields = {"first_name": "N", "last_name": "F", "job": "x", "expires_at": timezone.now() + timedelta(hours=72)}
        with transaction.atomic():
            self.unconfirmed = JoinRequest(organisation=self.commune, email=self.native.email, **fields)
            begin(self.unconfirmed, by=MACHINE)
            self.waiting = JoinRequest(organisation=self.commune, email=self.other_drafter.email, **fields)
            begin(self.waiting, by=MACHINE)
            self.waiting = step(self.waiting, "confirm", through="mail", by=MACHINE)
        self.invitation = Invitation.objects.create(
            email="x@x.fr",
            role=Role.DRAFTER,
            organisation=self.commune,
            token_hash="0" * 64,
            invited_by=self.administrator,
            expires_at=fields["expires_at"],
        )
        lookup = {"organisation": self.commune, "asked_by": self.administrator}
        self.lookup = CompanyLookup.objects.create(**lookup)
        self.found_lookup = CompanyLookup.objects.create(
            **lookup, state="found", siret=f"{self.commune.siren}00017", answered_at=timezone.now()
        )

    # --- Files -----------------------------------------------------------------------------------------------------

    @transaction.atomic
    def a_file(
        self, organisation: Organisation | None = None, *, clean: bool = False, by: User | None = None, size: int = 10
    ) -> StoredFile:
        number = next(_number)
        stored = StoredFile(
            organisation=organisation or self.commune,
            path=f"2026/{number}",
            name=f"piece-{number}.pdf",
            content_type="application/pdf",
            size=size,
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
            uploaded_by=by,
        )
        begin(stored, by=MACHINE)
        if clean:
            return step(stored, "clear", engine="test", sha256=stored.sha256, by=MACHINE)
        return stored

    @transaction.atomic
    def a_draft(self, organisation: Organisation | None = None, **fields: Any) -> Application:
        organisation = organisation or self.commune
        draft = Application(
            call=self.call,
            question_set=self.question_set if organisation == self.commune else None,
            organisation=organisation,
            created_by=self.drafter if organisation == self.commune else self.other_drafter,
            title="Accueillir sans trier",
            requested_cents=ASKED,
            allowed_cents=ASKED,
            total_cost_cents=ASKED * 2,
            eligible_cost_cents=ASKED * 2,
            own_share_cents=ASKED,
            **fields,
        )
        begin(draft, by=draft.created_by)
        Partner.objects.create(application=draft, name="Une association")
        Milestone.objects.create(application=draft, label="Première séance")
        Indicator.objects.create(application=draft, label="Agents formés")
        BudgetLine.objects.create(application=draft, side="charge", account="62", amount_cents=ASKED * 2)
        Attachment.objects.create(
            application=draft,
            organisation=organisation,
            code="devis",
            file=self.a_file(organisation, clean=True),
            added_by=draft.created_by,
        )
        return draft

    @transaction.atomic
    def an_application(self, state: str, organisation: Organisation | None = None) -> Application:
        """Through its whole machine; a decided one is brought by `a_decision`."""
        one = self.a_draft(organisation)
        if one.question_set:
            QuestionAnswer.objects.create(application=one, question=self.asked, value=12)
        one.snapshot, one.snapshot_sha256 = {}, hashlib.sha256(b"{}").hexdigest()
        one.submitted_at, one.submitted_by = Now(), self.signatory
        one.number = f"{self.call.number_prefix}-{self.call.year}-{next_number('FI', self.call.year):04d}"
        one = step(one, "submit", by=self.signatory)
        road = [
            ("start_instruction", self.instructor),
            ("send_to_review", self.instructor),
            ("finish_review", self.manager),
        ]
        if state == "awaiting_commune":
            road[1:] = [("ask_pieces", self.instructor)]
        for verb, person in road:
            if one.state == state:
                break
            more = {"instructor": person} if verb == "start_instruction" else {}
            one = step(one, verb, by=person, **more)
        assert one.state == state
        return one

    def _files(self) -> None:
        self.draft = self.a_draft()
        self.second_draft = self.a_draft()
        self.other_draft = self.a_draft(self.other_commune)
        self.version = Version.objects.create(
            application=self.draft, section="enjeu", unit="stakes", before="Avant.", by=self.drafter
        )
        self.submitted = self.an_application("submitted")
        self.in_instruction = self.an_application("in_instruction")
        self.awaiting = self.an_application("awaiting_commune")
        self.reviewed = self.an_application("reviewed")
        self.second_reviewed = self.an_application("reviewed")
        self.under_review = self.an_application("under_review")
        self.other_under_review = self.an_application("under_review", self.other_commune)
        items = [
            {"kind": kind, "code": code, "label": code, "remark": ""}
            for kind, code in (
                ("document", "x"),
                ("field", "success"),
                ("table", "partners"),
                ("table", "budget_lines"),
                ("question", "q-nombre"),
                ("question", "q-ailleurs"),
            )
        ]
        asked = {
            "asked_by": self.instructor,
            "items": items,
            "reason": "Non signée",
            "due_on": timezone.localdate() + timedelta(9),
        }
        self.request = PieceRequest.objects.create(application=self.awaiting, **asked)
        self.answered = PieceRequest.objects.create(
            application=self.in_instruction, answered_at=Now(), answer="Voici.", answered_by=self.drafter, **asked
        )
        self._conversations()

    @transaction.atomic
    def _conversations(self) -> None:
        write = FileMessage.objects.create
        self.question = write(application=self.draft, author=self.drafter, side="commune", kind="question", text="?")
        self.said = write(application=self.submitted, author=self.drafter, side="commune", kind="message", text="Oui.")
        self.answer = write(
            application=self.submitted, author=self.instructor, side="desk", kind="message", text="Non."
        )
        stored = self.a_file(by=self.drafter)
        self.paper = MessagePaper.objects.create(message=self.said, file=stored)
        self.reading = MessageReading.objects.create(message=self.said, by=self.instructor)

    # --- Reviews ---------------------------------------------------------------------------------------------------

    @transaction.atomic
    def a_review(self, state: str, evaluator: User, application: Application | None = None) -> Review:
        review = Review(application=application or self.under_review, evaluator=evaluator, assigned_by=self.instructor)
        begin(review, by=self.instructor)
        Score.objects.create(review=review, criterion=self.criterion, value=3)
        if state == "submitted":
            review.comment = "Bon dossier."
            return step(review, "submit", by=evaluator)
        return review

    def _reviews(self) -> None:
        self.review = self.a_review("assigned", self.evaluator)
        self.handed_in = self.a_review("submitted", self.late_evaluator)
        self.interest = Conflict.objects.create(
            user=self.interested, application=self.under_review, reason="Ancienne collaboratrice"
        )
        Conflict.objects.create(user=self.interested, application=self.reviewed, reason="Ancienne collaboratrice")
        self.linked = accounts.an_evaluator()
        self.declaration = InterestDeclaration.objects.create(user=self.linked, call=self.call, mandates="Élue")
        self.named = DeclaredOrganisation.objects.create(declaration=self.declaration, organisation=self.commune)

    # --- Decisions -------------------------------------------------------------------------------------------------

    @transaction.atomic
    def a_decision(self, kind: str, state: str = "recorded", application: Application | None = None) -> Decision:
        one = application or self.an_application("reviewed")
        movement = None
        if kind == "grant":
            envelope = lock_envelope(self.envelope.pk)
            movement = move(envelope, "commit", ASKED, by=self.manager, subject=str(one.number))
        decision = Decision(
            application=one,
            kind=kind,
            amount_cents=ASKED if movement else 0,
            reasons="" if movement else "L’action n’entre pas dans le règlement.",
            recorded_by=self.manager,
            movement=movement,
        )
        begin(decision, by=self.manager)
        decision = Decision.objects.get(pk=decision.pk)  # with the bounds that the database copied
        one = step(one, kind, by=self.manager)
        if state != "recorded":
            act = {"act_number": f"B-{decision.pk}", "act_date": timezone.localdate() - timedelta(days=2)}
            decision = step(decision, "sign", signatory=self.head, by=self.head, **act)
            if movement:
                for position in (1, 2):
                    instalment = Instalment(
                        decision=decision,
                        application=one,
                        organisation_id=one.organisation_id,
                        kind="advance" if position == 1 else "balance",
                        position=position,
                        amount_cents=ASKED // 2,
                    )
                    begin(instalment, by=self.head)
        if state == "notified":
            decision.letter = self.clean
            decision = step(decision, "notify", by=MACHINE)
        return Decision.objects.select_related("application").get(pk=decision.pk)

    def _decisions(self) -> None:
        self.recorded = self.a_decision("grant")
        self.signed = self.a_decision("grant", "signed")
        self.notified = self.a_decision("grant", "notified")
        self.awarded_file = self.notified.application
        asked = {"reduction_cents": ASKED // 4, "reason": "Moins de séances.", "asked_by": self.drafter}
        self.change = ChangeRequest(application=self.a_decision("grant", "notified").application, **asked)
        self.change.decision = self.change.application.decisions.get()
        with transaction.atomic():
            begin(self.change, by=self.drafter)
        self.refusal = self.a_decision("reject")
        self.told_refusal = self.a_decision("reject", "notified")
        self.waitlisting = self.a_decision("waitlist")
        with transaction.atomic():
            self.report = self.a_report(self.notified.application)
            self.report_text = self.report.texts.all()[0]
            self.report_line = self.report.lines.all()[0]
            self.report_measure = self.report.measures.all()[0]
            self.report = step(self.report, "submit", signatory=self.signatory, by=self.signatory)
            self.report_draft = self.a_report(self.a_decision("grant", "notified").application)
            self.draft_text = self.report_draft.texts.all()[0]
            self.draft_line = self.report_draft.lines.all()[0]
            self.draft_measure = self.report_draft.measures.all()[0]
            mine = {"report": self.report_draft, "organisation": self.commune, "added_by": self.drafter}
            self.proof = ReportDocument.objects.create(kind="facture", file=self.clean, **mine)
            self.report_remark = ReportRemark.objects.create(report=self.report, text="À dire", author=self.instructor)

    def a_report(self, application: Application) -> FinalReport:
        """Begun, with what its file had planned."""
        report = FinalReport(application=application, due_on=timezone.localdate())
        begin(report, by=MACHINE)
        copy_plan(report)
        return step(report, "start", by=self.drafter)

    # --- Payments --------------------------------------------------------------------------------------------------

    @transaction.atomic
    def a_bank(self, organisation: Organisation, state: str = "verified") -> BankVersion:
        bank = BankVersion(
            organisation=organisation,
            iban="FR7630001007941234567890185",
            holder="Commune",
            declared_by=self.drafter,
            document=self.a_file(organisation, clean=True),
            previous_document=self.a_file(organisation, clean=True),
        )
        begin(bank, by=self.drafter)
        bank = BankVersion.objects.get(pk=bank.pk)
        if state != "verified":
            return bank
        for old in BankVersion.objects.filter(organisation=organisation, state="verified"):
            step(old, "supersede", by=self.head)
        call = {"person": "Mme Roustan", "number": organisation.phone, "called_on": timezone.localdate()}
        return step(bank, "verify", verifier=self.head, by=self.head, **call)

    @transaction.atomic
    def an_instalment(self, state: str, decision: Decision | None = None) -> Instalment:
        decision = decision or self.a_decision("grant", "notified")
        one = Instalment.objects.get(decision=decision, position=1)
        acts = (("request", self.drafter), ("certify", self.instructor), ("approve", self.approver))
        for verb, person in acts[: ("planned", "requested", "certified", "approved").index(state)]:
            one = step(one, verb, actor=person, by=person)
        return one

    def a_line(self, batch: Batch, instalment: Instalment) -> PaymentLine:
        people = {
            "decision_recorded_by": self.manager,
            "iban_verified_by": self.head,
            "certified_by": self.instructor,
            "approved_by": self.approver,
            "prepared_by": self.preparer,
        }
        return PaymentLine.objects.create(
            batch=batch,
            instalment=instalment,
            organisation_id=instalment.organisation_id,
            bank_version=self.bank,
            amount_cents=1,
            **people,
        )

    @transaction.atomic
    def a_batch(self) -> Batch:
        batch = Batch(prepared_by=self.preparer, year=timezone.localdate().year)
        begin(batch, by=self.preparer)
        return batch

    @transaction.atomic
    def seal(self, batch: Batch) -> Batch:
        for line in batch.lines.select_related("instalment__application"):
            envelope = lock_envelope(self.envelope.pk)
            subject = str(line.instalment.application.number)
            move(envelope, "order", line.amount_cents, by=self.preparer, subject=subject)
            step(line.instalment, "order", by=self.preparer)
            batch.line_count, batch.total_cents = batch.line_count + 1, batch.total_cents + line.amount_cents
        batch.content, batch.sha256 = CONTENT, hashlib.sha256(CONTENT.encode()).hexdigest()
        batch.number = f"LOT-{batch.year}-{next_number('LOT', batch.year):03d}"
        return step(batch, "seal", actor=self.preparer, by=self.preparer)

    def _payments(self) -> None:
        self.bank = self.a_bank(self.commune)
        self.declared_bank = self.a_bank(self.commune, "declared")
        self.a_bank(self.other_commune)
        self.young_bank = self.a_bank(self.other_commune)
        self.foreign_bank = self.a_bank(accounts.a_commune())
        self.planned = self.an_instalment("planned", self.notified)
        self.balance = Instalment.objects.get(decision=self.notified, position=2)
        self.requested = self.an_instalment("requested")
        self.certified = self.an_instalment("certified")
        self.approved = self.an_instalment("approved")
        self.batch, self.sealed = self.a_batch(), self.a_batch()
        self.empty_batch = self.a_batch()
        self.in_batch = self.an_instalment("approved")
        self.line = self.a_line(self.batch, self.in_batch)
        self.ordered = self.an_instalment("approved")
        self.sealed_line = self.a_line(self.sealed, self.ordered)
        self.sealed = self.seal(self.sealed)
        self.export = BatchExport.objects.create(
            batch=self.sealed, format="csv", content=b"a;b", sha256=hashlib.sha256(b"a;b").hexdigest()
        )

        self._returns()

    @transaction.atomic
    def _returns(self) -> None:
        self.read_return = ReturnImport(
            name="retour.csv", content=b"x", sha256=hashlib.sha256(b"x").hexdigest(), imported_by=self.preparer
        )
        begin(self.read_return, by=self.preparer)
        self.difference = ReturnDifference.objects.create(imported=self.read_return, kind="unknown", detail="x")

    def _messages(self) -> None:
        common = {"kind": "test", "recipient_email": "a@b.fr", "subject": "Objet", "body_text": "Texte"}
        self.queued = Message.objects.create(dedup_key="queued", message_id="<queued>", **common)
        self.sent = Message.objects.create(dedup_key="sent", message_id="<sent>", **common)
        Message.objects.filter(pk=self.sent.pk).update(state="sent", sent_at=Now())

    def ids(self) -> dict[str, Any]:
        """Name -> primary key of everything above, for SQL written by hand."""
        return {name: thing.pk for name, thing in vars(self).items() if hasattr(thing, "pk")}
