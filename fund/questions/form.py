"""The form that the definition of the questions makes: the same for a commune and for a preview."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.money import MoneyField
from common.widgets import DateInput
from fund.models import Question
from fund.questions import values
from fund.questions.sheet import Sheet, field_name
from fund.questions.states import MEASURED, MOST_CHARACTERS, MOST_ROWS, Operator, QuestionKind, QuestionSection

K = QuestionKind
RADIOS = 7
ROW = "__i__"  # stands for the place of a row in the model that the page copies
_SPACES = re.compile("[ \u00a0\u202f\u2009]+")
_WHOLE = re.compile(r"-?(?:[0-9]{1,15}|[0-9]{1,3}(?: [0-9]{3}){1,4})")
NOT_WHOLE = "Écrivez un nombre entier, comme 1200 ou 1 200, sans virgule ni unité."


class WholeNumberField(forms.Field):
    """A whole number as people type it: 1200, 1 200, -3. Nothing is rounded, nothing is guessed."""

    def to_python(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        text = _SPACES.sub(" ", str(value)).strip().replace("−", "-")
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise ValidationError(NOT_WHOLE, code="invalid")
        return int(text.replace(" ", ""))


def field_of(question: Question) -> forms.Field:
    """The field of a simple question. None is required to save: a draft is written over several days."""
    said: dict[str, Any] = {"label": question.label, "help_text": question.help, "required": False}
    kind = K(question.kind)
    field: forms.Field
    if kind == K.SHORT:
        field = forms.CharField(max_length=MOST_CHARACTERS[kind], **said)
    elif kind == K.LONG:
        field = forms.CharField(max_length=MOST_CHARACTERS[kind], widget=forms.Textarea(attrs={"rows": 6}), **said)
    elif kind == K.NUMBER:
        field = WholeNumberField(widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}), **said)
        field.widget.width = "s"
    elif kind == K.AMOUNT:
        field = MoneyField(**said)
    elif kind == K.DATE:
        field = forms.DateField(widget=DateInput(), **said)
    elif kind == K.YES_NO:
        field = forms.ChoiceField(choices=[("oui", "Oui"), ("non", "Non")], widget=forms.RadioSelect, **said)
    elif kind == K.SEVERAL:
        field = forms.MultipleChoiceField(choices=_pairs(question), widget=forms.CheckboxSelectMultiple, **said)
    elif len(question.choices) <= RADIOS:
        field = forms.ChoiceField(choices=_pairs(question), widget=forms.RadioSelect, **said)
    else:
        field = forms.ChoiceField(choices=[("", "Choisir une réponse"), *_pairs(question)], **said)
    setattr(field, "limit_words", question.limit_words)  # noqa: B010 - read by the field template
    return field


def _pairs(question: Question) -> list[tuple[str, str]]:
    return [(one, one) for one in question.choices]


def canonical(question: Question, cleaned: Any) -> Any:
    """From what a field gives to the canonical JSON; None for no answer."""
    if cleaned in (None, "", []):
        return None
    if question.kind == K.DATE:
        return cleaned.isoformat()
    if question.kind == K.YES_NO:
        return cleaned == "oui"
    if question.kind == K.SEVERAL:
        return [one for one in question.choices if one in cleaned]
    return cleaned.replace("\r\n", "\n").replace("\r", "\n") if isinstance(cleaned, str) else cleaned


def shown(question: Question, value: Any) -> Any:
    """From the canonical JSON to what the field shows."""
    if value is None:
        return None
    if question.kind == K.DATE:
        return date.fromisoformat(value)
    if question.kind == K.YES_NO:
        return "oui" if value else "non"
    return value


class QuestionsForm(forms.Form):
    """The questions of one section (or all of them). `values()` gives {name of the field: JSON}, a block as its rows.

    `present` names the questions that came with the data, when not all did: the others stand as they are in the sheet.
    `only` names the questions of a form that holds no other: what these wait for is answered elsewhere.
    """

    use_required_attribute = False

    def __init__(
        self,
        data: Any = None,
        *,
        sheet: Sheet,
        section: str = "",
        present: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        super().__init__(data)
        self.sheet, self.section = sheet, section
        self.all_tops = [one for one in sheet.tops(section) if only is None or field_name(one) in only]
        self.tops = [one for one in self.all_tops if data is None or present is None or field_name(one) in present]
        self.row_counts: dict[int, int] = {}
        for question in self.tops:
            if question.kind == K.BLOCK:
                self._add_block(question)
            elif question.kind != K.FILE:
                self._add(question, field_name(question), 0)

    def _add(self, question: Question, name: str, at: int) -> None:
        field = self.fields[name] = field_of(question)
        field.initial = shown(question, self.sheet.get(question, at))

    def _add_block(self, block: Question) -> None:
        count_name, most = f"{field_name(block)}-lignes", block.rows_max or MOST_ROWS
        kept = self.sheet.rows(block)
        posted = str(self.data.get(count_name, "")) if self.is_bound else ""
        # One row more than is allowed is read, so that it is refused in words instead of being lost.
        count = int(posted) if posted.isdecimal() and len(posted) < 4 else max(kept + 1, block.rows_min or 0)
        count = min(count, MOST_ROWS + 1 if posted else most)
        self.row_counts[block.pk] = count
        self.fields[count_name] = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=count)
        for at in range(count):
            for one in self.sheet.children(block):
                self._add(one, field_name(one, block, at), at)
            self.fields[f"{field_name(block)}-{at}-retirer"] = forms.BooleanField(
                label=f"Retirer le n° {at + 1}", required=False
            )

    # --- What was typed --------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for question in self.tops:
            if question.kind == K.BLOCK:
                self._check_block(question)
            elif question.kind != K.FILE:
                self._check(question, field_name(question))
        self._forget_what_is_not_asked()
        return cleaned

    def _check(self, question: Question, name: str) -> None:
        value = canonical(question, self.cleaned_data.get(name))
        if value is not None and (wrong := values.problem(question, value)):
            self.add_error(name, wrong)

    def _check_block(self, block: Question) -> None:
        for at in self._rows_kept(block):
            for one in self.sheet.children(block):
                self._check(one, field_name(one, block, at))
        filled = len(self._block_rows(block))
        if filled > (block.rows_max or MOST_ROWS):
            sentence = f"« {block.label} » : {block.rows_max} au plus, il y en a {filled}. Retirez-en."
            self.add_error(f"{field_name(block)}-lignes", sentence)

    def _rows_kept(self, block: Question) -> list[int]:
        rows = range(self.row_counts[block.pk])
        removed = {at for at in rows if self.cleaned_data.get(f"{field_name(block)}-{at}-retirer")}
        for at in removed:
            for one in self.sheet.children(block):
                if (name := field_name(one, block, at)) in self.errors:
                    del self.errors[name]
        return [at for at in rows if at not in removed]

    def _block_rows(self, block: Question) -> list[dict[str, Any]]:
        """The rows that say something, in their order."""
        children = self.sheet.children(block)
        rows = [
            {one.code: canonical(one, self.cleaned_data.get(field_name(one, block, at))) for one in children}
            for at in self._rows_kept(block)
        ]
        return [row for row in rows if any(value is not None for value in row.values())]

    def _forget_what_is_not_asked(self) -> None:
        """A mistake in a question that is not asked is no mistake: what stood there stays."""
        sheet = self.typed()
        for question in self.tops:
            name = field_name(question)
            if question.kind != K.BLOCK and not sheet.asked(question) and name in self.errors:
                del self.errors[name]
                kept = shown(question, self.sheet.get(question))
                self.cleaned_data[field_name(question)] = kept

    def values(self) -> dict[str, Any]:
        """What may be saved: the questions with a mistake are left out."""
        found: dict[str, Any] = {}
        wrong = self.refusals()
        for question in self.tops:
            name = field_name(question)
            if name in wrong or question.kind == K.FILE:
                continue
            block = question.kind == K.BLOCK
            found[name] = self._block_rows(question) if block else canonical(question, self.cleaned_data.get(name))
        return found

    def refusals(self) -> dict[str, list[tuple[str, str]]]:
        """The messages of each question: the name of the input, and the sentence."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, messages in self.errors.items():
            unit = next(one for one in map(field_name, self.tops) if name == one or name.startswith(f"{one}-"))
            found.setdefault(unit, []).extend((name, str(message)) for message in messages)
        return found

    def opened(self) -> list[Question]:
        """What is asked since these answers, and was not before, and has no answer yet."""
        after = self.typed()
        return [
            one for one in self.all_tops if after.asked(one) and not self.sheet.asked(one) and after.get(one) is None
        ]

    def typed(self) -> Sheet:
        """The sheet with what was just typed here, and what stands elsewhere."""
        tops = {one.pk for one in self.tops}
        here = {one.pk for one in self.sheet.questions if (one.parent_id or one.pk) in tops}
        given = {place: value for place, value in self.sheet.given.items() if place[0] not in here}
        for question in self.tops:
            if question.kind == K.BLOCK:
                for at in range(self.row_counts[question.pk]):
                    for one in self.sheet.children(question):
                        given[one.pk, at] = canonical(one, self._typed(field_name(one, question, at)))
            elif question.kind != K.FILE:
                given[question.pk, 0] = canonical(question, self._typed(field_name(question)))
        return Sheet(self.sheet.questions, {k: v for k, v in given.items() if v is not None}, self.sheet.files)

    def _typed(self, name: str) -> Any:
        return getattr(self, "cleaned_data", {}).get(name)

    # --- What the page shows ---------------------------------------------------------------------------------------

    def items(self) -> list[dict[str, Any]]:
        """The questions in their order, with what the template needs of each."""
        sheet = self.typed() if self.is_bound else self.sheet
        here = {one.pk for one in self.tops}
        stands = QuestionsForm(sheet=self.sheet, section=self.section) if self.is_bound else self
        return [(self if one.pk in here else stands)._item(one, sheet) for one in self.all_tops]

    def groups(self) -> list[dict[str, Any]]:
        """The same section by section, each with its title."""
        titles = dict(QuestionSection.choices)
        found: dict[str, list[dict[str, Any]]] = {}
        for item in self.items():
            found.setdefault(item["question"].section, []).append(item)
        return [{"title": titles[section], "items": items} for section, items in found.items()]

    def _item(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        item: dict[str, Any] = {
            "question": question,
            "kind": question.kind,
            "unit": field_name(question),
            **self._condition(question, sheet, None, 0),
        }
        if question.kind == K.FILE:
            return item | {"files": sheet.files.get(question.file_code, ())}
        if question.kind != K.BLOCK:
            return item | {"field": self[field_name(question)]}
        count, most = self.row_counts[question.pk], question.rows_max or MOST_ROWS
        return item | {
            "anchor": field_name(question),
            "count": self[f"{field_name(question)}-lignes"],
            "rows": [self._row(question, sheet, at) for at in range(count)],
            "most": most,
            "model": self._model(question, sheet) if most > 1 else None,
        }

    def _row(self, block: Question, sheet: Sheet, at: int) -> dict[str, Any]:
        fields = [
            {"field": self[field_name(one, block, at)], "question": one, **self._condition(one, sheet, block, at)}
            for one in self.sheet.children(block)
        ]
        return {"number": at + 1, "fields": fields, "remove": self[f"{field_name(block)}-{at}-retirer"]}

    def _model(self, block: Question, sheet: Sheet) -> dict[str, Any]:
        """The row that the page copies to add one: its place is to be written."""
        blank = forms.Form()
        items = []
        for one in self.sheet.children(block):
            name = f"q-{block.code}-{ROW}-{one.code}"
            blank.fields[name] = field_of(one)
            items.append({"field": blank[name], "question": one, **self._condition(one, sheet, block, ROW)})
        return {"number": ROW, "fields": items, "added": True}

    def _condition(self, question: Question, sheet: Sheet, block: Question | None, at: Any) -> dict[str, Any]:
        target = self.sheet.target(question)
        if target is None:
            return {"shown": True, "waits": None}
        of_block = block if target.parent_id else None
        name = f"q-{of_block.code}-{at}-{target.code}" if of_block is not None else field_name(target)
        expected = question.value.lower() if target.kind == K.YES_NO else question.value
        asked = False if at == ROW else sheet.asked(question, at)
        return {
            "shown": asked or self._has_error(question, block, at),
            "waits": {
                "name": name,
                "operator": question.operator,
                "value": expected,
                "kind": target.kind if target.kind in MEASURED else "",
                "words": in_words(question, target),
            },
        }

    def _has_error(self, question: Question, block: Question | None, at: Any) -> bool:
        return self.is_bound and field_name(question, block, at) in self.errors


def in_words(question: Question, target: Question) -> str:
    """« posée seulement si « Un local est-il prêté ? » est « Oui » »."""
    verb = {
        Operator.EQUALS: "est",
        Operator.CONTAINS: "comprend",
        Operator.LEAST: "est au moins",
        Operator.MOST: "est au plus",
    }.get(question.operator, "a une réponse")  # type: ignore[call-overload]
    expected = question.value
    if target.kind in MEASURED and expected:
        expected = values.line(target, values.measure(target, expected)) or expected
    return f"« {target.label} » {verb}" + (f" « {expected} »" if expected else "")
