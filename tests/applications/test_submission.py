"""Sending: complete, in time, once, for ever."""

import pytest

from applications import services, snapshot
from applications.models import Application
from tests.factories.applications import a_sent_application

pytestmark = pytest.mark.django_db


def test_a_complete_file_is_sent_with_its_number_and_its_seal() -> None:
    sent = a_sent_application()
    sent = Application.objects.get(pk=sent.pk)
    assert (sent.state, sent.number) == ("submitted", f"FI-{sent.call.year}-0001")
    assert snapshot.is_intact(sent)
