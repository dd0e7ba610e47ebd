"""The answers to a call's own questions, for the exports: a column a question, or a line an answer."""

import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from defusedcsv import csv
from django.conf import settings

from applications import questionnaire
from applications.listing import BOM, plain_text
from applications.models import Application
from applications.models.application import ApplicationQuerySet
from applications.services.reading import CHILDREN
from common.sheets import a_book
from fund.models import Call, Question
from fund.questions import values
from fund.questions.sheet import Reading, Sheet
from fund.questions.states import QuestionKind, QuestionSetState

K = QuestionKind
NEEDED = tuple(one for one in CHILDREN if one in ("question_set__questions", "question_answers"))
HEADERS = ("Numéro", "Commune", "Version des questions", "Question", "N°", "Dans le bloc", "Réponse")
WIDTHS = (14, 26, 10, 40, 6, 30, 60)
CHUNK = 200


class QuestionColumns:
    """One column for each question that the call asked, in whatever version."""

    def __init__(self, call: Call) -> None:
        found: dict[tuple[str, str], str] = {}
        sets = call.question_sets.filter(state=QuestionSetState.FROZEN).prefetch_related("questions")
        for one in sorted(sets, key=lambda each: -each.number):
            for question in one.questions.all():
                if not question.parent_id:
                    found.setdefault((question.code, question.kind), question.label)
        self._keys = list(found)
        self.headers = [plain_text(label) for label in found.values()]

    def cells(self, ids: list[int]) -> dict[int, list[str]]:
        """The cells of these files, in the order of the headers; what is not asked stays empty."""
        files = Application.objects.filter(pk__in=ids).select_related("call")
        files = files.prefetch_related(*NEEDED, "attachments__file")
        return {one.pk: self._cells_of(questionnaire.sheet(one)) for one in files}

    def _cells_of(self, sheet: Sheet) -> list[str]:
        said = {(one.question.code, str(one.question.kind)): cell(sheet, one) for one in sheet.readings()}
        return [said.get(key, "") for key in self._keys]


def cell(sheet: Sheet, reading: Reading) -> str:
    """One answer on one line: a figure as a figure, the rows of a block one after the other."""
    if reading.rows:
        return plain_text(" | ".join(" ; ".join(words for _, words in row if words) for row in reading.rows))
    if reading.items:
        return plain_text(", ".join(reading.items))
    return plain_text(written(reading.question, sheet.get(reading.question)))


def written(question: Question, value: Any) -> str:
    """A number without spaces, an amount with the decimal mark of the country, a day as 28/02/2026."""
    if value is None:
        return ""
    if question.kind == K.NUMBER:
        return str(value)
    if question.kind == K.AMOUNT:
        return f"{value // 100}{'.' if settings.CSV_SEPARATOR == ',' else ','}{value % 100:02d}"
    if question.kind == K.DATE:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return values.line(question, value)


# --- One line an answer ----------------------------------------------------------------------------------------


def lines(found: ApplicationQuerySet) -> Iterator[tuple[str, ...]]:
    """Every answer of these files, a block row by row; `found` is what the person may see."""
    files = found.select_related("organisation", "call", "question_set").prefetch_related(*NEEDED, "attachments__file")
    for one in files.iterator(chunk_size=CHUNK):
        if one.question_set is None:
            continue
        head = (one.number or "", one.organisation.name, str(one.question_set.number))
        sheet = questionnaire.sheet(one)
        for reading in sheet.readings():
            for number, inside, text in _parts(sheet, reading):
                yield (*head, reading.question.label, number, inside, text)


def _parts(sheet: Sheet, reading: Reading) -> Iterable[tuple[str, str, str]]:
    if reading.question.kind != K.BLOCK:
        yield "", "", cell(sheet, reading)
        return
    for number, row in enumerate(reading.rows, start=1):
        for label, words in row:
            yield str(number), label, words


def as_csv(found: ApplicationQuerySet) -> Iterator[str]:
    """UTF-8 with its mark, formulas neutralised, sent as it is read."""
    text = io.StringIO(newline="")
    pen = csv.writer(text, delimiter=settings.CSV_SEPARATOR, lineterminator="\r\n")
    pen.writerow(HEADERS)
    yield BOM
    for line in lines(found):
        pen.writerow([plain_text(one) for one in line])
        if text.tell() > 60_000:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def as_xlsx(found: ApplicationQuerySet, call: Call) -> bytes:
    """One sheet of texts: a cell that looks like a formula stays the text it is."""
    target = io.BytesIO()
    book = a_book(target, in_memory=True)
    book.set_properties({"title": f"Réponses aux questions, {call.title}"})
    sheet, bold = book.add_worksheet("Réponses"), book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for column, (header, width) in enumerate(zip(HEADERS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, header, bold)
    for number, line in enumerate(lines(found), start=1):
        for column, text in enumerate(line):
            sheet.write_string(number, column, plain_text(text), wrapped)
    sheet.freeze_panes(1, 2)
    book.close()
    return target.getvalue()
