"""The life of applications, their money and payments, walked at random against a model that knows nothing of the code.

The model is a table of arrows, who may follow them, and sums. Each example is a transaction that is rolled back; its
deferred guards are asked after every step. `FULL=1` walks 5 000 examples.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from pytest_django.plugin import DjangoDbBlocker

EXAMPLES = 5_000 if os.environ.get("FULL") else 200
STEPS = 20
CHECKED_EVERY = 1 if os.environ.get("FULL") else 10  # lives that end by reading every invariant
FILES = 8
ASKED = 400_000
FLOOR = 50_000
ENVELOPE = 2_100_000  # five files, and what is left is less than a sixth asks

# What the architecture says: verb -> (from, to), and who may.
ARROWS = {
    "submit": (("draft",), "submitted"),
    "start_instruction": (("submitted",), "in_instruction"),
    "ask_pieces": (("in_instruction",), "awaiting_commune"),
    "answer_pieces": (("awaiting_commune",), "in_instruction"),
    "send_to_review": (("in_instruction",), "under_review"),
    "finish_review": (("under_review",), "reviewed"),
    "declare_inadmissible": (("in_instruction",), "inadmissible"),
    "withdraw": (("submitted", "in_instruction", "awaiting_commune", "under_review", "reviewed"), "withdrawn"),
    "grant": (("reviewed", "waitlisted"), "granted"),
    "waitlist": (("reviewed",), "waitlisted"),
    "reject": (("reviewed", "waitlisted"), "rejected"),
}
AFTER = {"grant": "granted", "waitlist": "waitlisted", "reject": "rejected"}
WHO = {
    "submit": {"signatory"},
    "withdraw": {"signatory"},
    "answer_pieces": {"drafter", "signatory"},
    "request": {"drafter", "signatory"},
    **{
        key: {"instructor", "fund_manager"}
        for key in ("start_instruction", "check_complete", "ask_pieces", "send_to_review", "declare_inadmissible")
    },
    **{key: {"fund_manager"} for key in ("finish_review", "grant", "waitlist", "reject", "undo")},
    "sign": {"head_of_service"},
    "certify": {"instructor"},
    "return_to_commune": {"instructor"},
    "approve": {"finance_approver"},
    "return_to_desk": {"finance_approver", "finance_preparer", "head_of_service"},
    **{verb: {"finance_preparer"} for verb in ("batch", "add", "remove", "seal", "transmit")},
}
BACKWARD = ("withdraw", "declare_inadmissible", "undo", "reject", "return_to_commune", "return_to_desk", "remove")
PEOPLE = {
    "drafter": {"drafter"},
    "signatory": {"signatory"},
    "reader": {"reader"},
    "neighbour": set(),  # signs for another commune
    "instructor": {"instructor"},
    "verifier": {"instructor"},  # verified the account of the commune
    "manager": {"fund_manager"},
    "head": {"head_of_service"},
    "approver": {"finance_approver"},
    "preparer": {"finance_preparer"},
    "everything": {"instructor", "fund_manager", "head_of_service", "finance_approver", "finance_preparer"},
    "auditor": {"auditor"},
    "administrator": {"administrator"},
}


@dataclass
class Decided:
    pk: int
    kind: str
    cents: int
    by: str
    state: str = "recorded"


@dataclass
class Due:
    pk: int
    cents: int
    position: int
    state: str = "planned"
    certified_by: str = ""
    approved_by: str = ""


@dataclass
class File:
    pk: int
    state: str = "draft"
    version: int = 0
    complete: bool = False
    decisions: list[Decided] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)

    def standing(self, kind: str) -> Decided | None:
        return next((one for one in self.decisions if one.kind == kind and one.state != "withdrawn"), None)


@dataclass
class Lot:
    pk: int
    by: str
    state: str = "open"
    dues: list[tuple[File, Due]] = field(default_factory=list)


def ground() -> SimpleNamespace:
    """What every example starts from, committed once: people, an open call, complete drafts, a verified account."""
    from accounts.states import STAFF_ROLES
    from payments import services as payments
    from tests.factories import accounts, fund
    from tests.factories.applications import a_draft, fill
    from tests.factories.payments import a_rib, an_iban, scan_all

    commune = accounts.a_commune()
    people = {}
    for name, roles in PEOPLE.items():
        people[name] = accounts.a_user()
        for role in sorted(roles):
            accounts.a_membership(people[name], role, None if role in STAFF_ROLES else commune)
    accounts.a_membership(people["neighbour"], "signatory", accounts.a_commune())
    call = fund.a_call_open(envelope=fund.an_envelope(ENVELOPE))
    drafts = [fill(a_draft(call, commune, by=people["drafter"])) for _ in range(FILES)]
    bank = payments.declare_bank(
        commune.pk, iban=an_iban(), holder="C", rib=a_rib(), previous_rib=None, by=people["drafter"]
    )
    scan_all(bank)
    payments.verify_bank(bank.pk, person="Mme Roustan, à la mairie", by=people["verifier"])
    world = SimpleNamespace(people=people, files=[File(one.pk, version=one.version) for one in drafts], sent=7)
    # The others begin further on, or few lives would ever come to a batch.
    bring(world, world.files[1], *ROAD)
    bring(world, world.files[4], *ROAD[:2])
    bring(world, world.files[5], *ROAD[:4])
    for file in world.files[2:4] + world.files[6:]:
        bring(world, file, *ROAD, "grant")
        award(world, file)
    approve(world, world.files[2])
    certify(world, world.files[6])
    approve(world, world.files[7])
    world.lots = [a_lot(world, world.files[7])]
    return world


ROAD = ("submit", "start_instruction", "check_complete", "send_to_review", "finish_review")


def bring(world: SimpleNamespace, file: File, *verbs: str) -> None:
    """Along the road by the services, each step by the right person, and the same in the model."""
    from applications import services
    from applications.models import Application

    by = {"submit": "signatory", "finish_review": "manager", "grant": "manager"}
    for verb in verbs:
        person = by.get(verb, "instructor")
        more = {"amount_cents": ASKED} if verb == "grant" else {}
        done = getattr(services, verb)(file.pk, by=world.people[person], **more)
        if verb == "grant":
            file.decisions.append(Decided(done.pk, verb, ASKED, person))
    now = Application.objects.get(pk=file.pk)
    file.state, file.version, file.complete = now.state, now.version, "check_complete" in verbs
    assert file.state == ARROWS[verbs[-1]][1]


def award(world: SimpleNamespace, file: File) -> None:
    """Signed and told to the commune, its instalments planned."""
    from applications import services
    from applications.models import Decision
    from common.actors import MACHINE
    from journal.services import advance
    from payments.models import Instalment

    people, grant = world.people, file.decisions[0]
    services.sign_decision(grant.pk, act_number="B-1", act_date=timezone.localdate(), by=people["head"])
    with transaction.atomic():
        decision = Decision.objects.get(pk=grant.pk)
        advance(decision, decision.notify, by=MACHINE)
    grant.state = "notified"
    first, second = Instalment.objects.filter(decision=grant.pk).order_by("position").values_list("pk", flat=True)
    file.dues = [Due(first, ASKED // 2, 1), Due(second, ASKED // 2, 2)]


def certify(world: SimpleNamespace, file: File) -> None:
    """Its first instalment asked for and certified."""
    from payments import services as payments

    first = file.dues[0]
    payments.request_instalment(first.pk, by=world.people["drafter"])
    payments.certify(first.pk, by=world.people["instructor"])
    first.state, first.certified_by = "certified", "instructor"


def approve(world: SimpleNamespace, file: File) -> None:
    """Its first instalment asked for, certified and approved."""
    from payments import services as payments

    certify(world, file)
    first = file.dues[0]
    payments.approve(first.pk, by=world.people["approver"])
    first.state, first.approved_by = "approved", "approver"


def a_lot(world: SimpleNamespace, file: File) -> Lot:
    """An open batch with its first instalment: a line may be taken out again from the first step."""
    from payments import services as payments

    preparer = world.people["preparer"]
    lot = Lot(payments.create_batch(by=preparer).pk, "preparer")
    payments.add_lines(lot.pk, [file.dues[0].pk], by=preparer)
    lot.dues.append((file, file.dues[0]))
    return lot


class Life(RuleBasedStateMachine):
    ground: SimpleNamespace
    met: Counter[str] = Counter()
    lives = 0

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        with connection.cursor() as cursor:  # a busy machine may think longer than a request ever does
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        # Together: a batch holds instalments of the files.
        files, lots = deepcopy((self.ground.files, self.ground.lots))
        self.files: list[File] = files
        self.lots: list[Lot] = lots
        self.money = {"available": ENVELOPE - 4 * ASKED, "committed": 4 * ASKED, "ordered": 0}
        self.sent = self.ground.sent
        self.entries = self.read()["entries"]

    def teardown(self) -> None:
        from reports import invariants

        try:
            type(self).lives += 1
            if self.lives % CHECKED_EVERY == 0:
                broken = [(one.code, places) for one, found, places in invariants.check() if found]
                assert not broken, broken
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # --- The rules: anybody may try anything; or the right person does the next right thing ------------------------

    @rule(
        file=st.integers(0, FILES - 1),
        verb=st.sampled_from(sorted(WHO)),
        person=st.sampled_from(sorted(PEOPLE)),
        pick=st.integers(0, 5),
        stale=st.sampled_from([False, False, False, True]),
    )
    def anybody_tries_anything(self, file: int, verb: str, person: str, pick: int, stale: bool) -> None:
        self.attempt(self.files[file], verb, person, pick, stale)

    @rule(file=st.integers(0, FILES - 1), seed=st.integers(0, 2**32), pick=st.integers(0, 5))
    def somebody_does_their_work(self, file: int, seed: int, pick: int) -> None:
        # Hypothesis likes small numbers and the same again; mixed with the moment, every verb has its turn.
        one, chance = self.files[file], random.Random(seed * 1_000_003 + self.entries * 7_919 + file)
        right = [
            (verb, person)
            for verb in WHO
            for person in PEOPLE
            if person != "everything" and self.allowed(one, verb, person, pick)
        ]
        # Ends and returns are rare, and a batch is opened when there is something to pay: or nothing would ever be paid.
        free = (due for file in self.files for due in file.dues if due.state == "approved" and not self.in_lot(due))
        waits = any(free) and not any(lot.state == "open" for lot in self.lots)
        backward = chance.random() < 0.3
        right = [pair for pair in right if (pair[0] in BACKWARD) == backward and (pair[0] != "batch" or waits)]
        if right:
            verb = chance.choice(sorted({verb for verb, _ in right}))
            self.attempt(one, verb, chance.choice([by for may, by in right if may == verb]), pick, stale=False)

    @rule(file=st.integers(0, FILES - 1), seed=st.integers(0, 2**32), strangers=st.sampled_from([False, False, True]))
    def somebody_nearly_may(self, file: int, seed: int, strangers: bool) -> None:
        """What another person may do here, or with another amount: the likeliest mistakes of a check."""
        one = self.files[file]
        near = []
        for verb in WHO:
            tries = [(person, pick) for person in PEOPLE for pick in range(6)]
            fit = {pair for pair in tries if self.allowed(one, verb, *pair)}
            if fit:
                near += [
                    (verb, *pair) for pair in tries if pair not in fit and (strangers or PEOPLE[pair[0]] & WHO[verb])
                ]
        if near:
            verb, person, pick = random.Random(seed).choice(near)
            self.attempt(one, verb, person, pick, stale=False)

    @precondition(lambda self: any(one.state == "signed" for file in self.files for one in file.decisions))
    @rule()
    def letters_leave(self) -> None:
        from applications.models import Decision
        from common.actors import MACHINE
        from journal.services import advance

        for file in self.files:
            for one in file.decisions:
                if one.state == "signed":
                    decision = Decision.objects.get(pk=one.pk)
                    advance(decision, decision.notify, by=MACHINE)
                    one.state = "notified"
                    self.entries += 1
        self.compare()

    # --- The model ---------------------------------------------------------------------------------------------------

    def decision(self, file: File, pick: int) -> Decided | None:
        return file.decisions[-1 - pick % len(file.decisions)] if file.decisions else None

    def due(self, file: File, pick: int) -> Due | None:
        return file.dues[pick // 5] if file.dues else None  # nearly always the first

    def lot(self, pick: int) -> Lot | None:
        return self.lots[-1 - pick % 2] if len(self.lots) > pick % 2 else None

    def amount(self, pick: int) -> int:
        return (ASKED, ASKED, 300_000, ASKED + 1, FLOOR - 1, 250_000)[pick]

    def reasons(self, pick: int) -> str:
        return "" if pick in (0, 5) else "L’enveloppe est limitée."

    def in_lot(self, due: Due) -> Lot | None:
        return next((lot for lot in self.lots if any(one is due for _, one in lot.dues)), None)

    def allowed(self, file: File, verb: str, person: str, pick: int) -> bool:
        """What should happen, said without the code."""
        if not PEOPLE[person] & WHO[verb]:
            return False
        if verb in ARROWS and file.state not in ARROWS[verb][0]:
            return False
        check: Callable[[File, str, int], bool] | None = getattr(self, f"may_{verb}", None)
        return check(file, person, pick) if check else True

    def may_check_complete(self, file: File, person: str, pick: int) -> bool:
        return file.state == "in_instruction" and not file.complete

    def may_send_to_review(self, file: File, person: str, pick: int) -> bool:
        return file.complete

    def may_grant(self, file: File, person: str, pick: int) -> bool:
        cents = self.amount(pick)
        fits = FLOOR <= cents <= min(ASKED, self.money["available"])
        return fits and (cents == ASKED or bool(self.reasons(pick))) and self._waitlist_is_signed(file)

    def may_waitlist(self, file: File, person: str, pick: int) -> bool:
        return file.standing("waitlist") is None

    def may_reject(self, file: File, person: str, pick: int) -> bool:
        return bool(self.reasons(pick)) and self._waitlist_is_signed(file)

    def _waitlist_is_signed(self, file: File) -> bool:
        waitlist = file.standing("waitlist")
        return waitlist is None or waitlist.state != "recorded"

    def may_undo(self, file: File, person: str, pick: int) -> bool:
        one = self.decision(file, pick)
        return one is not None and one.state == "recorded" and AFTER[one.kind] == file.state

    def may_sign(self, file: File, person: str, pick: int) -> bool:
        one = self.decision(file, pick)
        return one is not None and one.state == "recorded" and one.by != person

    def may_request(self, file: File, person: str, pick: int) -> bool:
        due, grant = self.due(file, pick), file.standing("grant")
        # The second instalment is the balance: no report is accepted in this life.
        return (
            due is not None
            and grant is not None
            and grant.state == "notified"
            and due.state == "planned"
            and due.position == 1
        )

    def may_certify(self, file: File, person: str, pick: int) -> bool:
        due = self.due(file, pick)
        return due is not None and due.state == "requested" and person not in self._acted(file, due)

    def may_approve(self, file: File, person: str, pick: int) -> bool:
        due = self.due(file, pick)
        return due is not None and due.state == "certified" and person not in self._acted(file, due)

    def may_return_to_commune(self, file: File, person: str, pick: int) -> bool:
        due = self.due(file, pick)
        return due is not None and due.state == "requested"

    def may_return_to_desk(self, file: File, person: str, pick: int) -> bool:
        """The head of service, who gives the visa, sends back what is certified; finance, what is approved too."""
        due = self.due(file, pick)
        states = ("certified",) if PEOPLE[person] == {"head_of_service"} else ("certified", "approved")
        return due is not None and due.state in states and self.in_lot(due) is None

    def may_add(self, file: File, person: str, pick: int) -> bool:
        due, lot = self.due(file, pick), self.lot(pick)
        return (
            due is not None
            and lot is not None
            and due.state == "approved"
            and self.in_lot(due) is None
            and (lot.state, lot.by) == ("open", person)
            and person not in self._acted(file, due)
        )

    def may_remove(self, file: File, person: str, pick: int) -> bool:
        due = self.due(file, pick)
        lot = self.in_lot(due) if due else None
        return lot is not None and lot.state == "open"

    def may_seal(self, file: File, person: str, pick: int) -> bool:
        lot = self.lot(pick)
        if lot is None or lot.state != "open" or not lot.dues:
            return False
        return all(person not in self._acted(of, due) for of, due in lot.dues)

    def may_transmit(self, file: File, person: str, pick: int) -> bool:
        lot = self.lot(pick)
        return lot is not None and lot.state == "sealed"

    def _acted(self, file: File, due: Due) -> set[str]:
        grant = file.standing("grant")
        return {grant.by if grant else "", "verifier", due.certified_by, due.approved_by}

    # --- Trying ------------------------------------------------------------------------------------------------------

    def attempt(self, file: File, verb: str, person: str, pick: int, stale: bool) -> None:
        from common.errors import DomainError

        expected = self.allowed(file, verb, person, pick)
        checks_version = verb in ARROWS or verb == "check_complete"
        version = (file.version - 1 if stale else file.version) if checks_version else None
        expected = expected and not (stale and checks_version)
        lots = len(self.lots)
        done: Any = None
        try:
            with transaction.atomic():
                done = self.act(file, verb, self.ground.people[person], pick, version)
            happened = True
        except DomainError as refusal:
            assert str(refusal), "a refusal says why"
            happened = False
        if happened is None or done is NotImplemented:  # there is nothing to try it on
            return
        assert happened == expected, f"{person} {verb} {file}: {'done' if happened else 'refused'}"
        if happened:
            self.follow(file, verb, person, pick, done)
            self.met[verb] += 1
        else:
            assert len(self.lots) == lots
            self.met["refused"] += 1
        self.compare()

    def act(self, file: File, verb: str, by: Any, pick: int, version: int | None) -> Any:
        from applications import services as files
        from payments import services as payments

        decision, due, lot = self.decision(file, pick), self.due(file, pick), self.lot(pick)
        if verb in ("submit", "start_instruction", "check_complete", "send_to_review", "finish_review"):
            return getattr(files, verb)(file.pk, by=by, version=version)
        if verb in ("declare_inadmissible", "withdraw"):
            return getattr(files, verb)(file.pk, reason="Projet retardé", by=by, version=version)
        if verb == "ask_pieces":
            due_on = timezone.localdate() + timedelta(days=15)
            return files.ask_pieces(file.pk, items=["Devis"], reason="Manque", due_on=due_on, by=by, version=version)
        if verb == "answer_pieces":
            return files.answer_pieces(file.pk, text="Voici.", by=by, version=version)
        if verb == "grant":
            cents, reasons = self.amount(pick), self.reasons(pick)
            return files.grant(file.pk, amount_cents=cents, reasons=reasons, by=by, version=version)
        if verb in ("waitlist", "reject"):
            return getattr(files, verb)(file.pk, reasons=self.reasons(pick), by=by, version=version)
        if verb in ("undo", "sign"):
            if decision is None:
                return NotImplemented
            if verb == "undo":
                return files.withdraw_recorded(decision.pk, reason="Erreur", by=by)
            return files.sign_decision(decision.pk, act_number="B-1", act_date=timezone.localdate(), by=by)
        if verb == "batch":
            return payments.create_batch(by=by)
        if verb in ("seal", "transmit"):
            if lot is None:
                return NotImplemented
            return {"seal": payments.seal_batch, "transmit": payments.mark_transmitted}[verb](lot.pk, by=by)
        return self.act_on_due(verb, due, lot, by)

    def act_on_due(self, verb: str, due: Due | None, lot: Lot | None, by: Any) -> Any:
        from payments import services as payments
        from payments.models import PaymentLine

        if due is None:
            return NotImplemented
        if verb in ("return_to_commune", "return_to_desk"):
            return getattr(payments, verb)(due.pk, reason="Incomplet", by=by)
        if verb == "add":
            return payments.add_lines(lot.pk, [due.pk], by=by) if lot else NotImplemented
        if verb == "remove":
            line = PaymentLine.objects.filter(instalment=due.pk).first()
            return payments.remove_line(line.pk, by=by) if line else NotImplemented
        name = {"request": "request_instalment"}.get(verb, verb)
        return getattr(payments, name)(due.pk, by=by)

    # --- What follows, in the model ------------------------------------------------------------------------------------

    def follow(self, file: File, verb: str, person: str, pick: int, done: Any) -> None:
        due, lot = self.due(file, pick), self.lot(pick)
        if verb in ARROWS:
            file.state, file.version = ARROWS[verb][1], file.version + 1
            self.entries += 1
        if verb == "submit":
            self.sent += 1
        elif verb == "check_complete":
            file.complete, file.version = True, file.version + 1
        elif verb == "ask_pieces":
            file.complete = False
        elif verb in AFTER:
            cents = self.amount(pick) if verb == "grant" else 0
            file.decisions.append(Decided(done.pk, verb, cents, person))
            self.entries += 1
            self.move("available", "committed", cents)
        elif verb == "undo":
            one = self.decision(file, pick)
            assert one
            one.state, file.state, file.version = "withdrawn", "reviewed", file.version + 1
            self.entries += 2
            self.move("committed", "available", one.cents)
        elif verb == "sign":
            self.follow_signature(file, pick)
        elif verb in ("request", "certify", "approve", "return_to_commune", "return_to_desk"):
            assert due
            self.follow_due(due, verb, person)
        elif verb == "batch":
            if not any(one.pk == done.pk for one in self.lots):
                self.lots.append(Lot(done.pk, person))
                self.entries += 1
        elif verb == "add" and lot and due:
            lot.dues.append((file, due))
        elif verb == "remove" and due:
            within = self.in_lot(due)
            assert within
            within.dues = [pair for pair in within.dues if pair[1] is not due]
        elif verb == "seal" and lot:
            lot.state = "sealed"
            self.entries += 1 + len(lot.dues)
            for _, each in lot.dues:
                each.state = "ordered"
                self.move("committed", "ordered", each.cents)
        elif verb == "transmit" and lot:
            lot.state = "transmitted"
            self.entries += 1

    def follow_signature(self, file: File, pick: int) -> None:
        from payments.models import Instalment

        one = self.decision(file, pick)
        assert one
        one.state = "signed"
        self.entries += 1
        if one.kind == "grant":
            halves = (one.cents - one.cents // 2, one.cents // 2)
            pks = Instalment.objects.filter(decision=one.pk).order_by("position").values_list("pk", flat=True)
            file.dues = [
                Due(pk, cents, place) for place, (pk, cents) in enumerate(zip(pks, halves, strict=True), start=1)
            ]
            self.entries += 2

    def follow_due(self, due: Due, verb: str, person: str) -> None:
        due.state = {
            "request": "requested",
            "certify": "certified",
            "approve": "approved",
            "return_to_commune": "planned",
            "return_to_desk": "requested",
        }[verb]
        if verb == "certify":
            due.certified_by = person
        elif verb == "approve":
            due.approved_by = person
        elif verb == "return_to_desk":
            due.certified_by = due.approved_by = ""
        self.entries += 1

    def move(self, source: str, target: str, cents: int) -> None:
        self.money[source] -= cents
        self.money[target] += cents

    # --- What stands in the database -----------------------------------------------------------------------------------

    def read(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(STANDING)
            return {name: json.loads(value) for name, value in cursor.fetchall()}

    def compare(self) -> None:
        """As at a commit: the deferred guards agree, and the database says what the model says."""
        connection.check_constraints()
        stands = self.read()
        assert stands["files"] == {str(one.pk): [one.state, one.version] for one in self.files}
        assert stands["decisions"] == {str(one.pk): one.state for file in self.files for one in file.decisions}
        assert stands["dues"] == {str(one.pk): [one.state, one.cents] for file in self.files for one in file.dues}
        assert stands["lots"] == {str(lot.pk): lot.state for lot in self.lots}
        assert stands["money"] == list(self.money.values()) and min(stands["money"]) >= 0
        assert stands["entries"] == self.entries, "one entry in the journal for each change of state, no more"
        assert stands["sent"] == self.sent


STANDING = """
SELECT 'files', coalesce(jsonb_object_agg(id, jsonb_build_array(state, version)), '{}')::text FROM applications_application
UNION ALL SELECT 'decisions', coalesce(jsonb_object_agg(id, state), '{}')::text FROM applications_decision
UNION ALL SELECT 'dues', coalesce(jsonb_object_agg(id, jsonb_build_array(state, amount_cents)), '{}')::text
    FROM payments_instalment
