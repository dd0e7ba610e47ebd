"""Views of the queue: what they keep, whose they are, and what each person reads in them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed
from reviews.models import Conflict, SavedView
from reviews.services.saved_views import MOST, change_view, kept, save_view
from tests.factories.accounts import a_drafter
from tests.factories.desk import Desk

S = ApplicationState
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("etat=tous&apres=1_2&csrf=x", "etat=tous"),
        ("q=%3Cb%3E&tri=-depot&q=", "q=%3Cb%3E&tri=-depot"),
        ("inconnu=1", ""),
        ("q=" + "a" * 500, "q=" + "a" * 100),
    ],
)
def test_filters_and_order_alone_are_kept(query: str, left: str) -> None:
    assert kept(query) == left


def test_the_same_name_takes_the_new_filters(desk: Desk) -> None:
    save_view("Urgences", "etat=tous", shared=False, by=desk.manager)
    save_view(" urgences ", "vue=retard", shared=True, by=desk.manager)
    assert [(one.query, one.shared) for one in SavedView.objects.all()] == [("vue=retard", True)]


@pytest.mark.parametrize(("name", "query"), [("", "etat=tous"), ("x" * 61, "etat=tous"), ("A", "apres=1_2")])
def test_refused(desk: Desk, name: str, query: str) -> None:
    with pytest.raises(DomainError):
        save_view(name, query, shared=False, by=desk.manager)


def test_not_more_than_one_can_find_again_and_only_the_desk(desk: Desk) -> None:
    for number in range(MOST):
        save_view(f"Vue {number}", "etat=tous", shared=False, by=desk.manager)
    with pytest.raises(DomainError, match=str(MOST)):
        save_view("Une de plus", "etat=tous", shared=False, by=desk.manager)
    with pytest.raises(NotAllowed):
        save_view("A", "etat=tous", shared=False, by=a_drafter())


def test_only_its_owner_changes_it_and_one_is_opened_first(desk: Desk, client: Client) -> None:
    one, two = (save_view(name, "etat=tous", shared=True, by=desk.manager) for name in "AB")
    with pytest.raises(NotAllowed, match="pas la vôtre"):
        change_view(one.pk, act="retirer", by=desk.instructor)
    for view in (one, two):
        change_view(view.pk, act="ouvrir", by=desk.manager)
    assert list(SavedView.objects.filter(is_default=True)) == [two]
    client.force_login(desk.manager)
    assert client.get(reverse("desk_queue")).url == f"{reverse('desk_queue')}?etat=tous"
    change_view(two.pk, act="oublier", by=desk.manager)
    assert client.get(reverse("desk_queue")).status_code == 200


def test_each_reads_a_shared_view_with_their_own_rights(desk: Desk, client: Client) -> None:
    hidden = desk.application()
    Conflict.objects.create(user=desk.instructor, application=hidden, reason="Parenté.")
    save_view("Partagée", f"etat=tous&q={hidden.number}", shared=True, by=desk.manager)
    save_view("À moi", "etat=tous", shared=False, by=desk.manager)
    client.force_login(desk.instructor)
    page = client.get(reverse("view_list")).text
    assert "Partagée" in page and "À moi" not in page
    view = SavedView.objects.get(shared=True)
    assert client.get(f"{reverse('desk_queue')}?{view.query}").context["page"].rows == []


def test_on_its_page(desk: Desk, client: Client) -> None:
    client.force_login(desk.manager)
    page = reverse("view_list")
    assert "Enregistrer cette vue" in client.get(reverse("desk_queue"), {"etat": "tous"}).text
    assert "Aucune vue enregistrée" in client.get(page).text
    assert client.post(page, {"query": "etat=tous", "name": ""}).status_code == 422
    answer = client.post(page, {"query": "etat=tous&tri=-depot", "name": "Les derniers", "shared": "on"})
    assert answer.url.endswith("?etat=tous&tri=-depot")
    view = SavedView.objects.get()
    for act in ("reprendre", "ouvrir", "oublier", "partager", "retirer"):
        assert client.post(reverse("view_change", args=[view.pk]), {"geste": act}).status_code == 302
    assert not SavedView.objects.exists()


def test_as_many_queries_for_many(desk: Desk, client: Client) -> None:
    client.force_login(desk.manager)
    counts = []
    for number in (1, 12):
        for n in range(SavedView.objects.count(), number):
            save_view(f"Vue {n}", "etat=tous", shared=True, by=desk.manager)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("view_list"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
