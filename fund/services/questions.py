"""The questions of a call: prepared by staff, in service when the call opens, replaced by a new version afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from accounts.states import Role
from common.actors import MACHINE, Actor
from common.errors import DomainError, Stale
from fund.models import Call, Question, QuestionSet
from fund.policies import require
from fund.questions import values
from fund.questions.form import in_words
from fund.questions.states import APART, MOST_QUESTIONS, QuestionKind, QuestionSection, QuestionSetState
from fund.services.rules import _free_code
from fund.states import CallState
from journal.services import advance, begin, locked, record

K = QuestionKind
WRITTEN = (CallState.DRAFT, CallState.PUBLISHED, CallState.OPEN)
# What is copied from one version, or from one call, to another; the links are made again.
COPIED = (
    "code", "kind", "label", "help", "required", "section", "position", "limit_words", "minimum", "maximum", "earliest",
    "latest", "choices", "rows_min", "rows_max", "operator", "value",
)  # fmt: skip
_ORDER = {section: index for index, section in enumerate(QuestionSection.values)}


# --- Versions --------------------------------------------------------------------------------------------------


def in_service(call: Call) -> QuestionSet | None:
    """The version that a new draft gets: the latest in service."""
    return call.question_sets.filter(state=QuestionSetState.FROZEN).order_by("-number").first()


def prepared(call: Call) -> QuestionSet | None:
    return call.question_sets.filter(state=QuestionSetState.DRAFT).first()


@transaction.atomic
def prepare_questions(call_id: int, *, by: Actor) -> QuestionSet:
    """The version being prepared; made when there is none, as a copy of the one in service."""
    require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.all(), call_id)
    _refuse_when_over(call)
    found = prepared(call)
    if found is not None:
        return found
    before = in_service(call)
    made = QuestionSet(call=call, number=before.number + 1 if before else 1)
    begin(made, by=by, data={"copy_of": before.pk if before else None})
    if before is not None:
        _copy(before, made)
    return made


@transaction.atomic
def put_in_service(set_id: int, *, by: Actor, version: int, reason: str) -> QuestionSet:
    """A version prepared while the call is open: new drafts get it, those begun and those sent keep theirs."""
    require(by, Role.FUND_MANAGER)
    one = _locked_set(set_id, by=by, version=version)
    if one.call.state != CallState.OPEN:
        raise DomainError("Ces questions entrent en service d’elles-mêmes à l’ouverture de l’appel.")
    if not reason.strip():
        raise DomainError("Dites en une phrase pourquoi les questions changent : le motif est gardé.")
    advance(one, one.freeze, why=reason.strip(), by=by, reason=reason.strip())
    return one


@transaction.atomic
def freeze_at_opening(call: Call, *, by: Any = MACHINE) -> QuestionSet | None:
    """When the call opens, what is prepared is in service; the version in service, if any. Asked again, it does nothing."""
    found = prepared(call)
    if found is not None and not call.question_sets.filter(state=QuestionSetState.FROZEN).exists():
        one = locked(QuestionSet.objects.all(), found.pk)
        if one.state == QuestionSetState.DRAFT:
            advance(one, one.freeze, by=by)
    return in_service(call)


def questions_of_new_file(call: Call) -> QuestionSet | None:
    """The version a file gets when it is begun; the hour of the opening may have come before the task that opens."""
    return freeze_at_opening(call) if call.state == CallState.PUBLISHED else in_service(call)


@transaction.atomic
def copy_questions(set_id: int, from_id: int, *, by: Actor, version: int) -> int:
    """Add the questions of another call's version at the end of this one; how many were added."""
    one = _locked_set(set_id, by=by, version=version)
    source = QuestionSet.objects.filter(pk=from_id).exclude(call=one.call_id).first()
    if source is None:
        raise DomainError("Choisissez l’appel dont vous voulez reprendre les questions.")
    _refuse_when_full(one, source.questions.count())
    added = _copy(source, one)
    _renumber(one)
    _touch(one, by=by, verb="copy_questions", data={"from": source.pk, "questions": added})
    return added


