"""The life of a call, by the database's clock."""

import pytest

from fund.states import CallState
from tests.factories.fund import LIFE, a_call

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [CallState.DRAFT, *LIFE])
def test_a_call_walks_its_whole_life(state: str) -> None:
    assert a_call(state).state == state
