"""The forms of those who write the questions of a call: each kind shows only what it needs."""

from typing import Any

from django import forms

from common.money import MoneyField, euros_bare
from common.typography import counted
from common.widgets import DateInput
from fund.models import Question, QuestionSet
from fund.questions import values
from fund.questions.form import WholeNumberField, canonical, field_of, in_words
from fund.questions.states import (
    APART,
    LISTS,
    MEASURED,
    MOST_CHOICES,
    MOST_ROWS,
    TEXTS,
    Operator,
    QuestionKind,
    QuestionSection,
)

K = QuestionKind
KIND_HINTS = {
    K.SHORT: "Une ligne, 300 caractères au plus.",
    K.LONG: "Plusieurs paragraphes. Vous pouvez fixer un nombre de mots.",
    K.FILE: "Le fichier se joint dans « Les pièces », avec les autres.",
    K.BLOCK: "Par exemple : chaque lieu, chaque séance, chaque intervenant. Un fichier se demande à côté du bloc.",
}
ALWAYS = ""
COMPARED = (Operator.EQUALS, Operator.LEAST, Operator.MOST)


class KindForm(forms.Form):
    """Which kind of answer is wanted; inside a block, neither a file nor another block."""

    sorte = forms.ChoiceField(label="Sorte de réponse")

    def __init__(self, data: Any = None, *, inside: bool = False) -> None:
        super().__init__(data)
        self.fields["sorte"].choices = [  # type: ignore[attr-defined]
            (kind.value, kind.label) for kind in QuestionKind if not (inside and kind in APART)
        ]


