"""A draft goes over to the new questions of its call: what still fits is kept, nothing that was written is lost."""

from django.db import transaction
from django.utils.text import Truncator

from accounts.models import User
from applications import policies
from applications.models import Application, QuestionAnswer
from applications.services.reading import locked_file, require, why_not_editable
from fund import services as fund
from fund.models import Question, QuestionSet
from fund.questions import values
from fund.questions.states import QuestionKind
from journal.services import record

K = QuestionKind


def newer_questions(application: Application) -> QuestionSet | None:
    """The version in service, when it is not the one of the file."""
    current = fund.in_service(application.call)
    return current if current is not None and current.pk != application.question_set_id else None


@transaction.atomic
def change_questions(pk: int, *, by: User, version: int | None = None) -> Application:
    """Give a draft the version in service. An answer follows its question when code and kind are the same and it fits;
    the others stay readable beside the form. Asked twice, it is done once."""
    application = locked_file(pk, version=version)
    require(policies.can_edit(by, application), why_not_editable(application))
    newer = newer_questions(application)
    if newer is None:
        return application
    before = application.question_set
    given = list(application.question_answers.select_related("question__parent"))
    kept = _carried(newer, given, before)
    application.question_set = newer
    application.version += 1
    application.save(update_fields=["question_set", "version", "updated_at"])
    for answer, question in kept:
        QuestionAnswer.objects.update_or_create(
            application=application,
            question=question,
            occurrence=answer.occurrence,
            defaults={"value": answer.value},
        )
    data = {"from": before.number if before else 0, "to": newer.number, "kept": len(kept)}
    record(application, by=by, verb="change_questions", data=data)
    return application


def carry_answers(origin: Application, application: Application) -> list[str]:
    """The answers of a file to the questions which still stand for another one; what does not follow, in words.

    A file that answers a question follows by itself: documents still good are offered where documents are joined."""
    before, newer = origin.question_set, application.question_set
    if before is None:
        return []
    given = list(origin.question_answers.filter(question__set=before).select_related("question__parent"))
    kept = _carried(newer, given, before) if newer else []
    QuestionAnswer.objects.bulk_create(
        QuestionAnswer(application=application, question=question, occurrence=answer.occurrence, value=answer.value)
        for answer, question in kept
    )
    followed = {answer.pk for answer, _ in kept}
    still = {(one.code, one.kind) for one in newer.questions.all()} if newer else set()
    return [_why_left(one, still) for one in given if one.pk not in followed]


def _why_left(answer: QuestionAnswer, still: set[tuple[str, str]]) -> str:
    question = answer.question
    label = Truncator(question.label).chars(90)
    if question.parent:
        label = f"{Truncator(question.parent.label).chars(90)}, n° {answer.occurrence + 1}, {label}"
    is_asked = (question.code, question.kind) in still
    because = "elle ne convient plus à ce que la question attend" if is_asked else "la question n’est plus posée"
    return f"Votre réponse à «\u202f{label}\u202f» n’est pas reprise\u202f: {because}."


def _carried(
    newer: QuestionSet, given: list[QuestionAnswer], before: QuestionSet | None
) -> list[tuple[QuestionAnswer, Question]]:
    """Each answer of the version left behind with the question it follows."""
    by_code = {(one.code, one.kind): one for one in newer.questions.select_related("parent")}
    found = []
    for answer in given:
        old = answer.question
        new = by_code.get((old.code, old.kind))
        if new is None or before is None or old.set_id != before.pk or values.problem(new, answer.value):
            continue
        same_block = (new.parent.code if new.parent else "") == (old.parent.code if old.parent else "")
        if same_block and answer.occurrence < (new.parent.rows_max or 1 if new.parent else 1):
            found.append((answer, new))
    return found


def answers_left(application: Application) -> list[tuple[str, str]]:
    """What was answered to an earlier version and has no place in this one: label and words. Kept, not sent."""
    if application.question_set_id is None:
        return []
    given = application.question_answers.exclude(question__set=application.question_set_id)
    here = {
        (one.question.code, one.occurrence): one.value
        for one in application.question_answers.filter(question__set=application.question_set_id).select_related(
            "question"
        )
    }
    return [
        (one.question.label, values.line(one.question, one.value))
        for one in given.select_related("question").order_by("question__position", "occurrence")
        if here.get((one.question.code, one.occurrence)) != one.value
    ]
