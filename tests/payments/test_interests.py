"""Who has an interest in one line of a batch or of a return reads nothing of it, nor of what holds it; another person does the work."""

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import User
from common.errors import DomainError, NotAllowed
from common.hidden import hidden_from, subjects_of
from payments import services
from payments.models import Batch, ReturnDifference, ReturnImport
from reviews.models import Conflict
from tests.factories.accounts import a_commune, a_finance_approver, a_finance_preparer, an_auditor
from tests.factories.payments import Team, a_batch, an_instalment
from tests.payments.signing_in import signed_in
from tests.payments.test_returns import a_csv, rows_of

pytestmark = pytest.mark.django_db
CENTS = 391_743
WORDS = ("Zibelcanari", "3 917,43", "3917,43")


@pytest.fixture
def team() -> Team:
    return Team(a_commune(name="Zibelcanari"))


def sealed(team: Team) -> Batch:
    """The line to hide, and one of another commune."""
    beside = team.beside()
    due = [an_instalment(team, "approved", cents=2 * CENTS), an_instalment(beside, "approved", cents=200_000)]
    batch = a_batch(team, *due, state="sealed")
    connection.check_constraints()
    return batch


def stepped_aside(person: User, batch: Batch) -> User:
    file = batch.lines.get(amount_cents=CENTS).instalment.application
    Conflict.objects.create(user=person, application=file, reason="Ma sœur y travaille.")
    return person


def told(person: User, *paths: str) -> list[str]:
    """The pages where this person reads the commune, the amount or the number of the batch."""
    client, found = signed_in(person), []
    words = (*WORDS, *(one.number for one in Batch.objects.exclude(number=None) if one.number))
    for path in paths:
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = body.decode(errors="replace").replace("\u202f", " ").replace("\u00a0", " ").replace("&nbsp;", " ")
        if answer.status_code == 200 and any(word in text for word in words):
            found.append(path)
    return found


def pages(batch: Batch) -> list[str]:
    returns = ReturnImport.objects.values_list("pk", flat=True)
    differences = ReturnDifference.objects.values_list("pk", flat=True)
    lists = [reverse("finance_export", args=[name, "csv"]) for name in ("lots", "lignes", "ecarts", "anciennete")]
    return [
        *(reverse(name) for name in ("batch_list", "return_list", "reconciliation")),
        reverse("batch_detail", args=[batch.pk]),
        *(reverse("return_detail", args=[pk]) for pk in returns),
        *(reverse("difference_settle", args=[pk]) for pk in differences),
        *lists,
    ]


def differing(batch: Batch) -> bytes:
    """A return whose amounts are not ours: each row becomes a difference."""
    rows = rows_of(batch)
    for row in rows:
        row[3] = "1,00"
    return a_csv(rows)


@pytest.mark.parametrize("who", [a_finance_preparer, a_finance_approver, an_auditor])
def test_the_pages_of_finance_say_nothing_of_a_hidden_line(team: Team, who) -> None:  # type: ignore[no-untyped-def]
    batch, person = sealed(team), who()
    services.apply_return(services.read_return(differing(batch), "retour.csv", by=team.preparer).pk, by=team.preparer)
    seen = told(person, *pages(batch))
    assert reverse("batch_detail", args=[batch.pk]) in seen and reverse("reconciliation") in seen
    stepped_aside(person, batch)
    person = User.objects.get(pk=person.pk)
    assert told(person, *pages(batch)) == []
    assert not Batch.objects.visible_to(person) and not ReturnImport.objects.visible_to(person)
    assert Batch.objects.visible_to(who()).count() == 1, "another person sees it"


def test_an_open_batch_and_what_could_join_it(team: Team) -> None:
    waiting = an_instalment(team, "approved", cents=2 * CENTS)
    person = a_finance_preparer()
    batch = services.create_batch(by=person)
    path = reverse("batch_detail", args=[batch.pk])
    assert told(person, path)
    Conflict.objects.create(user=person, application=waiting.application, reason="Ma sœur y travaille.")
    assert told(person, path) == []
    with pytest.raises(DomainError, match="n’existe plus"):
        services.add_lines(batch.pk, [waiting.pk], by=person)


def test_no_verb_on_a_batch_that_holds_a_hidden_line(team: Team) -> None:
    due = an_instalment(team, "approved", cents=2 * CENTS)
    batch, person = a_batch(team, due, state="open"), a_finance_preparer()
    stepped_aside(person, batch)
    with pytest.raises(NotAllowed, match="une autre personne"):
        services.seal_batch(batch.pk, by=person)
    services.seal_batch(batch.pk, by=a_finance_preparer())
    with pytest.raises(NotAllowed, match="une autre personne"):
        services.mark_transmitted(batch.pk, by=person)
    with pytest.raises(NotAllowed, match="une autre personne"):
        services.export_batch(batch.pk, "csv", by=person)
    client = signed_in(person)
    assert client.post(reverse("batch_export", args=[batch.pk, "csv"])).status_code == 404
    assert client.get(reverse("batch_seal", args=[batch.pk])).status_code == 404


def test_a_return_that_was_not_applied(team: Team) -> None:
    batch = sealed(team)
    read = services.read_return(a_csv(rows_of(batch)), "retour.csv", by=team.preparer)
    person = stepped_aside(a_finance_preparer(), batch)
    answer = signed_in(person).get(reverse("return_detail", args=[read.pk]))
    assert answer.status_code == 403 and "Zibelcanari" not in answer.content.decode()
    with pytest.raises(NotAllowed, match="une autre personne"):
        services.apply_return(read.pk, by=person)
    services.apply_return(read.pk, by=team.preparer)
    assert signed_in(person).get(reverse("return_detail", args=[read.pk])).status_code == 404


def test_the_journal_of_the_batch_is_hidden_with_it(team: Team) -> None:
    batch = sealed(team)
    auditor = stepped_aside(an_auditor(), batch)
    assert subjects_of(hidden_from(auditor))["payments.batch"] == {batch.pk}
