"""The forms of instruction: the points of admissibility, the remarks, the notes, the comparison of two near files."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from applications.asking import Askable
from reviews.checklist import Line
from reviews.forms import VersionedForm
from reviews.services.checklist import WHY_NO, WHY_OVERRULE, Answers
from reviews.states import Verdict

POINT_ANSWERS = [(one.value, one.label) for one in (Verdict.YES, Verdict.NO, Verdict.NOT_APPLICABLE)]


class ChecklistForm(VersionedForm):
    """One answer and one remark a point; for a computed rule that fails, a box to admit the file and why."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, lines: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.points = [self._point(line) for line in lines if line.point is not None]
        self.rules = [self._rule(line) for line in lines if line.fails]

    def _point(self, line: Line) -> dict[str, Any]:
        name, given = line.key, line.answer
        self.fields[name] = forms.ChoiceField(
            label=line.label,
            choices=POINT_ANSWERS,
            widget=forms.RadioSelect,
            required=False,
            initial=given.verdict if given else None,
            help_text=line.point.help if line.point else "",
        )
        self._remark(name, f"Remarque sur « {line.label} »", given.remark if given else "")
        return {"line": line, "answer": self[name], "remark": self[f"{name}-mot"]}

    def _rule(self, line: Line) -> dict[str, Any]:
        name = line.key
        self.fields[name] = forms.BooleanField(
            label="Admettre le dossier malgré ce contrôle", required=False, initial=line.settled
        )
        self._remark(
            name, f"Pourquoi admettre « {line.label} »", line.answer.remark if line.answer and line.settled else ""
        )
        return {"line": line, "answer": self[name], "remark": self[f"{name}-mot"]}

    def _remark(self, name: str, label: str, initial: str) -> None:
        self.fields[f"{name}-mot"] = forms.CharField(
            label=label, required=False, max_length=1000, initial=initial, widget=forms.Textarea(attrs={"rows": 2})
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for row in (*self.points, *self.rules):
            key = row["line"].key
            words = (data.get(f"{key}-mot") or "").strip()
            if data.get(key) == Verdict.NO and not words:
                self.add_error(f"{key}-mot", WHY_NO)
            elif data.get(key) is True and not words:
                self.add_error(f"{key}-mot", WHY_OVERRULE)
            elif not data.get(key) and words and row["line"].point is not None:
                self.add_error(
                    key, "Répondez oui, non ou sans objet : la remarque seule ne dit pas si le point est rempli."
                )
        return data

    def answers(self) -> Answers:
        data = self.cleaned_data
        given = {}
        for row in self.points:
            key = row["line"].key
            if data[key]:
                given[key] = (data[key], data[f"{key}-mot"])
        for row in self.rules:
            key = row["line"].key
            given[key] = (Verdict.OVERRULED, data[f"{key}-mot"]) if data[key] else (Verdict.UPHELD, "")
        return given


class PairForm(forms.Form):
    """The verdict on two near files."""

    use_required_attribute = False
    verdict = forms.ChoiceField(
        label="Votre avis",
        choices=[("distinct", "Ce n’est pas un doublon"), ("double", "C’est le même projet, demandé deux fois")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Pourquoi",
        max_length=2000,
        help_text="Ce qui distingue les deux projets : le public, le lieu, la période, les dépenses…",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RemarkForm(forms.Form):
    """On which answer, and what is to be said."""

    use_required_attribute = False
    item = forms.ChoiceField(label="Sur quelle réponse ou quelle pièce")
    text = forms.CharField(
        label="Votre remarque",
        max_length=500,
        help_text="Vous seuls la lisez, jusqu’à ce que vous la demandiez à la commune, avec ces mots.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any = None, *, groups: Sequence[Askable], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        offered = [
            (group.section.title, [(f"{one.kind}:{one.code}", one.label) for one in group.items]) for group in groups
        ]
        cast(forms.ChoiceField, self.fields["item"]).choices = [("", "Choisissez"), *offered]


class NoteForm(forms.Form):
    use_required_attribute = False
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label="Votre note",
        max_length=4000,
        help_text="La commune ne la lit jamais. « @Prénom Nom » prévient une personne de l’équipe par courriel.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class TypoForm(VersionedForm):
    after = forms.CharField(label="Le texte corrigé", max_length=20_000, widget=forms.Textarea)
    reason = forms.CharField(
        label="Pourquoi",
        max_length=500,
        help_text="La commune lit ces lignes : « Faute d’accord dans le titre ».",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
