"""Staff who belong to a commune (elected or agent) follow its files as its member: the desk's pages do not open for them."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.states import Role
from tests.factories.accounts import a_membership, an_instructor
from tests.factories.desk import Desk

pytestmark = pytest.mark.django_db


def test_not_on_the_desk_still_in_the_commune(client: Client) -> None:
    desk, person = Desk(), an_instructor()
    file, other = desk.application(), desk.application()
    client.force_login(person)
    page = reverse("desk_file", args=[file.public_id])
    assert client.get(page).status_code == 200
    a_membership(person, Role.DRAFTER, file.organisation)
    client.force_login(User.objects.get(pk=person.pk))
    assert client.get(page).status_code == 404
    queue = client.get(f"{reverse('desk_queue')}?etat=tous")
    assert [row["number"] for row in queue.context["page"].rows] == [other.number]
    export = client.get(f"{reverse('desk_queue_export')}?etat=tous")
    text = b"".join(export.streaming_content).decode()
    assert str(other.number) in text and str(file.number) not in text
    assert client.get(reverse("desk_file", args=[other.public_id])).status_code == 200
    assert client.get(reverse("application_home", args=[file.public_id])).status_code == 200
