"""The list of reasons, kept by the manager; and the reasons of a decision, made of some of them and of free words."""

import re
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.states import Role
from applications.models import Ground
from applications.states import GroundUse
from common.errors import DomainError, NotAllowed, Stale
from fund.models import Fund
from journal.services import record

MOST_WORDS = 1000


@transaction.atomic
def add_ground(*, code: str, use: str, label: str, words: str, rule: str = "", by: Any) -> Ground:
    """A new reason of the list. Its code and what it serves for never change."""
    _must_manage(by)
    if use not in GroundUse.values:
        raise DomainError("Dites à quoi sert ce motif.")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,12}", code):
        raise DomainError("Le code a 12 caractères au plus : des lettres sans accent, des chiffres ou des tirets.")
    if Ground.objects.filter(code__iexact=code).exists():
        raise DomainError(f"Le code « {code} » est déjà celui d’un autre motif.")
    fund = Fund.objects.select_for_update(no_key=True).order_by("pk").first()
    if fund is None:
        raise DomainError("Enregistrez d’abord les réglages du fonds.")
    ground = Ground(fund=fund, code=code, use=use, **_said(label, words, rule))
    ground.save(force_insert=True)
    record(ground, by=by, verb="add_ground", data={"code": code, "label": ground.label})
    return ground


@transaction.atomic
def mend_ground(pk: int, *, label: str, words: str, rule: str = "", version: int, by: Any) -> Ground:
    """Other words for the decisions to come; those already recorded keep theirs."""
    ground = _locked(pk, by=by, version=version)
    before = {"label": ground.label, "words": ground.words, "rule": ground.rule}
    said = _said(label, words, rule)
    if said != before:
        for name, value in said.items():
            setattr(ground, name, value)
        ground.version += 1
        ground.save()
        record(ground, by=by, verb="mend_ground", data={"before": before, "after": said})
    return ground


@transaction.atomic
def list_ground(pk: int, *, listed: bool, by: Any) -> Ground:
    """Take a reason off the list (`listed` False), or put it back."""
    ground = _locked(pk, by=by)
    if listed == (ground.retired_at is None):
        return ground
    ground.retired_at = None if listed else timezone.now()
    ground.version += 1
    ground.save()
    record(ground, by=by, verb="list_ground" if listed else "retire_ground", data={"code": ground.code})
    return ground


def offered(*uses: str) -> list[Ground]:
    """The reasons that may be chosen today for these uses."""
    return list(Ground.objects.filter(retired_at=None, use__in=uses).order_by("use", "code"))


def chosen(pks: Collection[int], use: str) -> list[Ground]:
    """The reasons of these ids; DomainError when one is no longer listed or serves for something else."""
    found = {one.pk: one for one in offered(use) if one.pk in set(pks)}
    if len(found) != len(set(pks)):
        raise DomainError(
            "Un des motifs choisis n’est plus dans la liste, ou sert à autre chose. Choisissez de nouveau."
        )
    return list(found.values())


def composed(grounds: Collection[Ground], free: str) -> str:
    """The reasons as the commune reads them: those of the list, then the free words, a paragraph each."""
    free = free.strip()
    listed = [one.sentence for one in grounds if one.sentence not in free]
    return "\n\n".join(filter(None, [*listed, free]))


def _said(label: str, words: str, rule: str) -> dict[str, str]:
    said = {"label": " ".join(label.split()), "words": words.strip(), "rule": " ".join(rule.split())}
    if not said["label"] or not said["words"]:
        raise DomainError("Un motif a un nom pour la liste et une phrase pour la lettre.")
    if len(said["label"]) > 80 or len(said["rule"]) > 200 or len(said["words"]) > MOST_WORDS:
        raise DomainError(f"Le nom a 80 caractères au plus, la règle 200, la phrase {MOST_WORDS}.")
    return said


def _must_manage(by: Any) -> None:
    if not by.has_role(Role.FUND_MANAGER):
        raise NotAllowed("Le gestionnaire du fonds tient la liste des motifs.")


def _locked(pk: int, *, by: Any, version: int | None = None) -> Ground:
    _must_manage(by)
    ground = Ground.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if ground is None:
        raise DomainError("Ce motif n’existe pas.")
    if version is not None and ground.version != version:
        raise Stale("Ce motif a été changé entre-temps. Relisez-le avant de l’enregistrer.")
    return ground
