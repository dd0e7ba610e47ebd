"""The forms of the desk and of the evaluators. They read what was typed; the services decide."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, cast

from django import forms

from applications.asking import Askable
from applications.models import Application, AskedItem
from applications.services.grounds import chosen, composed
from applications.states import DecisionKind, GroundUse
from common.money import MoneyField
from common.widgets import DateInput
from fund.models import Criterion
from reviews.forms_grounds import USE_OF, offer, picked
from reviews.services import Notes
from reviews.states import MAX_SCORE, Advice


class VersionedForm(forms.Form):
    """Carries the version of what the person was looking at."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, version: int | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": version, **kwargs.get("initial", {})}
        super().__init__(data, **kwargs)


def _lines(
    label: str, *, rows: int = 4, help_text: str = "", required: bool = True, most: int = 4000
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class OpinionForm(VersionedForm):
    advice = forms.ChoiceField(label="Votre avis", choices=Advice.choices, widget=forms.RadioSelect)
    text = _lines("Motivation", help_text="Le besoin, la qualité de l’action, ce qui explique le montant.")
    proposed_cents = MoneyField(label="Montant proposé", required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class PiecesForm(VersionedForm):
    """What is asked of the commune: each answer and document may be ticked, with what is expected of it; others are written."""

    items = _lines(
        "Autres pièces",
        rows=3,
        required=False,
        help_text="Une pièce par ligne, avec les mots que la commune reconnaîtra.",
    )
    reason = _lines("Pourquoi", rows=3, help_text="Ce qui ne va pas, ou ce que la pièce permet de vérifier.", most=2000)
    due_on = forms.DateField(
        label="À envoyer avant le",
        widget=DateInput(),
        help_text="Le délai d’instruction est arrêté jusqu’à la réponse de la commune, au plus tard jusqu’à cette date.",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        groups: Sequence[Askable] = (),
        ticked: Collection[str] = (),
        remarks: Sequence[Any] = (),
        wanted: str = "",
        **kwargs: Any,
    ) -> None:
        """`remarks` are those of the instructor: `wanted` (one's id, or « toutes ») says which are asked at once."""
        super().__init__(data, **kwargs)
        self._said: dict[tuple[str, str], str] = {}
        self._wanted: set[tuple[str, str]] = set()
        for one in remarks:
            at = one.kind, one.code
            self._said[at] = " ".join(filter(None, [self._said.get(at), one.text]))[:500]
            if wanted in ("toutes", str(one.pk)):
                self._wanted.add(at)
        self._items: list[tuple[str, AskedItem]] = []
        self.groups = []
        for group in groups:
            names = [self._offer(item, item.is_document and item.code in ticked) for item in group.items]
            rows = [{"ask": self[name], "remark": self[f"{name}-mot"]} for name in names]
            chosen = sum(bool(row["ask"].value()) for row in rows)
            said = sum((item.kind, item.code) in self._said for item in group.items)
            self.groups.append({"title": group.section.title, "rows": rows, "chosen": chosen, "said": said})

    def _offer(self, item: AskedItem, ticked: bool) -> str:
        name = f"{item.kind}-{item.code}"
        at = item.kind, item.code
        self.fields[name] = forms.BooleanField(label=item.label, required=False, initial=ticked or at in self._wanted)
        self.fields[f"{name}-mot"] = forms.CharField(
            label=f"Ce qui est attendu : {item.label}", required=False, max_length=500, initial=self._said.get(at, "")
        )
        self._items.append((name, item))
        return name

    def asked(self) -> list[AskedItem | str]:
        data = self.cleaned_data
        ticked = [replace(item, remark=data[f"{name}-mot"]) for name, item in self._items if data[name]]
        return [*ticked, *(line.strip() for line in data["items"].splitlines() if line.strip())]


class DeadlineForm(VersionedForm):
    due_on = forms.DateField(label="Nouvelle date limite", widget=DateInput())


class ChangeAnswerForm(VersionedForm):
    answer = _lines("Votre réponse", required=False)


class ReasonForm(VersionedForm):
    reason = _lines("Motif")

    def __init__(self, *args: Any, label: str = "", hint: str = "", required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        field.label, field.help_text, field.required = label or field.label, hint, required


class ReviewersForm(VersionedForm):
    evaluators = forms.MultipleChoiceField(label="Évaluateurs", widget=forms.CheckboxSelectMultiple)
    due_on = forms.DateField(label="Grilles attendues avant le", widget=DateInput())

    def __init__(self, *args: Any, people: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["evaluators"])
        field.choices = [(str(one.pk), str(one)) for one in people]
        field.widget.hints = {
            str(one.pk): ", ".join(filter(None, [one.job, _load(one.open_reviews)])) for one in people
        }

    def chosen(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["evaluators"]]


def _load(count: int) -> str:
    return "aucune grille en cours" if not count else f"{count} grille{'s' if count > 1 else ''} à rendre"


class DecisionForm(VersionedForm):
    kind = forms.ChoiceField(label="Décision", choices=DecisionKind.choices, widget=forms.RadioSelect)
    amount_cents = MoneyField(label="Montant accordé", required=False)
    reasons = _lines(
        "Motifs",
        required=False,
        help_text="Repris tels quels dans la lettre. Nécessaires pour un refus, ou si le montant n’est pas celui demandé.",
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application
        offer(self, *USE_OF.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == DecisionKind.GRANT and not data.get("amount_cents"):
            self.add_error("amount_cents", "Il manque le montant accordé.")
        said = (data.get("reasons") or "").strip() or self.grounds()
        if data.get("kind") == DecisionKind.REJECT and not said:
            self.add_error("reasons", "Un refus est motivé : dites à la commune ce qui a conduit à cette décision.")
        return data

    def grounds(self) -> list[int]:
        """The reasons of the list chosen for the kind of decision; those ticked for another kind are left out."""
        use = USE_OF.get(self.cleaned_data.get("kind"))  # type: ignore[arg-type]
        return picked(self, use) if use else []

    def whole_reasons(self) -> str:
        """As the letter will say them."""
        use = USE_OF[DecisionKind(self.cleaned_data["kind"])]
        return composed(chosen(self.grounds(), use), self.cleaned_data["reasons"])


class InadmissibleForm(VersionedForm):
    """The rules that are not met: some of the list, free words, or both."""

    reason = _lines(
        "Règle qui n’est pas respectée",
        required=False,
        help_text="La commune lit ces lignes telles quelles. Citez la règle de l’appel et le fait constaté.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, GroundUse.INADMISSIBLE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.whole():
            self.add_error("reason", "Une irrecevabilité est motivée : dites quelle règle n’est pas respectée.")
        return data

    def whole(self) -> str:
        listed = chosen(picked(self, GroundUse.INADMISSIBLE), GroundUse.INADMISSIBLE)
        return composed(listed, self.cleaned_data.get("reason") or "")


class SignForm(VersionedForm):
    act_number = forms.CharField(
        label="Numéro de l’acte", max_length=60, help_text="Celui de la délibération ou de la décision."
    )
    act_date = forms.DateField(label="Date de l’acte", widget=DateInput())


class SignLetterForm(SignForm):
    """Carries the version of the letter's text that was read; empty for the standard one."""

    text = forms.CharField(widget=forms.HiddenInput, required=False)


class GridForm(VersionedForm):
    """One note (0 to 5, or not applicable) and one comment a criterion; nothing is required while it is being filled in."""

    comment = _lines("Appréciation générale", required=False, help_text="Ce que le comité doit savoir de ce dossier.")

    def __init__(self, *args: Any, criteria: list[Criterion], scores: dict[int, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for criterion in criteria:
            score = scores.get(criterion.pk)
            given = "" if score is None else "na" if score.value is None else str(score.value)
            self.fields[f"note_{criterion.pk}"] = forms.ChoiceField(
                label=f"Note pour « {criterion.label} »",
                choices=[*((str(n), str(n)) for n in range(MAX_SCORE + 1)), ("na", "Non applicable")],
                widget=forms.RadioSelect,
                required=False,
                initial=given,
            )
            self.fields[f"comment_{criterion.pk}"] = forms.CharField(
                label=f"Commentaire sur « {criterion.label} »",
                required=False,
                max_length=2000,
                initial=score.comment if score else "",
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "criterion": criterion,
                "note": self[f"note_{criterion.pk}"],
                "comment": self[f"comment_{criterion.pk}"],
                "anchors": list(enumerate(criterion.anchors)),
            }
            for criterion in self.criteria
        ]

    def notes(self) -> Notes:
        """Only the criteria that were answered."""
        given: dict[int, tuple[int | None, str]] = {}
        for criterion in self.criteria:
            note = self.cleaned_data.get(f"note_{criterion.pk}", "")
            if note:
                given[criterion.pk] = (
                    None if note == "na" else int(note),
                    self.cleaned_data[f"comment_{criterion.pk}"],
                )
        return given

    def complain(self, limit: int) -> bool:
        """Before handing in: put each thing that lacks beside its criterion (a note under `limit` says why). True when something
        lacks."""
        for criterion in self.criteria:
            note = self.cleaned_data.get(f"note_{criterion.pk}", "")
            words = self.cleaned_data.get(f"comment_{criterion.pk}", "")
            if not note:
                self.add_error(f"note_{criterion.pk}", "Donnez une note, ou « non applicable ».")
            elif note != "na" and int(note) < limit and not words.strip():
                self.add_error(f"comment_{criterion.pk}", f"Sous {limit}, dites pourquoi.")
        return bool(self.errors)
