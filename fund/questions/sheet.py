"""The questions of a set beside what was answered: which are asked, what is missing, how it reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.typography import counted
from fund.models import Question
from fund.questions import values
from fund.questions.states import QuestionKind

K = QuestionKind
Place = tuple[int, int]  # id of the question, occurrence


@dataclass(frozen=True)
class Gap:
    """What is left to answer: the sentence, the anchor of its field on the page, whether it is a document."""

    sentence: str
    anchor: str
    question: Question


@dataclass(frozen=True)
class Reading:
    """An answer in words: `items` when there are several, `rows` for a block (label and words of each question)."""

    question: Question
    text: str = ""
    items: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()


class Sheet:
    """Pure: everything is given. `given` is canonical JSON by place, `files` the names of the documents by their code."""

    def __init__(
        self,
        questions: Iterable[Question],
        given: Mapping[Place, Any] | None = None,
        files: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.questions = list(questions)
        self.given = dict(given or {})
        self.files = files or {}
        self._by_id = {one.pk: one for one in self.questions}
        self._asked: dict[Place, bool] = {}

    @cached_property
    def _children(self) -> dict[int, list[Question]]:
        found: dict[int, list[Question]] = {}
        for one in self.questions:
            if one.parent_id:
                found.setdefault(one.parent_id, []).append(one)
        return found

    def tops(self, section: str = "") -> list[Question]:
        return [one for one in self.questions if not one.parent_id and section in ("", one.section)]

    def children(self, block: Question) -> list[Question]:
        return self._children.get(block.pk, [])

    def get(self, question: Question, occurrence: int = 0) -> Any:
        return self.given.get((question.pk, occurrence))

    def rows(self, block: Question) -> int:
        ids = {one.pk for one in self.children(block)}
        return max((place[1] + 1 for place in self.given if place[0] in ids), default=0)

    def asked(self, question: Question, occurrence: int = 0) -> bool:
        """Is it asked, given the answers as they stand? What waits for a question that is not asked is not asked."""
        place = (question.pk, occurrence)
        if place not in self._asked:
            self._asked[place] = self._is_asked(question, occurrence)
        return self._asked[place]

    def _is_asked(self, question: Question, occurrence: int) -> bool:
        block = self._by_id.get(question.parent_id) if question.parent_id else None
        if block is not None and not self.asked(block):
            return False
        target = self._by_id.get(question.asked_if_id) if question.asked_if_id else None
        if target is None:
            return True
        at = occurrence if target.parent_id else 0
        return self.asked(target, at) and values.fits(target, question.operator, question.value, self.get(target, at))

    def is_begun(self, section: str) -> bool:
        ids = {one.pk for one in self.questions if one.section == section}
        return any(place[0] in ids for place in self.given)

    def target(self, question: Question) -> Question | None:
        return self._by_id.get(question.asked_if_id) if question.asked_if_id else None

    # --- What is missing -------------------------------------------------------------------------------------------

    def gaps(self, section: str = "") -> list[Gap]:
        return [gap for one in self.tops(section) if self.asked(one) for gap in self._gaps_of(one)]

    def _gaps_of(self, question: Question) -> Iterator[Gap]:
        if question.kind == K.BLOCK:
            yield from self._gaps_of_block(question)
        elif question.kind == K.FILE:
            if question.required and not self.files.get(question.file_code):
                yield Gap(f"Il manque le fichier « {question.label} ».", question.file_code, question)
        else:
            yield from self._gap_of_value(question, 0, field_name(question), "")

    def _gap_of_value(self, question: Question, at: int, name: str, where: str) -> Iterator[Gap]:
        value = self.get(question, at)
        if value is None:
            if question.required:
                yield Gap(f"Il manque une réponse à « {question.label} »{where}.", anchor(question, name), question)
        elif wrong := values.problem(question, value):
            yield Gap(f"« {question.label} »{where} : {wrong}", anchor(question, name), question)

    def _gaps_of_block(self, block: Question) -> Iterator[Gap]:
        rows = self.rows(block)
        if rows < (block.rows_min or 0):
            least = counted(block.rows_min or 0, "fois,fois")
            yield Gap(f"« {block.label} » : à remplir au moins {least}.", field_name(block), block)
        for at in range(rows):
            where = f" ({block.label}, n° {at + 1})" if rows > 1 else f" ({block.label})"
            for one in self.children(block):
                if self.asked(one, at):
                    yield from self._gap_of_value(one, at, field_name(one, block, at), where)

    # --- How it reads ----------------------------------------------------------------------------------------------

    def readings(self, section: str = "") -> list[Reading]:
        """The questions asked, with their answers; those left without an answer too."""
        return [self._reading(one) for one in self.tops(section) if self.asked(one)]

    def _reading(self, question: Question) -> Reading:
        if question.kind == K.BLOCK:
            rows = tuple(
                tuple(
                    (one.label, values.line(one, self.get(one, at)))
                    for one in self.children(question)
                    if self.asked(one, at)
                )
                for at in range(self.rows(question))
            )
            return Reading(question, rows=rows)
        if question.kind == K.FILE:
            return Reading(question, items=tuple(self.files.get(question.file_code, ())))
        found = values.words(question, self.get(question))
        return Reading(question, items=found) if isinstance(found, tuple) else Reading(question, text=found)

    def unasked(self) -> list[Reading]:
        """What was answered and is not asked any more: kept in the draft, not sent."""
        found = [self._reading(one) for one in self.tops() if not self.asked(one)]
        found += [
            Reading(one, values.line(one, self.get(one, at)))
            for block in self.tops()
            if block.kind == K.BLOCK and self.asked(block)
            for at in range(self.rows(block))
            for one in self.children(block)
            if not self.asked(one, at) and self.get(one, at) is not None
        ]
        return [one for one in found if one.text or one.items or one.rows]

    def sent(self) -> list[dict[str, Any]]:
        """What goes with the file, as plain data that reads by itself: questions asked and their answers."""
        return [self._plain(one, 0) for one in self.tops() if self.asked(one)]

    def _plain(self, question: Question, at: int) -> dict[str, Any]:
        plain: dict[str, Any] = {"code": question.code, "kind": question.kind, "label": question.label}
        if question.kind == K.BLOCK:
            plain["rows"] = [
                [self._plain(one, at) for one in self.children(question) if self.asked(one, at)]
                for at in range(self.rows(question))
            ]
        elif question.kind == K.FILE:
            plain["files"] = list(self.files.get(question.file_code, ()))
        else:
            plain["value"] = self.get(question, at)
        return plain


def field_name(question: Question, block: Question | None = None, at: int = 0) -> str:
    """The name of the field of a question in a form. Codes have no hyphen: no two questions share one."""
    return f"q-{block.code}-{at}-{question.code}" if block is not None else f"q-{question.code}"


def anchor(question: Question, name: str) -> str:
    """The id of its first control."""
    several = question.kind in (K.YES_NO, K.SEVERAL) or (question.kind == K.ONE and len(question.choices) <= 7)
    return f"id_{name}_0" if several else f"id_{name}"
