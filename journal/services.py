"""The shared beats of a verb, and the pen of the journal."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django_fsm import TransitionNotAllowed

from common.actors import Actor
from common.errors import DomainError, Stale
from common.workflow import StatefulModel
from journal.models import Entry, IdempotencyKey, Kind, Seal

Row = TypeVar("Row", bound=models.Model)


def chain_of(subject: models.Model) -> str:
    return f"{subject._meta.label_lower}:{subject.pk}"


def history(subject: models.Model) -> models.QuerySet[Entry]:
    """The chain of a subject, oldest first."""
    return Entry.objects.filter(chain=chain_of(subject)).order_by("sequence")


def locked(queryset: models.QuerySet[Row], pk: int, *, version: int | None = None) -> Row:
    """Beats 1 and 2: the row, locked; Stale when the user saw another version. Never act on a row fetched before."""
    try:
        thing = queryset.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    except queryset.model.DoesNotExist as error:  # type: ignore[attr-defined]
        raise DomainError("Cet élément n’existe plus.") from error
    if version is not None and thing.version != version:  # type: ignore[attr-defined]
        raise Stale
    return thing


def begin(thing: StatefulModel, *, by: Actor, verb: str = "create", data: dict[str, Any] | None = None) -> None:
    """Save a new thing in its first state with its journal entry."""
    thing.save(force_insert=True)
    record(thing, by=by, verb=verb, kind=Kind.STATE, to_state=thing.state, data=data)  # type: ignore[attr-defined]


def advance(
    thing: StatefulModel,
    transition: Callable[..., Any],
    *args: Any,
    by: Actor,
    reason: str = "",
    data: dict[str, Any] | None = None,
    refusal: str = "",
    **kwargs: Any,
) -> None:
    """Beats 3, 4 and 6: call the transition of a locked thing, save it one version on, write its journal entry.

    Raises DomainError (with `refusal`, a sentence in French) when the thing is not in a state that allows it.
    """
    before = thing.state  # type: ignore[attr-defined]
    try:
        transition(*args, **kwargs)
    except TransitionNotAllowed as error:
        raise DomainError(refusal or _already(thing)) from error
    thing.version += 1
    thing.save()
    record(
        thing,
        by=by,
        verb=transition.__name__,
        kind=Kind.STATE,
        from_state=before,
        to_state=thing.state,  # type: ignore[attr-defined]
        reason=reason,
        data=data,
    )


def _already(thing: StatefulModel) -> str:
    label = thing.get_state_display()  # type: ignore[attr-defined]
    return f"Quelqu’un a été plus rapide : l’état est maintenant « {label} ». Rien n’a été changé."


def record(
    subject: models.Model,
    *,
    by: Actor,
    verb: str,
    kind: str = Kind.CONTENT,
    from_state: str = "",
    to_state: str = "",
    reason: str = "",
    data: dict[str, Any] | None = None,
    chain: str = "",
) -> Entry:
    """Write one line in the journal, in the caller's transaction (beat 6)."""
    return Entry.objects.create(
        chain=chain or chain_of(subject),
        kind=kind,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        subject_version=getattr(subject, "version", None) if kind == Kind.STATE else None,
        from_state=from_state,
        to_state=to_state,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
        reason=reason,
        data=json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder)),
        request_id=_request_id(),
    )


def record_read(subject: models.Model, *, by: Actor, what: str) -> None:
    """A sensitive read (bank details in full, an export) on the reader's own chain of the day."""
    record(subject, by=by, verb=what, kind=Kind.READ, chain=access_chain(by.actor_id))


def record_access(
    verb: str, *, by: Actor, kind: str, about: int | None = None, data: dict[str, Any] | None = None
) -> Entry:
    """Something about an account (sign-in, password, second factor) on that person's own chain of the day.

    `about` is the id of the account when the actor is not its holder; 0 for an address that nobody has.
    """
    account = by.actor_id if about is None else about
    return Entry.objects.create(
        chain=access_chain(account),
        kind=kind,
        verb=verb,
        subject_type="accounts.user",
        subject_id=account or 0,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
        data=data or {},
        request_id=_request_id(),
    )


def access_chain(account: int | None) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_char(now() AT TIME ZONE 'Europe/Paris', 'YYYY-MM-DD')")
        return f"access:{account}:{cursor.fetchone()[0]}"


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


@transaction.atomic
def once(*, by: Actor, operation: str, key: UUID, request: Any, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do `act` once for this actor, operation and key; a replay gets the first answer (JSON) and does nothing.

    Raises DomainError when the same key comes with another request.
    """
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()
    with connection.cursor() as cursor:  # two identical posts at once: the second waits here, then finds the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{by.actor_id}:{operation}:{key}"])
    known = IdempotencyKey.objects.filter(actor_id=by.actor_id or 0, operation=operation, key=key).first()
    if known is not None:
        if known.request_hash != digest:
            raise DomainError(
                "Ce formulaire a déjà été envoyé avec un autre contenu. Rechargez la page et recommencez."
            )
        return dict(known.response)
    response = act()
    IdempotencyKey.objects.create(
        actor_id=by.actor_id or 0, operation=operation, key=key, request_hash=digest, response=response
    )
    return response


def done_before(*, by: Actor, operation: str, key: UUID | None) -> bool:
    """Was this very form already acted upon? Then its page asks nothing again: `once` gives the first answer."""
    known = IdempotencyKey.objects.filter(actor_id=by.actor_id or 0, operation=operation)
    return key is not None and known.filter(key=key).exists()


def seal() -> Seal:
    """Seal the heads that changed since the last seal; the database fills every column."""
    made = Seal.objects.create()
    made.refresh_from_db()
    return made
