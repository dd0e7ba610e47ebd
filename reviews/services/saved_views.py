"""Views of the queue: kept, shared, opened first, renamed by keeping them again under another name, removed."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from accounts.states import DESK_ROLES, Role
from common.errors import DomainError, NotAllowed
from reviews.models import SavedView

MOST = 30
NAMES = (
    "vue", "etat", "q", "theme", "plan", "par", "commune", "appel", "delai", "pieces", "etiquette", "min", "max", "tri",
)  # fmt: skip


def kept(query: str) -> str:
    """Of an address, what a view keeps: the filters and the order that the queue knows, never the place in the list."""
    found = [(name, value[:100]) for name, value in parse_qsl(query[:2000]) if name in NAMES and value]
    return urlencode(found)[:600]


@transaction.atomic
def save_view(name: str, query: str, *, shared: bool, by: Any) -> SavedView:
    """Keep these filters under a name; the same name again takes the new ones."""
    _must_read_the_queue(by)
    name, query = " ".join(name.split()), kept(query)
    if not name or len(name) > 60:
        raise DomainError("Donnez un nom à cette vue, de 60 caractères au plus.")
    if not query:
        raise DomainError("Choisissez d’abord des filtres : cette adresse n’en porte aucun.")
    view = _own(by).filter(name__iexact=name).select_for_update().first()
    if view is None:
        if _own(by).count() >= MOST:
            raise DomainError(f"Vous avez déjà {MOST} vues : retirez-en une.")
        view = SavedView(owner=by)
    view.name, view.query, view.shared = name, query, shared
    view.save()
    return view


@transaction.atomic
def change_view(pk: int, *, act: str, by: Any) -> SavedView:
    """One's own view: `partager`, `reprendre` (no longer shared), `ouvrir` (shown first), `oublier` (no longer first), `retirer`."""
    _must_read_the_queue(by)
    view = _own(by).select_for_update().filter(pk=pk).first()
    if view is None:
        raise NotAllowed("Cette vue n’est pas la vôtre : enregistrez-la sous votre nom pour la changer.")
    if act == "retirer":
        view.delete()
    elif act in ("partager", "reprendre"):
        view.shared = act == "partager"
        view.save(update_fields=["shared"])
    elif act in ("ouvrir", "oublier"):
        _own(by).filter(is_default=True).update(is_default=False)
        view.is_default = act == "ouvrir"
        view.save(update_fields=["is_default"])
    else:
        raise DomainError("Ce geste n’existe pas.")
    return view


def default_query(user: Any) -> str:
    """What this person's queue opens on; empty when they chose nothing."""
    return _own(user).filter(is_default=True).values_list("query", flat=True).first() or ""


def _own(user: Any) -> Any:
    return SavedView.objects.filter(owner=user)


def _must_read_the_queue(by: Any) -> None:
    if not by.has_role(*DESK_ROLES, Role.AUDITOR):
        raise NotAllowed("Votre rôle ne permet pas cette action.")
