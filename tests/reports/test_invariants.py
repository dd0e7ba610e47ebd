import pytest
from django.core.management import call_command

from reports import invariants

pytestmark = pytest.mark.django_db(transaction=True)


def test_they_hold_on_an_empty_base(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_invariants")
    assert "Every invariant holds." in capsys.readouterr().out


def test_every_table_is_declared_and_the_grants_are_the_declared_ones() -> None:
    assert invariants.excess_grants() == []
