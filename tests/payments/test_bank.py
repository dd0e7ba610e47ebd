"""Bank details: a new version each time, verified by somebody else, known to everybody, young ones wait."""

from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow

from common.errors import DomainError, NotAllowed, Stale
from documents.services import scan
from journal.models import Entry
from notifications.models import Message
from payments import services
from payments.bank_checks import warnings
from payments.models import BankVersion
from tests.factories.accounts import a_drafter, a_reader, an_auditor, an_instructor
from tests.factories.payments import Team, a_bank, a_batch, a_rib, an_iban, an_instalment

NOTE = "Appel au standard, numéro de l’annuaire"


@pytest.fixture
def team(db: None) -> Team:
    return Team()


def declare(team: Team, **fields: Any) -> BankVersion:
    values = {"iban": an_iban(), "holder": f"Commune de {team.organisation.name}", "rib": a_rib(), "by": team.drafter}
    return services.declare_bank(team.organisation.pk, **{**values, **fields})


def verify(bank: BankVersion, by: Any) -> BankVersion:
    scan(bank.document_id)
    return services.verify_bank(bank.pk, note=NOTE, by=by)


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


def test_a_change_waits_and_the_old_account_is_superseded(team: Team, settings: Any) -> None:
    old = a_bank(team)
    new = verify(declare(team), team.head)
    assert BankVersion.objects.get(pk=old.pk).state == "superseded"
    waits = new.usable_from - new.verified_at
    assert abs(waits.total_seconds() - settings.BANK_COOLING_HOURS * 3600) < 60


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


def test_a_change_that_cooled_asks_to_take_the_line_again(team: Team, settings: Any) -> None:
    batch = a_batch(team)
    settings.BANK_COOLING_HOURS = 0
    verify(declare(team), team.head)
    with pytest.raises(DomainError, match="a changé de compte"):
        services.seal_batch(batch.pk, by=team.preparer)
    services.remove_line(batch.lines.get().pk, by=team.preparer)
    instalment = team.organisation.instalments.get(state="approved")
    services.add_lines(batch.pk, [instalment.pk], by=team.preparer)
    assert services.seal_batch(batch.pk, by=team.preparer).state == "sealed"


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
    from tests.factories.accounts import a_membership

    a_membership(both, "head_of_service")
    bank = declare(team, by=both)
    scan(bank.document_id)
    with pytest.raises(DomainError):
        services.verify_bank(bank.pk, note=NOTE, by=both)
    assert BankVersion.objects.get(pk=bank.pk).state == "declared"


def test_roles_that_do_not_verify(team: Team) -> None:
    bank = declare(team)
    scan(bank.document_id)
    for person in (team.signatory, team.manager, team.approver, team.preparer, an_auditor()):
        with pytest.raises(NotAllowed):
            services.verify_bank(bank.pk, note=NOTE, by=person)


def test_who_certified_does_not_verify(team: Team) -> None:
    an_instalment(team, "certified")
    bank = declare(team)
    scan(bank.document_id)
    with pytest.raises(DomainError, match="certifié le service fait"):
        services.verify_bank(bank.pk, note=NOTE, by=team.instructor)
    assert services.verify_bank(bank.pk, note=NOTE, by=an_instructor()).state == "verified"


def test_a_verification_says_who_was_called(team: Team) -> None:
    bank = declare(team)
    scan(bank.document_id)
    with pytest.raises(DomainError, match="rappelé"):
        services.verify_bank(bank.pk, note="  ", by=team.head)


def test_a_rib_that_is_not_scanned_is_not_trusted(team: Team) -> None:
    with pytest.raises(DomainError, match="RIB"):
        services.verify_bank(declare(team).pk, note=NOTE, by=team.head)


def test_a_stale_verification_is_refused(team: Team) -> None:
    bank = declare(team)
    scan(bank.document_id)
    with pytest.raises(Stale):
        services.verify_bank(bank.pk, note=NOTE, by=team.head, version=bank.version + 1)


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
