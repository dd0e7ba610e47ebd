"""Answering the points of admissibility one by one, then finding the file complete and admissible."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from applications import services as applications
from applications.models import Application
from applications.services.instruction import check_in_instruction, check_instructs, locked_for_desk, same_version
from common.errors import DomainError, Stale
from journal.services import record
from reviews.checklist import Line, checklist
from reviews.models import CheckAnswer
from reviews.states import Verdict

# By key of the line: what is answered, and the words that go with it.
Answers = Mapping[str, tuple[str, str]]
ON_POINTS = (Verdict.YES, Verdict.NO, Verdict.NOT_APPLICABLE)
ON_RULES = (Verdict.OVERRULED, Verdict.UPHELD)
WHY_NO = "Dites en quoi le point n’est pas rempli."
WHY_OVERRULE = "Dites pourquoi le dossier est admis malgré ce contrôle."


def lines_of(pk: int, *, by: Any) -> list[Line]:
    found = applications.for_reading(Application.objects.filter(pk=pk)).prefetch_related("call__points")
    return checklist(found.get(), by, today=timezone.localdate())


@transaction.atomic
def answer_checks(pk: int, *, answers: Answers, by: Any, seen: int | None = None) -> int:
    """Keep the answers that say something new; how many there were. `seen` is the last answer the person was reading."""
    application = _to_check(pk, by=by)
    last = CheckAnswer.objects.filter(application=application).order_by("-pk").select_related("answered_by").first()
    if seen is not None and last is not None and last.pk != seen and last.answered_by_id != by.pk:
        raise Stale(f"{last.answered_by.get_full_name()} a répondu entre-temps. Relisez, puis recommencez si besoin.")
    by_key = {line.key: line for line in lines_of(pk, by=by)}
    made = []
    for key, (verdict, remark) in answers.items():
        line = by_key.get(key)
        if line is None:
            raise DomainError("Ce point n’est pas dans la liste de l’appel. Rechargez la page.")
        answer = _answer(line, verdict, " ".join(remark.split("\r")).strip())
        if answer is not None:
            answer.application, answer.answered_by = application, by
            answer.save(force_insert=True)
            made.append((line, answer))
    if made:
        items = [f"{line.label} : {Verdict(answer.verdict).label.lower()}" for line, answer in made]
        record(application, by=by, verb="answer_checks", data={"items": items})
    return len(made)


def _to_check(pk: int, *, by: Any) -> Application:
    application = locked_for_desk(pk, by=by)
    check_instructs(application, by=by)
    check_in_instruction(application)
    if application.complete_checked_at:
        raise DomainError("Ce dossier est déjà déclaré complet et recevable : ses contrôles ne changent plus.")
    return application


def _answer(line: Line, verdict: str, remark: str) -> CheckAnswer | None:
    """What is new in this answer; None when it was said already."""
    if verdict not in (ON_POINTS if line.point else ON_RULES):
        raise DomainError(f"« {line.label} » : cette réponse n’existe pas.")
    before = line.answer
    if line.point is None and not line.fails:
        return None  # mended meanwhile: nothing is left to overrule
    if verdict == Verdict.UPHELD and (before is None or before.verdict == Verdict.UPHELD):
        return None
    if verdict == Verdict.NO and not remark:
        raise DomainError(f"« {line.label} » : {WHY_NO}")
    if verdict == Verdict.OVERRULED and not remark:
        raise DomainError(f"« {line.label} » : {WHY_OVERRULE}")
    same = before is not None and (before.verdict, before.remark) == (verdict, remark)
    if same and (line.point is not None or line.settled):
        return None
    if line.point is not None:
        return CheckAnswer(point=line.point, verdict=verdict, remark=remark)
    fact = "" if verdict == Verdict.UPHELD else _fact(line)
    return CheckAnswer(rule=line.key.removeprefix("rule-"), verdict=verdict, remark=remark, fact=fact)


def _fact(line: Line) -> str:
    """What the rule says now: an overruled line also carries who admitted it."""
    if line.settled and line.answer is not None:
        return line.answer.fact
    return line.reason


@transaction.atomic
def find_complete(pk: int, *, by: Any, version: int | None = None) -> Application:
    """Find the file complete and admissible: every point answered, every failing rule overruled in writing."""
    application = _to_check(pk, by=by)
    same_version(application, version)
    left = [line for line in lines_of(pk, by=by) if not line.settled]
    if left:
        names = ", ".join(f"« {line.label} »" for line in left)
        raise DomainError(
            f"Il reste à régler : {names}. Répondez à chaque point, demandez une correction, ou déclarez le dossier irrecevable."
        )
    return applications.check_complete(pk, by=by, version=version)
