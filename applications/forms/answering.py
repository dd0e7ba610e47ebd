"""The forms of an answer to a request: only what was asked, as the draft of the answer stands or as it was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from applications import questionnaire
from applications.asking import section_of
from applications.content import as_corrected, text_of
from applications.doors import FIELDS
from applications.forms.acts import AnswerForm
from applications.forms.budget import Budget
from applications.forms.rows import SPARE, TABLES, table_of
from applications.forms.sections import FORMS, SectionForm
from applications.models import Application, AskedItem, PieceRequest
from applications.states import ItemKind, Side
from fund.questions.form import QuestionsForm

# What a line of the budget says beside its account and its amount.
WORDS = ("label", "funder", "status")


@dataclass(frozen=True)
class Asked:
    """One thing asked, with the form that answers it; `sent` is what the file says today, when the draft says otherwise."""

    item: AskedItem
    field: Any = None
    table: Any = None
    budget: Budget | None = None
    questions: Any = None  # of the call: this one, and those its answer may open
    sent: str = ""


class AnswerForms:
    """`values()` is what the service is given: the parts that are valid, by field or table."""

    def __init__(self, application: Application, asked: PieceRequest, *, data: Any = None, spare: int = SPARE) -> None:
        corrections = {one.name: one for one in asked.corrections.all()}
        self._sent_lines = list(application.budget_lines.all())
        self.application = as_corrected(application, {name: one.after for name, one in corrections.items()})
        questions = [item.code for item in asked.asked if item.kind == ItemKind.QUESTION]
        self.names = [item.code for item in asked.asked if not item.is_document and item.code not in questions]
        self.text = AnswerForm(data, version=application.version)
        self.text.initial["text"] = asked.answer
        fields = [name for name in self.names if name in FIELDS]
        self.sections = {section_of(name).slug: self._section(name, data) for name in fields}
        self.tables = {name: self._table(name, data, spare) for name in self.names if name in TABLES}
        self.budget = (
            Budget(self.application, data=data, spare=max(0, spare - 1)) if "budget_lines" in self.names else None
        )
        self.questions = self._questions(questions, data)
        self.follows = {item.code: item.follows for item in asked.asked if item.follows}
        self.asked = [
            self._asked(item, self._sent(item.code, corrections))
            for item in asked.asked
            if not item.is_document and not item.follows
        ]

    def _section(self, name: str, data: Any) -> SectionForm:
        section = section_of(name)
        form = FORMS[section.slug](data, application=self.application, section=section)
        for other in [one for one in form.fields if one not in self.names]:
            del form.fields[other]
        return form

    def _table(self, name: str, data: Any, spare: int) -> Any:
        return table_of(self.application, name, data=data, spare=spare)

    def _questions(self, units: list[str], data: Any) -> QuestionsForm | None:
        if not units:
            return None
        return QuestionsForm(data, sheet=questionnaire.sheet(self.application), only=units)

    def _sent(self, name: str, corrections: Mapping[str, Any]) -> str:
        """What the file says of a thing and of what follows it, where the draft says otherwise."""
        names = [one for one in (name, *self._followers(name)) if one in corrections]
        words = {one: text_of(one, corrections[one].before, self.application) for one in names}
        if set(words) <= {name}:
            return "".join(words.values())
        return "\n".join(
            f"{questionnaire.label(self.application, one)} {said or 'sans réponse'}" for one, said in words.items()
        )

    def _followers(self, name: str) -> list[str]:
        return [code for code, follows in self.follows.items() if follows == name]

    def _asked(self, item: AskedItem, sent: str) -> Asked:
        if item.kind == ItemKind.QUESTION and self.questions is not None:
            units = {item.code, *self._followers(item.code)}
            shown = [one for one in self.questions.items() if one["unit"] in units]
            return Asked(item, questions={"items": shown}, sent=sent)
        if item.code == "budget_lines":
            return Asked(item, budget=self.budget, sent=sent)
        if item.code in self.tables:
            table = {
                "name": item.code,
                "formset": self.tables[item.code],
                "title": item.label,
                "add": TABLES[item.code][2],
            }
            return Asked(item, table=table, sent=sent)
        return Asked(item, field=self.sections[section_of(item.code).slug][item.code], sent=sent)

    @property
    def forms(self) -> list[Any]:
        """Every form and table, for the summary of errors."""
        return [
            self.text,
            *self.sections.values(),
            *self.tables.values(),
            *(self.budget.forms if self.budget else ()),
            *self._of_the_call(),
        ]

    def _of_the_call(self) -> tuple[QuestionsForm, ...]:
        return (self.questions,) if self.questions is not None else ()

    def is_valid(self) -> bool:
        verdicts = [one.is_valid() for one in self.forms]
        return all(verdicts)

    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for form in self.sections.values():
            form.is_valid()
            found |= {name: form.cleaned_data[name] for name in self.names if name in form.cleaned_data}
        found |= {name: table.rows() for name, table in self.tables.items() if table.is_valid()}
        if self.questions is not None:
            self.questions.is_valid()
            found |= self.questions.values()
        if self.budget and self.budget.is_valid():
            left = list(self._sent_lines)
            found["budget_lines"] = [as_sent(line, left) for line in self.budget.lines()]
        return found


def as_sent(line: Mapping[str, Any], left: list[Any]) -> dict[str, Any]:
    """The line with the words it was sent with and the form does not show; each line sent serves once (`left`)."""
    hidden = _not_shown(line)
    seen = [name for name in ("side", "account", "is_request", *WORDS) if name not in hidden]
    for sent in left:
        if all(getattr(sent, name) == line[name] for name in seen):
            left.remove(sent)
            return {**line, **{name: getattr(sent, name) for name in hidden}}
    return dict(line)


def _not_shown(line: Mapping[str, Any]) -> tuple[str, ...]:
    if line["is_request"]:
        return WORDS
    if line["side"] != Side.PRODUCT:
        return ()
    return ("label",) if line["account"] == "74" else ("funder", "status")