class QuestionForm(forms.Form):
    """One question of a set. `fields_given()` is what the service takes."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput)
    label = forms.CharField(
        label="La question", max_length=200, help_text="Une question courte, comme vous la poseriez à voix haute."
    )
    help = forms.CharField(
        label="Aide",
        max_length=1000,
        required=False,
        help_text="Ce qui aide à répondre : un exemple, où trouver le chiffre.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        of: QuestionSet,
        kind: str,
        question: Question | None = None,
        block: Question | None = None,
    ) -> None:
        self.of, self.kind, self.question, self.block = of, K(kind), question, block
        super().__init__(data, initial=self._initial())
        self._add_bounds()
        if self.kind != K.BLOCK:
            self.fields["required"] = forms.BooleanField(
                label="Réponse obligatoire pour envoyer le dossier", required=False
            )
        if block is None:
            self.fields["section"] = forms.ChoiceField(
                label="Où la poser",
                choices=_sections(),
                help_text="Dans une section du formulaire, après ce qui y est déjà ; ou dans une section à part.",
            )
        targets = self._targets()
        self.fields["condition"] = forms.ChoiceField(
            label="Quand la poser",
            required=False,
            choices=self._conditions(targets),
            help_text="Une question peut dépendre de la réponse à une question posée avant elle.",
        )
        self._compared = ""
        self._measured = {str(target.pk): target for target in targets if target.kind in MEASURED}
        if self._measured:
            self.fields["expected"] = forms.CharField(
                label="À quoi comparer la réponse",
                required=False,
                max_length=40,
                help_text="Seulement pour « est », « est au moins » et « est au plus » : 12, 1 500,00 ou 2027-01-31.",
            )
            self.fields["expected"].widget.width = "s"

    def _initial(self) -> dict[str, Any]:
        one = self.question
        if one is None:
            return {
                "version": self.of.version,
                "section": QuestionSection.QUESTIONS,
                "rows_min": 0,
                "rows_max": 5,
            }
        names = ("label", "help", "required", "section", "limit_words", "minimum", "maximum", "earliest", "latest")
        condition, expected = f"{one.asked_if_id}|{one.operator}|{one.value}" if one.asked_if_id else ALWAYS, ""
        if one.asked_if is not None and one.asked_if.kind in MEASURED:
            condition, expected = f"{one.asked_if_id}|{one.operator}|", _as_typed(one.asked_if, one.value)
        return {name: getattr(one, name) for name in (*names, "rows_min", "rows_max")} | {
            "version": self.of.version,
            "choices": "\n".join(one.choices),
            "condition": condition,
            "expected": expected,
        }

    def _add_bounds(self) -> None:
        fields: dict[str, forms.Field] = {}
        if self.kind in TEXTS:
            fields["limit_words"] = _small("Nombre de mots au plus", 2000, "Laissez vide s’il n’y a pas de limite.")
        elif self.kind == K.NUMBER:
            fields["minimum"] = WholeNumberField(label="Au moins", required=False)
            fields["maximum"] = WholeNumberField(label="Au plus", required=False)
        elif self.kind == K.AMOUNT:
            fields["minimum"] = MoneyField(label="Au moins", required=False)
            fields["maximum"] = MoneyField(label="Au plus", required=False)
        elif self.kind == K.DATE:
            fields["earliest"] = forms.DateField(label="Au plus tôt", required=False, widget=DateInput())
            fields["latest"] = forms.DateField(label="Au plus tard", required=False, widget=DateInput())
        elif self.kind in LISTS:
            fields["choices"] = forms.CharField(
                label="Les choix, un par ligne", max_length=9000, widget=forms.Textarea(attrs={"rows": 6})
            )
        elif self.kind == K.BLOCK:
            fields["rows_min"] = _small(
                "Combien de fois au moins", MOST_ROWS, "0 si le bloc peut rester vide.", least=0
            )
            fields["rows_max"] = _small("Combien de fois au plus", MOST_ROWS)
        self.fields.update(fields)

    def _conditions(self, targets: list[Question]) -> list[Any]:
        """« toujours », then each earlier answer that may open this question, in words."""
        groups: list[Any] = [(ALWAYS, "Toujours")]
        for target in targets:
            probe = Question(operator=Operator.FILLED)
            options = [(f"{target.pk}|filled|", f"Seulement si {in_words(probe, target)}")]
            for operator in COMPARED if target.kind in MEASURED else ():
                probe = Question(operator=operator)
                options.append((f"{target.pk}|{operator.value}|", f"Seulement si {in_words(probe, target)}…"))
            for value in values.condition_values(target):
                operator = Operator.CONTAINS if target.kind == K.SEVERAL else Operator.EQUALS
                probe = Question(operator=operator, value=value)
                options.append((f"{target.pk}|{operator.value}|{value}", f"Seulement si {in_words(probe, target)}"))
            groups.append((target.label, options))
        return groups

    def _targets(self) -> list[Question]:
        own, block = self.question, self.block
        rows = [row for row in self.of.questions.all() if row.kind not in APART and row != own]
        if block is not None:
            rows = [row for row in rows if not row.parent_id or row.parent_id == block.pk]
        else:
            rows = [row for row in rows if not row.parent_id]
        return rows if own is None else [row for row in rows if row.position < own.position]

    def clean_choices(self) -> list[str]:
        found = [" ".join(line.split()) for line in str(self.cleaned_data["choices"]).splitlines()]
        found = [line for line in found if line]
        if len(found) < 2:
            raise forms.ValidationError("Écrivez au moins deux choix, un par ligne.")
        if len(found) > MOST_CHOICES:
            raise forms.ValidationError(f"{MOST_CHOICES} choix au plus ; il y en a {len(found)}.")
        if len({line.casefold() for line in found}) < len(found):
            raise forms.ValidationError("Un choix est écrit deux fois.")
        if any(len(line) > 200 for line in found):
            raise forms.ValidationError("Un choix compte 200 caractères au plus.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for low, high, words in (
            ("minimum", "maximum", "Le maximum est plus petit que le minimum."),
            ("earliest", "latest", "La dernière date vient avant la première."),
            ("rows_min", "rows_max", "Le maximum est plus petit que le minimum."),
        ):
            least, most = cleaned.get(low), cleaned.get(high)
            if least is not None and most is not None and most < least:
                self.add_error(high, words)
        for name in ("minimum", "maximum"):
            value = cleaned.get(name)
            if value is not None and abs(value) > values.MOST_NUMBER * 10:
                self.add_error(name, "Ce nombre est trop grand.")
        self._check_expected(cleaned)
        return cleaned

    def _check_expected(self, cleaned: dict[str, Any]) -> None:
        """What a number, an amount or a day is compared with, typed as its answer would be."""
        pk, _, operator = str(cleaned.get("condition") or "").rstrip("|").partition("|")
        target, typed = self._measured.get(pk), str(cleaned.get("expected") or "").strip()
        if target is None or operator == Operator.FILLED:
            return
        try:
            value = canonical(target, field_of(target).clean(typed))
        except forms.ValidationError as refusal:
            self.add_error("expected", refusal)
            return
        if value is None:
            self.add_error("expected", f"Écrivez à quoi comparer la réponse à « {target.label} ».")
        elif wrong := values.problem(target, value):
            self.add_error("expected", f"Cette réponse n’est jamais donnée à « {target.label} » : {wrong}")
        else:
            self._compared = str(value)

    def fields_given(self) -> dict[str, Any]:
        data = self.cleaned_data
        given = {name: data[name] for name in self.fields if name not in ("version", "condition", "expected")}
        target, _, rest = str(data.get("condition") or "").partition("|")
        operator, _, value = rest.partition("|")
        value = self._compared if target in self._measured else value
        given |= {"asked_if_id": int(target) if target else None, "operator": operator, "value": value}
        return given


class ServiceForm(forms.Form):
    """Why the questions change while the call is open."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Pourquoi les questions changent",
        max_length=500,
        help_text="Une phrase. Elle est gardée dans le journal et montrée aux communes qui ont commencé un dossier.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CopyForm(forms.Form):
    """From which call to take the questions."""

    source = forms.ChoiceField(label="Reprendre les questions de l’appel")

    def __init__(self, data: Any = None, *, sources: list[QuestionSet]) -> None:
        super().__init__(data)
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), f"{one.call.title} ({counted(len(one.questions.all()), 'question')})") for one in sources
        ]


def _as_typed(target: Question, expected: str) -> str:
    """The value of a condition as one types it."""
    value = values.measure(target, expected)
    if value is None:
        return ""
    return euros_bare(value) if target.kind == K.AMOUNT else str(value)


def _small(label: str, most: int, help_text: str = "", *, least: int = 1) -> forms.IntegerField:
    optional = least == 1 and most > MOST_ROWS
    field = forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=not optional,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"min_value": f"{least} au moins.", "max_value": f"{most} au plus."},
    )
    field.widget.width = "s"
    return field


def _sections() -> list[tuple[str, str]]:
    own = QuestionSection.QUESTIONS
    return [(own.value, "À part : « Les questions de l’appel »")] + [
        (section.value, f"Dans « {section.label} »") for section in QuestionSection if section != own
    ]
