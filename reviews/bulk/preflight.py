"""What a verb would do to each of these files, by its own rules, before anything is written."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from accounts.models import Membership
from accounts.states import WRITING_ROLES
from applications.models import Application
from applications.services.instruction import CONFLICT
from common.errors import DomainError
from common.money import euros
from reviews.bulk.base import Asked, Kind, Ready

RELATED = ("organisation", "call__envelope__balance", "call__fund", "instructor", "opinion")
PREFETCHED = ("assistances", "decisions__recorded_by", "decisions__signed_by", "call__letter_texts")


@dataclass
class Envelope:
    title: str
    before: int
    after: int


@dataclass
class Preflight:
    ready: list[tuple[Application, Ready]] = field(default_factory=list)
    refused: list[tuple[Application, str]] = field(default_factory=list)
    envelopes: dict[int, Envelope] = field(default_factory=dict)
    mails: int = 0

    @property
    def cents(self) -> int:
        return sum(one.cents for _, one in self.ready)


def look(kind: Kind, pks: Collection[int], *, by: Any, asked: Asked) -> Preflight:
    """In the order the rows will be done: what the envelope no longer holds is refused here as it will be then."""
    found = Application.objects.visible_to(by).sent().filter(pk__in=pks).select_related(*RELATED)
    own, seen = by.organisation_ids(), Preflight()
    for application in found.prefetch_related(*PREFETCHED).order_by("pk"):
        try:
            if application.organisation_id in own:
                raise DomainError(CONFLICT)
            ready = kind.preflight(application, by=by, asked=asked)
            _commit(seen, application, ready.cents)
        except DomainError as refusal:
            seen.refused.append((application, str(refusal)))
        else:
            seen.ready.append((application, ready))
    people = _people([one.organisation_id for one, ready in seen.ready if ready.to_commune])
    for application, ready in seen.ready:
        seen.mails += ready.to_others + (people.get(application.organisation_id, 0) if ready.to_commune else 0)
    return seen


def _commit(seen: Preflight, application: Application, cents: int) -> None:
    if not cents:
        return
    source = application.call.envelope
    left = source.balance.available
    envelope = seen.envelopes.setdefault(source.pk, Envelope(str(source), left, left))
    if cents > envelope.after:
        raise DomainError(
            f"Il ne resterait que {euros(envelope.after)} dans l’enveloppe : {euros(cents)} n’y tiennent pas."
        )
    envelope.after -= cents


def _people(organisations: list[int]) -> dict[int, int]:
    """How many write for each commune: those a mail goes to."""
    found = Membership.objects.filter(
        organisation__in=organisations, role__in=WRITING_ROLES, ended_at=None, user__is_active=True
    )
    return dict(found.values_list("organisation").annotate(Count("user", distinct=True)))
