"""The same POST of each money form, twice at once and again a day later: one effect."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connections
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.models import User
from fund.models import Movement
from journal.models import Entry
from payments import services
from payments.models import Batch, Instalment, PaymentLine, PaymentPaper, Recovery, ReturnDifference
from payments.urls import urlpatterns
from reports import invariants
from tests.factories.fund import a_call, an_envelope
from tests.factories.payments import (
    Team,
    a_bank,
    a_batch,
    a_decision,
    a_justified_report,
    a_rib,
    an_iban,
    an_instalment,
    pay_all,
    scan_all,
)
from tests.payments.signing_in import signed_in
from tests.payments.test_returns import a_csv, rows_of

NOT_MONEY = {  # pages that only read, and settings of files that move nothing
    *("application_payments", "instalment_list", "instalment_detail", "bank_list", "bank_detail", "bank_reveal"),
    *(
        "batch_list",
        "batch_detail",
        "batch_export",
        "contrary_export",
        "export_layout",
        "return_detail",
        "reconciliation",
    ),
    *("recovery_list", "return_map", "award", "finance_desk", "due_list", "finance_export"),
}


@dataclass
class Form:
    """Where it is posted, by whom, and the entries that one effect writes."""

    name: str
    args: list[Any]
    by: User
    said: dict[str, Any]
    verb: str
    entries: int = 1
    files: dict[str, Callable[[], Any]] = field(default_factory=dict)


def sealed(team: Team) -> Batch:
    return a_batch(team, an_instalment(team, "approved"), state="sealed")


def ended(team: Team, spent: int, *, settle: bool = False) -> Instalment:
    """An award whose advance is paid and whose report is accepted; its balance."""
    first = an_instalment(team, "approved")
    pay_all(team, a_batch(team, first, state="sealed"))
    decision = first.decision
    a_justified_report(team, decision, spent)
    if settle:
        services.settle(decision.application_id, by=team.instructor)
    return Instalment.objects.get(decision=decision, kind="balance")


def version_of(thing: Any) -> dict[str, Any]:
    return {"version": thing.version}


def forms(team: Team) -> list[Callable[[], Form]]:
    """Each prepares its world when its turn comes."""

    def declare() -> Form:
        file = a_decision(team.beside()).application
        by = User.objects.get(memberships__organisation=file.organisation, memberships__role="drafter")
        said = {"key": str(uuid4()), "iban": an_iban(), "bic": "", "holder": "Commune"}
        return Form("application_bank", [file.public_id], by, said, "declare", files={"rib": a_rib})

    def verify() -> Form:
        other = team.beside()
        bank = a_bank(other, state="declared")
        scan_all(bank)
        said = {"person": "Mme R", "number": other.organisation.phone, "called_on": timezone.localdate().isoformat()}
        said |= {"compared": "on", "seen": "on", "version": str(bank.version)}
        return Form("bank_verify", [bank.pk], team.head, said, "verify")

    def refuse() -> Form:
        bank = a_bank(team.beside(), state="declared")
        return Form("bank_refuse", [bank.pk], team.head, {"reason": "Non", **version_of(bank)}, "refuse")

    def step(name: str, state: str, by: User, verb: str = "", **said: Any) -> Callable[[], Form]:
        def prepared() -> Form:
            one = an_instalment(team, state)
            return Form(name, [one.pk], by, {**said, **version_of(one)}, verb or name.removeprefix("instalment_"))

        return prepared

    def join() -> Form:
        one = an_instalment(team)
        said = {"key": str(uuid4()), "kind": "other", "reference": "1"}
        return Form("instalment_join", [one.pk], team.drafter, said, "join_paper", files={"file": a_rib})

    def balance() -> Form:
        one = ended(team, 1_000_000)
        return Form("instalment_request", [one.pk], team.drafter, version_of(one), "settle")

    def settle() -> Form:
        one = ended(team, 1_000_000)
        return Form("award_settle", [one.application.public_id], team.instructor, {}, "settle")

    def recovery(act: str, verb: str, **said: Any) -> Callable[[], Form]:
        def prepared() -> Form:
            one = Recovery.objects.get(decision=ended(team, 400_000, settle=True).decision)
            today = timezone.localdate()
            if act == "encaisser":
                services.issue_recovery(one.pk, number=f"T{one.pk}", title_date=today, by=team.preparer)
            one.refresh_from_db()
            given = {key: value or f"T{one.pk}" for key, value in said.items()}
            return Form("recovery_detail", [one.pk], team.approver, {"act": act, **given, **version_of(one)}, verb)

        return prepared

    def create() -> Form:
        a_batch(team, an_instalment(team, "approved"))
        return Form("batch_create", [], team.preparer, {}, "create")

    def add() -> Form:
        one, batch = an_instalment(team, "approved"), services.create_batch(by=team.preparer)
        return Form("batch_add", [batch.pk], team.preparer, {"ids": [one.pk], **version_of(batch)}, "add_lines")

    def remove() -> Form:
        batch = a_batch(team, an_instalment(team, "approved"))
        said = version_of(batch)
        return Form("batch_remove", [batch.pk, batch.lines.get().pk], team.preparer, said, "remove_line")

    def seal() -> Form:
        batch = a_batch(team, an_instalment(team, "approved"))
        said = {"key": str(uuid4()), "compared": "on", **version_of(batch)}
        return Form("batch_seal", [batch.pk], team.preparer, said, "seal")

    def transmit() -> Form:
        batch = sealed(team)
        return Form("batch_transmit", [batch.pk], team.preparer, version_of(batch), "transmit")

    def cancel() -> Form:
        batch = sealed(team)
        said = {"key": str(uuid4()), "reason": "Erreur", "stopped": "on"}
        return Form("line_cancel", [batch.pk, batch.lines.get().pk], team.approver, said, "line_cancelled")

    def read() -> Form:
        content = a_csv(rows_of(sealed(team)))
        return Form("return_list", [], team.preparer, {}, "", 1, {"file": lambda: _file(content)})

    def apply() -> Form:
        one = services.read_return(a_csv(rows_of(sealed(team))), "r.csv", by=team.preparer)
        return Form("return_apply", [one.pk], team.preparer, version_of(one), "pay")

    def discard() -> Form:
        one = services.read_return(a_csv(rows_of(sealed(team))), "r.csv", by=team.preparer)
        return Form("return_discard", [one.pk], team.preparer, version_of(one), "discard")

    def difference() -> Form:
        rows = [["FI-2020-0001", "M1", f"{timezone.localdate():%d/%m/%Y}", f"{time.time_ns() % 9999},00", "Payé"]]
        one = services.read_return(a_csv(rows), "r.csv", by=team.preparer)
        services.apply_return(one.pk, by=team.preparer)
        found = ReturnDifference.objects.filter(imported=one)[0]
        return Form("difference_settle", [found.pk], team.preparer, {"reason": "Vu"}, "settle_difference")

    def attached() -> Form:
        batch = sealed(team)
        rows = rows_of(batch)
        one = services.read_return(a_csv([[f"ECRIT-{batch.pk}", *rows[0][1:]]]), "r.csv", by=team.preparer)
        services.apply_return(one.pk, by=team.preparer)
        found = ReturnDifference.objects.get(imported=one, kind="unknown")
        said = {"line": services.candidates(found, by=team.preparer)[0].pk, "why": "Vu avec le comptable"}
        return Form("difference_attach", [found.pk], team.preparer, said, "pay")

    def hold() -> Form:
        last = Batch.objects.exclude(state="open").order_by("-sealed_at", "-pk")[0]
        services.hold(by=team.preparer, note="Essai")
        cents = f"{last.total_cents // 100},{last.total_cents % 100:02d}"
        said = {"number": last.number, "total_cents": cents, "note": "Vu"}
        return Form("export_hold", [], team.preparer, said, "release_exports")

    def rules() -> Form:
        return Form(
            "payment_rules",
            [],
            team.manager,
            {"cooling_hours": "96", "visa_from_cents": "", "lapse_days": "730", "warned_days": "60"},
            "set_rules",
        )

    def an_act() -> Any:
        decision = a_decision(team)
        return services.prepare_act(decision.application_id, kind="cancellation", reason="Renonce", by=team.manager)

    def prepare_act() -> Form:
        said = {"kind": "cancellation", "reason": "L’action n’aura pas lieu."}
        return Form("act_prepare", [a_decision(team).application.public_id], team.manager, said, "")

    def sign_act() -> Form:
        act = an_act()
        said = {"act_number": "CM-77", "act_date": timezone.localdate().isoformat(), **version_of(act)}
        return Form("act_sign", [act.pk], team.signer, said, "sign")

    def withdraw_act() -> Form:
        act = an_act()
        return Form("act_withdraw", [act.pk], team.manager, version_of(act), "withdraw")

    today = timezone.localdate().isoformat()
    return [
        *(declare, verify, refuse, join, balance, settle, create, add, remove, seal, transmit, cancel, read, apply),
        *(discard, difference, attached, hold, prepare_act, sign_act, withdraw_act),
        step("instalment_request", "planned", team.drafter, "request"),
        step("instalment_certify", "requested", team.instructor),
        step("instalment_endorse", "certified", team.signer),
        step("instalment_approve", "certified", team.approver),
        step("instalment_return_to_commune", "requested", team.instructor, reason="Non"),
        step("instalment_return_to_desk", "certified", team.approver, reason="Non"),
        recovery("emettre", "issue", number="", title_date=today),
        recovery("encaisser", "receive", received_on=today, reference="P"),
        recovery("abandonner", "cancel", reason="Remise"),
        rules,
    ]


def _file(content: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("retour.csv", content, "text/csv")


def post(form: Form) -> int:
    files = {name: make() for name, make in form.files.items()}
    return int(signed_in(form.by).post(reverse(form.name, args=form.args), {**form.said, **files}).status_code)


def at_once(form: Form) -> list[int]:
    """Two threads, each with its own session of the database."""
    start, answers = threading.Barrier(2), []

    def one() -> None:
        try:
            start.wait()
            answers.append(post(form))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def effects() -> tuple[int, ...]:
    """What money forms write, but for reads and sign-ins."""
    written = Entry.objects.exclude(kind__in=("read", "right", "message")).exclude(chain__startswith="access:")
    return (
        written.count(),
        Movement.objects.count(),
        PaymentLine.objects.count(),
        PaymentPaper.objects.count(),
        Batch.objects.count(),
    )


@pytest.mark.django_db(transaction=True)
def test_one_effect() -> None:
    a_call(envelope=an_envelope(10**9), ceiling_cents=2_000_000)
    team = Team()
    tried = set()
    for prepare in forms(team):
        form = prepare()
        tried.add(form.name)
        entries = Entry.objects.filter(verb=form.verb)
        before, files = entries.count(), effects()
        answers = at_once(form)
        assert all(code < 500 for code in answers) and any(code == 302 for code in answers), (form.name, answers)
        if form.verb:
            assert entries.count() - before == form.entries, (form.name, answers)
        once = effects()
        assert once != files or form.name == "return_list", form.name
        with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
            assert post(form) < 500
        assert effects() == once or form.name == "batch_create", form.name
    assert tried | NOT_MONEY == {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    assert [(one[0].code, one[2]) for one in invariants.check() if one[1]] == []
