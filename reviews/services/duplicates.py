"""Saying of two near files whether they are one project asked twice. Remembered with who and why."""

from typing import Any

from django.db import transaction

from applications.models import Application
from applications.services.instruction import CONFLICT, check_instructs, locked_for_desk
from common.errors import DomainError, NotAllowed
from journal.services import record
from reviews.models import DuplicateVerdict


@transaction.atomic
def judge_pair(pk: int, other_pk: int, *, distinct: bool, reason: str, by: Any) -> DuplicateVerdict:
    """The last word on a pair of files of one commune (or of it and its CCAS). Whoever has an interest in either says nothing."""
    if pk == other_pk:
        raise DomainError("Un dossier ne se compare pas à lui-même.")
    first, second = (locked_for_desk(one, by=by) for one in sorted((pk, other_pk)))
    for one in (first, second):
        check_instructs(one, by=by)
    if not same_family(first, second):
        raise NotAllowed(CONFLICT)
    if not reason.strip():
        raise DomainError("Dites ce qui distingue les deux projets, ou ce qui les confond.")
    last = DuplicateVerdict.objects.filter(first=first, second=second).order_by("-pk").first()
    if last is not None and (last.distinct, last.reason) == (distinct, reason.strip()):
        return last
    made = DuplicateVerdict.objects.create(first=first, second=second, distinct=distinct, reason=reason.strip(), by=by)
    verb = "not_duplicate" if distinct else "duplicate"
    for one, other in ((first, second), (second, first)):
        record(one, by=by, verb=verb, reason=reason.strip(), data={"with": other.number})
    return made


def same_family(one: Application, other: Application) -> bool:
    codes = {one.organisation.insee_code, other.organisation.insee_code}
    return one.organisation_id == other.organisation_id or (len(codes) == 1 and "" not in codes)


def verdicts_of_pair(one: Application, other: Application) -> list[DuplicateVerdict]:
    """All that was said of the pair, newest first."""
    first, second = sorted((one.pk, other.pk))
    return list(DuplicateVerdict.objects.filter(first=first, second=second).select_related("by").order_by("-pk"))