def _copy(source: QuestionSet, target: QuestionSet) -> int:
    """Block by block, condition by condition: each link goes to the copy of what it went to."""
    taken = set(target.questions.values_list("code", flat=True))
    base = max(target.questions.values_list("position", flat=True), default=0)
    copies: dict[int, Question] = {}
    for question in source.questions.all():
        fields = {name: getattr(question, name) for name in COPIED}
        fields["position"] += base + 1
        if fields["code"] in taken:
            fields["code"] = _free_code(fields["label"], taken)
        copies[question.pk] = Question.objects.create(
            set=target,
            parent=copies.get(question.parent_id) if question.parent_id else None,
            asked_if=copies.get(question.asked_if_id) if question.asked_if_id else None,
            **fields,
        )
    return len(copies)


# --- One question ----------------------------------------------------------------------------------------------


@transaction.atomic
def add_question(
    set_id: int, *, by: Actor, version: int, kind: str, block: int | None = None, **fields: Any
) -> Question:
    """Add a question at the end of its section, or of its block."""
    one = _locked_set(set_id, by=by, version=version)
    _refuse_when_full(one, 1)
    parent = one.questions.filter(pk=block, kind=K.BLOCK).first() if block else None
    if block and parent is None:
        raise DomainError("Ce bloc n’existe plus.")
    if parent is not None:
        fields["section"] = parent.section
    taken = set(one.questions.values_list("code", flat=True))
    question = Question(
        set=one, kind=kind, parent=parent, code=_free_code(fields["label"], taken), position=9999, **fields
    )
    _hold(one, [*one.questions.all(), question])
    question.save()
    _renumber(one)
    _touch(one, by=by, verb="add_question", data={"code": question.code, "label": question.label})
    return question


@transaction.atomic
def edit_question(pk: int, *, by: Actor, version: int, **fields: Any) -> Question:
    """Change what a question says. Its kind and its code stay. Raises DomainError when a condition would not hold."""
    question = _found(pk)
    one = _locked_set(question.set_id, by=by, version=version)
    moved = "section" in fields and fields["section"] != question.section
    if question.parent_id:
        fields.pop("section", None)
    changed = sorted(name for name, value in fields.items() if getattr(question, name) != value)
    if not changed:
        return question
    for name in changed:
        setattr(question, name, fields[name])
    if moved:
        question.position = 9999
    rows = [question if row.pk == question.pk else row for row in one.questions.all()]
    for row in rows:
        if row.parent_id == question.pk:
            row.section = question.section
    _hold(one, rows)
    question.save()
    one.questions.filter(parent=question).update(section=question.section)
    _renumber(one)
    _touch(one, by=by, verb="edit_question", data={"code": question.code, "fields": changed})
    return question


@transaction.atomic
def remove_question(pk: int, *, by: Actor, version: int) -> None:
    """Take a question out, a block with its questions. Raises DomainError when another one waits for its answer."""
    question = _found(pk)
    one = _locked_set(question.set_id, by=by, version=version)
    children = list(one.questions.filter(parent=question))
    gone = {question.pk, *(child.pk for child in children)}
    waiting = one.questions.filter(asked_if__in=gone).exclude(pk__in=gone).first()
    if waiting is not None:
        raise DomainError(
            f"« {waiting.label} » est posée selon la réponse à cette question : changez d’abord cette condition."
        )
    one.questions.filter(pk__in=[child.pk for child in children]).update(asked_if=None, operator="", value="")
    for child in children:
        child.delete()
    question.delete()
    _renumber(one)
    _touch(one, by=by, verb="remove_question", data={"code": question.code, "label": question.label})


