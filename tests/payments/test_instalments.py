"""From the commune's request to the approval; five persons for one payment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import User
from accounts.states import Role
from common.errors import DomainError, NotAllowed, Stale
from journal.services import history
from notifications.models import Message
from payments import services
from payments.models import Instalment
from tests.factories.accounts import a_drafter, a_membership, a_reader, an_instructor
from tests.factories.payments import Team, a_bank, a_batch, a_decision, an_instalment, scan_all


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def test_the_whole_life_is_in_the_journal(team: Team) -> None:
    a_batch(team, instalment := an_instalment(team, "approved"), state="sealed")
    said = [(entry.verb, entry.from_state, entry.to_state, entry.actor_id) for entry in history(instalment)]
    assert said == [
        ("plan", "", "planned", team.signer.pk),
        ("request", "planned", "requested", team.drafter.pk),
        ("certify", "requested", "certified", team.instructor.pk),
        ("approve", "certified", "approved", team.approver.pk),
        ("order", "approved", "ordered", team.preparer.pk),
    ]


def test_asking_wants_a_notified_decision(team: Team) -> None:
    decision = a_decision(team, state="signed")
    a_bank(team)
    with pytest.raises(DomainError, match="pas encore notifiée"):
        services.request_instalment(decision.instalments.first().pk, by=team.drafter)


def test_asking_wants_an_account_declared_or_verified(team: Team) -> None:
    instalment = an_instalment(team, "planned", bank=False)
    with pytest.raises(DomainError, match="coordonnées bancaires"):
        services.request_instalment(instalment.pk, by=team.signatory)
    a_bank(team, state="declared")
    assert services.request_instalment(instalment.pk, by=team.signatory).state == "requested"


def test_the_balance_waits_for_the_advance_and_the_report(team: Team) -> None:
    first = an_instalment(team, "approved")
    balance = Instalment.objects.get(decision=first.decision, position=2)
    with pytest.raises(DomainError, match="précédent"):
        services.request_instalment(balance.pk, by=team.drafter)
    a_batch(team, first, state="sealed")
    with pytest.raises(DomainError, match="bilan"):
        services.request_instalment(balance.pk, by=team.drafter)


def test_a_request_is_told_to_who_follows_the_file(team: Team) -> None:
    an_instructor()
    an_instalment(team, "requested")
    assert list(Message.objects.filter(kind="instalment_requested").values_list("recipient_id", flat=True)) == [
        team.instructor.pk
    ]


def test_who_may_ask(team: Team) -> None:
    instalment = an_instalment(team)
    for person in (a_reader(team.organisation), a_drafter(), team.instructor, team.preparer):
        with pytest.raises(NotAllowed):
            services.request_instalment(instalment.pk, by=person)


Verb = Callable[..., Any]
ACTS: list[tuple[str, Verb, dict[str, Any], str]] = [
    ("requested", services.certify, {}, "instructor"),
    ("requested", services.return_to_commune, {"reason": "Il manque la délibération"}, "instructor"),
    ("certified", services.approve, {}, "approver"),
    ("certified", services.return_to_desk, {"reason": "Le montant est à revoir"}, "approver"),
]


@pytest.mark.parametrize(("state", "verb", "given", "who"), ACTS, ids=lambda value: getattr(value, "__name__", None))
def test_roles_and_versions(team: Team, state: str, verb: Verb, given: dict[str, Any], who: str) -> None:
    instalment = an_instalment(team, state)
    right = getattr(team, who)
    others = {team.manager, team.head, team.instructor, team.approver, team.drafter, team.signatory} - {right}
    if verb == services.return_to_desk:
        others.remove(team.head)  # before the approval, the head of service may send back too
    for person in others:
        with pytest.raises(NotAllowed):
            verb(instalment.pk, by=person, **given)
    with pytest.raises(Stale):
        verb(instalment.pk, by=right, version=instalment.version - 1, **given)
    assert verb(instalment.pk, by=right, version=instalment.version, **given).version == instalment.version + 1
    with pytest.raises(DomainError):
        verb(instalment.pk, by=right, **given)


def test_a_return_says_why_to_the_commune(team: Team) -> None:
    instalment = an_instalment(team, "requested")
    with pytest.raises(DomainError, match="motif"):
        services.return_to_commune(instalment.pk, reason=" ", by=team.instructor)
    services.return_to_commune(instalment.pk, reason="Il manque la délibération", by=team.instructor)
    told = Message.objects.filter(kind="instalment_returned")
    assert {one.recipient_id for one in told} == {team.drafter.pk, team.signatory.pk}
    assert "Il manque la délibération" in told.first().body_text
    again = services.request_instalment(instalment.pk, by=team.drafter)
    assert (again.state, again.return_reason) == ("requested", "")


def test_what_stands_in_a_batch_is_not_sent_back(team: Team) -> None:
    instalment = an_instalment(team, "approved")
    a_batch(team, instalment)
    with pytest.raises(DomainError, match="retirez-le d’abord du lot"):
        services.return_to_desk(instalment.pk, reason="Erreur", by=team.approver)


PARTS = ("manager", "head", "instructor", "approver", "preparer")
ROLE_OF = {
    "head": Role.HEAD_OF_SERVICE,
    "instructor": Role.INSTRUCTOR,
    "approver": Role.FINANCE_APPROVER,
    "preparer": Role.FINANCE_PREPARER,
}
PAIRS = [(first, second) for first in PARTS for second in PARTS if PARTS.index(first) < PARTS.index(second)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_one_person_never_takes_two_parts(team: Team, first: str, second: str) -> None:
    """Every pair of decision, account, service fait, approval, batch: refused with a sentence, nothing paid."""
    person: User = getattr(team, first)
    a_membership(person, ROLE_OF[second])
    setattr(team, second, person)
    with pytest.raises(DomainError, match=r"a déjà|déjà intervenu"):
        a_batch(team, an_instalment(team, "approved"), state="sealed")
    assert not Instalment.objects.filter(state="ordered").exists()


def test_who_acted_on_a_line_does_not_seal(team: Team) -> None:
    batch = a_batch(team)
    for person in (team.manager, team.head, team.instructor, team.approver):
        a_membership(person, Role.FINANCE_PREPARER)
        with pytest.raises(DomainError, match="déjà intervenu"):
            services.seal_batch(batch.pk, by=person)
    assert services.seal_batch(batch.pk, by=team.preparer).state == "sealed"


def test_the_verifier_of_a_later_account_is_kept_apart_too(team: Team) -> None:
    """The account changes after the approval; the new verifier may not be who will prepare the batch."""
    instalment = an_instalment(team, "approved")
    a_membership(team.preparer, Role.HEAD_OF_SERVICE)
    bank = a_bank(team, state="declared")
    scan_all(bank)
    services.verify_bank(bank.pk, person="Rappel", by=team.preparer)
    with pytest.raises(DomainError):
        a_batch(team, instalment)


# --- The visa ----------------------------------------------------------------------------------------------------


def endorsed(team: Team) -> Instalment:
    services.set_rules(cooling_hours=72, visa_from_cents=350_000, by=team.manager)
    instalment = an_instalment(team, "certified")
    return services.endorse(instalment.pk, by=team.signer)


def test_the_rules_want_a_visa_before_the_approval(team: Team) -> None:
    services.set_rules(cooling_hours=72, visa_from_cents=350_000, by=team.manager)
    instalment = an_instalment(team, "certified")
    assert set(Message.objects.filter(kind="visa_wanted").values_list("recipient_id", flat=True)) == {
        team.head.pk,
        team.signer.pk,
    }
    with pytest.raises(DomainError, match="attend le visa"):
        services.approve(instalment.pk, by=team.approver)
    services.endorse(instalment.pk, by=team.signer)
    assert Message.objects.filter(kind="approval_wanted", recipient_id=team.approver.pk).exists()
    services.approve(instalment.pk, by=team.approver)
    line = a_batch(team, Instalment.objects.get(pk=instalment.pk), state="sealed").lines.get()
    assert line.endorsed_by == team.signer


def test_below_the_threshold_no_visa(team: Team) -> None:
    services.set_rules(cooling_hours=72, visa_from_cents=350_001, by=team.manager)
    assert an_instalment(team, "approved").endorsed_by is None


def test_who_endorses(team: Team) -> None:
    instalment = an_instalment(team, "certified")
    for person in (team.instructor, team.manager, team.approver, team.preparer, team.drafter):
        with pytest.raises(NotAllowed):
            services.endorse(instalment.pk, by=person)
    a_membership(team.instructor, Role.HEAD_OF_SERVICE)
    with pytest.raises(DomainError, match="a déjà certifié"):
        services.endorse(instalment.pk, by=team.instructor)


def test_a_visa_falls_with_a_return(team: Team) -> None:
    instalment = endorsed(team)
    sent = services.return_to_desk(instalment.pk, reason="Erreur", by=team.approver)
    assert (sent.state, sent.endorsed_by, sent.certified_by) == ("requested", None, None)
    assert Message.objects.get(kind="instalment_sent_back").recipient_id == team.instructor.pk
    services.certify(instalment.pk, by=team.instructor)
    with pytest.raises(DomainError, match="attend le visa"):
        services.approve(instalment.pk, by=team.approver)


LATER = ("endorse", "approve", "prepare", "seal")


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("first", ["drafter", "instructor", "signer", "approver"])
def test_who_changed_role_takes_no_second_part(team: Team, first: str, later: str) -> None:
    """A person leaves the role in which they acted (asked, certified, endorsed, approved) and comes back in the next."""
    if (first, later) in {("signer", "endorse"), ("approver", "endorse"), ("approver", "approve")}:
        return
    instalment = endorsed(team)
    if later == "endorse":
        services.return_to_desk(instalment.pk, reason="À revoir", by=team.approver)
        services.certify(instalment.pk, by=team.instructor)
    person: User = getattr(team, first)
    if first == "approver" or later in ("prepare", "seal"):
        services.approve(instalment.pk, by=team.approver)
    person.memberships.update(ended_at=Now(), ended_by=team.manager)
    role = {"endorse": Role.HEAD_OF_SERVICE, "approve": Role.FINANCE_APPROVER}.get(later, Role.FINANCE_PREPARER)
    a_membership(person, role)
    person = User.objects.get(pk=person.pk)
    with pytest.raises(DomainError, match=r"a déjà|déjà intervenu"):
        if later in ("endorse", "approve"):
            getattr(services, later)(instalment.pk, by=person)
        elif later == "prepare":
            services.add_lines(services.create_batch(by=person).pk, [instalment.pk], by=person)
        else:
            services.seal_batch(a_batch(team, Instalment.objects.get(pk=instalment.pk)).pk, by=person)


def test_who_holds_every_role_takes_one_part(team: Team) -> None:
    services.set_rules(cooling_hours=72, visa_from_cents=0, by=team.manager)
    instalment = an_instalment(team, "requested")
    everything = an_instructor()
    for role in (Role.HEAD_OF_SERVICE, Role.FINANCE_APPROVER, Role.FINANCE_PREPARER, Role.FUND_MANAGER):
        a_membership(everything, role)
    everything = User.objects.get(pk=everything.pk)
    services.certify(instalment.pk, by=everything)
    for verb in (services.endorse, services.approve):
        with pytest.raises(DomainError):
            verb(instalment.pk, by=everything)
    services.endorse(instalment.pk, by=team.signer)
    services.approve(instalment.pk, by=team.approver)
    with pytest.raises(DomainError, match="a déjà certifié"):
        services.add_lines(services.create_batch(by=everything).pk, [instalment.pk], by=everything)