UNION ALL SELECT 'lots', coalesce(jsonb_object_agg(id, state), '{}')::text FROM payments_batch
UNION ALL SELECT 'money', jsonb_build_array(available, committed, ordered)::text FROM fund_envelopebalance
UNION ALL SELECT 'entries', count(*)::text FROM journal_entry WHERE kind = 'state'
UNION ALL SELECT 'sent', coalesce(max(value), 0)::text FROM fund_counter WHERE series = 'FI'
"""


@pytest.fixture(scope="module")
def life(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[type[Life]]:
    from tests.support.world import committed

    with committed(django_db_blocker):
        Life.ground = ground()
        yield Life


def test_every_life_follows_the_model(life: type[Life]) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=not os.environ.get("FULL"),
            suppress_health_check=list(HealthCheck),
        ),
    )
    chance, life.met = life.met, Counter()
    for verb in sorted(WHO):
        short(life(), verb)  # whatever chance went past
    never = set(WHO) - set(life.met)
    assert not never, f"no life went through {sorted(never)}: {life.met}"
    assert len(chance) > len(WHO) // 2, f"chance walked nowhere: {chance}"


# What must have been done, in a life that has only begun, before this can be.
FIRST = {
    "start_instruction": "submit",
    "answer_pieces": "ask_pieces",
    "send_to_review": "check_complete",
    "undo": "waitlist",
    "sign": "waitlist",
    "certify": "request",
    "return_to_commune": "request",
    "transmit": "seal",
}


def short(life: Life, verb: str) -> None:
    """A life of one step, or of the one that makes it possible and then itself, by whoever the model allows first."""
    try:
        for step in filter(None, (FIRST.get(verb), verb)):
            life.attempt(*first_way(life, step), stale=False)
    finally:
        life.teardown()


def first_way(life: Life, verb: str) -> tuple[File, str, str, int]:
    return next(
        (file, verb, person, pick)
        for file in life.files
        for person in PEOPLE
        for pick in range(6)
        if life.allowed(file, verb, person, pick)
    )