@transaction.atomic
def move_question(pk: int, *, by: Actor, version: int, up: bool) -> None:
    """One place up or down among its neighbours (same section, same block). At the end of the line nothing happens."""
    question = _found(pk)
    one = _locked_set(question.set_id, by=by, version=version)
    rows = _ordered(one.questions.all())
    line = [row for row in rows if (row.parent_id, row.section) == (question.parent_id, question.section)]
    at = next(index for index, row in enumerate(line) if row.pk == question.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(line):
        return
    line[at].position, line[other].position = line[other].position, line[at].position
    _hold(one, rows)
    _renumber(one, rows)
    _touch(one, by=by, verb="move_question", data={"code": question.code, "up": up})


# --- What holds ------------------------------------------------------------------------------------------------


def _hold(one: QuestionSet, rows: Sequence[Question]) -> None:
    """Every condition looks at an earlier question, for an answer it may have; else a sentence says which one does not."""
    place = {id(row): index for index, row in enumerate(_ordered(rows))}
    by_id = {row.pk: row for row in rows if row.pk}
    for row in rows:
        target = by_id.get(row.asked_if_id) if row.asked_if_id else None
        if target is None:
            continue
        words = in_words(row, target)
        if target.kind in APART or (target.parent_id and target.parent_id != row.parent_id):
            raise DomainError(f"« {row.label} » ne peut pas attendre la réponse à « {target.label} ».")
        if place[id(target)] >= place[id(row)]:
            raise DomainError(
                f"« {row.label} » est posée si {words} : elle doit venir après « {target.label} », qui la commande."
            )
        if not values.may_wait(target, row.operator, row.value):
            raise DomainError(
                f"« {row.label} » est posée si {words} : gardez ce choix, ou changez d’abord la condition."
            )


def _ordered(rows: Iterable[Question]) -> list[Question]:
    """In the order of the form: section by section, each block followed by its questions."""
    rows = list(rows)
    tops = sorted((row for row in rows if not row.parent_id), key=lambda row: (_ORDER[row.section], row.position))
    found: list[Question] = []
    for top in tops:
        found.append(top)
        if top.kind == K.BLOCK and top.pk:
            found += sorted((row for row in rows if row.parent_id == top.pk), key=lambda row: row.position)
    return found


def _renumber(one: QuestionSet, rows: Sequence[Question] | None = None) -> None:
    stands = dict(one.questions.values_list("pk", "position"))
    moved = []
    for position, row in enumerate(_ordered(one.questions.all() if rows is None else rows)):
        row.position = position
        if stands[row.pk] != position:
            moved.append(row)
    Question.objects.bulk_update(moved, ["position"])


def _found(pk: int) -> Question:
    question = Question.objects.filter(pk=pk).first()
    if question is None:
        raise DomainError("Cette question n’existe plus.")
    return question


def _locked_set(pk: int, *, by: Actor, version: int) -> QuestionSet:
    require(by, Role.FUND_MANAGER)
    one = locked(QuestionSet.objects.select_related("call"), pk)
    _refuse_when_over(one.call)
    if one.state != QuestionSetState.DRAFT:
        raise DomainError("Ces questions sont en service : elles ne changent plus. Préparez une nouvelle version.")
    if one.version != version:
        raise Stale("Un collègue a changé ces questions entre-temps. Relisez-les, puis recommencez.")
    return one


def _refuse_when_over(call: Call) -> None:
    if call.state not in WRITTEN:
        raise DomainError(f"L’appel est « {call.get_state_display()} » : ses questions ne changent plus.")


def _refuse_when_full(one: QuestionSet, more: int) -> None:
    if one.questions.count() + more > MOST_QUESTIONS:
        raise DomainError(f"Un appel pose au plus {MOST_QUESTIONS} questions. Retirez-en avant d’en ajouter.")


def _touch(one: QuestionSet, *, by: Actor, verb: str, data: dict[str, Any]) -> None:
    one.version += 1
    one.save()
    record(one, by=by, verb=verb, data=data)
