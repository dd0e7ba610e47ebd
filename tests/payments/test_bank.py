"""Bank details: a new version each time, verified by somebody else, known to everybody, young ones wait."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.functions import TransactionNow
from django.db.models.functions import Now

from accounts.models import Organisation, User
from common.dates import local
from common.errors import DomainError, NotAllowed, Stale
from documents.services import scan
from journal.models import Entry
from notifications.models import Message
from payments import services
from payments.bank_checks import warnings
from payments.known_numbers import known_number
from payments.models import BankVersion
from payments.rules import Rules, in_force
from tests.factories.accounts import a_commune, a_drafter, a_membership, a_reader, an_auditor, an_instructor
from tests.factories.payments import Team, a_bank, a_batch, a_rib, an_iban, an_instalment, scan_all

NOTE = "Mme Roustan, directrice des finances"


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def declare(team: Team, **fields: Any) -> BankVersion:
    values = {"iban": an_iban(), "holder": f"Commune de {team.organisation.name}", "rib": a_rib(), "by": team.drafter}
    values |= {"previous_rib": a_rib("ancien-rib.pdf")}
    return services.declare_bank(team.organisation.pk, **{**values, **fields})


def verify(bank: BankVersion, by: Any) -> BankVersion:
    scan_all(bank)
    return services.verify_bank(bank.pk, person=NOTE, by=by)


def test_an_iban_is_read_as_people_type_it(team: Team) -> None:
    bank = declare(team, iban="fr76 3000 1007 9412 3456 7890 185")
    assert (bank.iban, bank.bic) == ("FR7630001007941234567890185", "BDFEFRPP")


@pytest.mark.parametrize("iban", ["FR7630001007941234567890186", "FR76 3000", "", "DE89370400440532013001", "bonjour"])
def test_a_wrong_iban_is_refused(team: Team, iban: str) -> None:
    with pytest.raises(DomainError, match="IBAN"):
        declare(team, iban=iban)


def test_a_wrong_bic_is_refused(team: Team) -> None:
    with pytest.raises(DomainError, match="BIC"):
        declare(team, bic="BDF")


def test_only_writers_of_the_commune_declare(team: Team) -> None:
    for person in (a_reader(team.organisation), a_drafter(), team.instructor):
        with pytest.raises(NotAllowed):
            declare(team, by=person)


def test_the_first_account_is_usable_at_once(team: Team) -> None:
    bank = verify(declare(team), team.head)
    assert bank.state == "verified"
    assert BankVersion.objects.filter(pk=bank.pk, usable_from__lte=TransactionNow()).exists()


def test_a_change_waits_and_the_old_account_is_superseded(team: Team) -> None:
    old = a_bank(team)
    new = verify(declare(team), team.head)
    assert BankVersion.objects.get(pk=old.pk).state == "superseded"
    waits = new.usable_from - new.verified_at
    assert waits.total_seconds() == 72 * 3600


def test_a_young_account_is_not_paid(team: Team) -> None:
    instalment = an_instalment(team, "approved")
    verify(declare(team), team.head)
    with pytest.raises(DomainError, match="changé récemment"):
        a_batch(team, instalment)


def test_a_change_before_the_seal_stops_the_seal(team: Team) -> None:
    batch = a_batch(team)
    verify(declare(team), team.head)
    with pytest.raises(DomainError, match="Compte changé récemment"):
        services.seal_batch(batch.pk, by=team.preparer)


def test_everybody_of_the_commune_is_told(team: Team) -> None:
    reader = a_reader(team.organisation)
    declare(team)
    told = set(Message.objects.filter(kind="bank_declared").values_list("recipient_email", flat=True))
    assert told == {team.drafter.email, team.signatory.email, reader.email, team.organisation.email}


def test_a_mail_never_says_the_whole_iban(team: Team) -> None:
    bank = verify(declare(team), team.head)
    for message in Message.objects.filter(kind__startswith="bank_"):
        assert bank.iban not in message.body_text + message.body_html + message.subject
        assert bank.iban[-4:] in message.body_text


def test_a_new_declaration_takes_the_place_of_the_one_that_waits(team: Team) -> None:
    first, second = declare(team), declare(team)
    assert BankVersion.objects.get(pk=first.pk).state == "refused"
    assert BankVersion.objects.get(pk=second.pk).state == "declared"


def test_the_account_in_use_is_not_declared_again(team: Team) -> None:
    bank = a_bank(team)
    with pytest.raises(DomainError, match="déjà celui de la commune"):
        declare(team, iban=bank.iban)


def test_who_declares_does_not_verify(team: Team) -> None:
    both = a_drafter(team.organisation)
    a_membership(both, "head_of_service")
    bank = declare(team, by=both)
    scan_all(bank)
    with pytest.raises(DomainError):
        services.verify_bank(bank.pk, person=NOTE, by=both)
    assert BankVersion.objects.get(pk=bank.pk).state == "declared"


def test_roles_that_do_not_verify(team: Team) -> None:
    bank = declare(team)
    scan_all(bank)
    for person in (team.signatory, team.manager, team.approver, team.preparer, an_auditor()):
        with pytest.raises(NotAllowed):
            services.verify_bank(bank.pk, person=NOTE, by=person)


def test_who_certified_does_not_verify(team: Team) -> None:
    an_instalment(team, "certified")
    bank = declare(team)
    scan_all(bank)
    with pytest.raises(DomainError, match="certifié le service fait"):
        services.verify_bank(bank.pk, person=NOTE, by=team.instructor)
    assert services.verify_bank(bank.pk, person=NOTE, by=an_instructor()).state == "verified"


def test_a_verification_says_who_was_called(team: Team) -> None:
    bank = declare(team)
    scan_all(bank)
    with pytest.raises(DomainError, match="répondu"):
        services.verify_bank(bank.pk, person="  ", by=team.head)


def test_a_rib_that_is_not_scanned_is_not_trusted(team: Team) -> None:
    with pytest.raises(DomainError, match="RIB"):
        services.verify_bank(declare(team).pk, person=NOTE, by=team.head)


def test_a_stale_verification_is_refused(team: Team) -> None:
    bank = declare(team)
    scan_all(bank)
    with pytest.raises(Stale):
        services.verify_bank(bank.pk, person=NOTE, by=team.head, version=bank.version + 1)


def test_a_refusal_has_a_reason_and_is_told(team: Team) -> None:
    bank = declare(team)
    with pytest.raises(DomainError, match="pourquoi"):
        services.refuse_bank(bank.pk, reason=" ", by=team.head)
    services.refuse_bank(bank.pk, reason="RIB d’une association", by=team.head)
    assert "RIB d’une association" in Message.objects.filter(kind="bank_refused").first().body_text


def test_reading_the_account_is_written(team: Team) -> None:
    bank = a_bank(team)
    services.reveal_bank(bank.pk, by=team.approver)
    entry = Entry.objects.get(kind="read", verb="read_iban")
    assert (entry.actor_id, entry.subject_id) == (team.approver.pk, bank.pk)
    with pytest.raises(NotAllowed):
        services.reveal_bank(bank.pk, by=an_auditor())


def test_warnings(team: Team) -> None:
    assert warnings(a_bank(team)) == []
    other = team.beside()
    shared = declare(other, iban=BankVersion.objects.get(organisation=team.organisation).iban, holder="Association X")
    assert [one.title for one in warnings(shared)] == [
        "Titulaire différent de la commune",
        "Compte déjà déclaré par une autre commune",
    ]
    foreign = declare(team.beside(), iban="DE89370400440532013000")
    assert warnings(foreign)[0].title == "Compte à l’étranger"
    elsewhere = declare(team.beside(), iban=an_iban(bank_code="20041"))
    assert warnings(elsewhere)[0].title == "Pas à la Banque de France"


# --- A change ----------------------------------------------------------------------------------------------------


def test_a_change_comes_with_the_rib_it_replaces(team: Team) -> None:
    old = a_bank(team)
    with pytest.raises(DomainError, match="RIB du compte actuel"):
        declare(team, previous_rib=None)
    new = declare(team)
    assert (new.replaces, bool(new.previous_document)) == (old, True)


def test_an_old_rib_that_is_not_scanned_is_not_trusted(team: Team) -> None:
    a_bank(team)
    new = declare(team)
    scan(new.document_id)
    with pytest.raises(DomainError, match="RIB n’est pas lisible"):
        services.verify_bank(new.pk, person=NOTE, by=team.head)


def test_who_left_and_former_addresses_are_told(team: Team) -> None:
    left = a_drafter(team.organisation)
    left.memberships.update(ended_at=Now(), ended_by=team.manager)
    Organisation.objects.filter(pk=team.organisation.pk).update(email="pirate@ailleurs.test")
    before = team.organisation.email
    declare(team)
    told = set(Message.objects.filter(kind="bank_declared").values_list("recipient_email", flat=True))
    assert {left.email, before, "pirate@ailleurs.test", team.drafter.email} <= told


# --- The call ----------------------------------------------------------------------------------------------------


def test_the_call_is_written_with_its_number(team: Team) -> None:
    bank = verify(declare(team), team.head)
    assert (bank.called_person, bank.called_number) == (NOTE, team.organisation.phone)
    assert bank.called_on == local(bank.verified_at).date()


def test_another_number_is_refused(team: Team) -> None:
    bank = declare(team)
    scan_all(bank)
    with pytest.raises(DomainError, match="numéro connu avant"):
        services.verify_bank(bank.pk, person=NOTE, number="06 00 00 00 00", by=team.head)


def test_without_a_number_known_before_there_is_no_verification(team: Team) -> None:
    Organisation.objects.filter(pk=team.organisation.pk).update(phone="")
    OrganisationEvent = apps.get_model("accounts", "OrganisationEvent")
    assert OrganisationEvent.objects.filter(pgh_obj=team.organisation).exclude(phone="").exists()
    bank = declare(team)
    assert known_number(bank) == team.organisation.phone, "the one of before is still known"
    other = team.beside()
    silent = a_commune(phone="")
    other.organisation = silent
    bank = declare(other, by=a_drafter(silent))
    scan_all(bank)
    with pytest.raises(DomainError, match="Aucun numéro"):
        services.verify_bank(bank.pk, person=NOTE, by=team.head)


def test_a_call_before_the_declaration_proves_nothing(team: Team) -> None:
    bank = declare(team)
    scan_all(bank)
    for day in (bank.declared_at.date() - timedelta(days=2), bank.declared_at.date() + timedelta(days=2)):
        with pytest.raises(DomainError, match="L’appel a lieu"):
            services.verify_bank(bank.pk, person=NOTE, called_on=day, by=team.head)


def test_somebody_of_the_commune_at_the_time_does_not_verify(team: Team) -> None:
    """Who wrote for the commune and joined the staff since."""
    moved = a_drafter(team.organisation)
    bank = declare(team)
    scan_all(bank)
    moved.memberships.update(ended_at=Now(), ended_by=team.manager)
    a_membership(moved, "head_of_service")
    with pytest.raises(DomainError, match="de cette commune"):
        services.verify_bank(bank.pk, person=NOTE, by=User.objects.get(pk=moved.pk))


def test_warnings_shown_are_kept(team: Team) -> None:
    bank = verify(declare(team, holder="Association X"), team.head)
    assert [one["title"] for one in bank.warnings] == ["Titulaire différent de la commune"]


# --- The rules ---------------------------------------------------------------------------------------------------


def test_who_sets_the_rules(team: Team) -> None:
    with pytest.raises(NotAllowed):
        services.set_rules(cooling_hours=96, visa_from_cents=None, by=team.head)
    services.set_rules(cooling_hours=96, visa_from_cents=0, by=team.manager)
    assert in_force() == Rules(96, 0)
    assert services.set_rules(cooling_hours=96, visa_from_cents=0, by=team.manager) is None


@pytest.mark.parametrize(("hours", "visa"), [(24, 0), (96, None), (96, 100)])
def test_looser_rules_wait(team: Team, hours: int, visa: int | None) -> None:
    """A shorter wait, no visa or a higher threshold: in force after the wait they loosen; a stolen session gains nothing."""
    services.set_rules(cooling_hours=96, visa_from_cents=0, by=team.manager)
    made = services.set_rules(cooling_hours=hours, visa_from_cents=visa, by=team.manager)
    assert in_force() == Rules(96, 0)
    assert made and (made.effective_from - made.made_at).total_seconds() == 96 * 3600
    a_bank(team)
    new = verify(declare(team), team.head)
    assert (new.usable_from - new.verified_at).total_seconds() == 96 * 3600
