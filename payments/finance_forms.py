"""What finance types: a return and its columns, the reason of a difference, the format of its files."""

from typing import Any
from uuid import uuid4

from django import forms

from common.money import MoneyField, euros
from payments.forms import VersionForm
from payments.layout import DATES, ENCODINGS, KNOWN, MARKS, SEPARATORS, WIDTHS, Layout, Shown, problem
from payments.models import PaymentLine
from payments.resources import TITLES


class ReturnForm(forms.Form):
    file = forms.FileField(
        label="Fichier du logiciel de finances",
        help_text="CSV ou XLSX, 5 Mo au plus. Rien n’est appliqué avant que vous ayez vu ce qu’il dit.",
        error_messages={"required": "Choisissez le fichier à importer.", "empty": "Ce fichier est vide."},
    )


class MappingForm(VersionForm):
    """A select a field, among the titles of the file."""

    def __init__(self, *args: Any, headers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Aucune colonne"), *((name, name) for name in headers if name)]
        for name, (label, _) in TITLES.items():
            self.fields[f"col_{name}"] = forms.ChoiceField(label=label, choices=choices, required=False)

    @property
    def columns(self) -> dict[str, str]:
        said = {name: self.cleaned_data.get(f"col_{name}", "") for name in TITLES}
        return {name: header for name, header in said.items() if header}


class SettleForm(forms.Form):
    reason = forms.CharField(
        label="Motif",
        help_text="Ce que vous avez vérifié et avec qui. Rien d’autre ne change : cette phrase est écrite au journal.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Il manque le motif : dites ce que vous avez vérifié."},
    )


class AttachForm(forms.Form):
    """The line a row of a return speaks of, among those that wait for its amount."""

    line = forms.TypedChoiceField(
        label="Ligne payée",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la ligne dont parle ce retour."},
    )
    why = forms.CharField(
        label="Comment vous le savez",
        help_text="Avec qui vous l’avez vérifié. Cette phrase est écrite au journal.",
        max_length=250,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites comment vous le savez : cette phrase est écrite au journal."},
    )

    def __init__(self, *args: Any, lines: list[PaymentLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = [(one.pk, _said(one)) for one in lines]  # type: ignore[attr-defined]


def _said(line: PaymentLine) -> str:
    instalment = line.instalment
    return (
        f"{line.batch.number} · {instalment.application.number} · {line.organisation.name} · "
        f"{instalment.get_kind_display().lower()} · {euros(line.amount_cents)}"
    )


class CancelForm(forms.Form):
    """`key` makes two posts of the same page one act."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Motif de l’annulation",
        help_text="La commune lit cette phrase dans le courriel qui part.",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Il manque le motif : il est écrit au journal et la commune le lit."},
    )
    stopped = forms.BooleanField(
        label="Les finances ont confirmé que cette ligne n’est pas payée et ne le sera pas",
        error_messages={
            "required": "Demandez-le d’abord aux finances : une ligne annulée ici et payée là-bas serait payée deux fois."
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("key", uuid4())
        super().__init__(*args, **kwargs)


class ReleaseForm(forms.Form):
    number = forms.CharField(
        label="Numéro du dernier lot que les finances connaissent",
        help_text="Demandez-le aux finances, ou lisez-le dans leur logiciel. Laissez vide si elles n’en ont reçu aucun.",
        max_length=20,
        required=False,
    )
    total_cents = MoneyField(label="Son montant total, d’après les finances", min_cents=0)
    note = forms.CharField(
        label="Qui l’a confirmé, et comment",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites qui vous a confirmé ce lot."},
    )


class LayoutForm(forms.Form):
    """Three fields a column (place, title, width); an empty place leaves the column out."""

    separator = forms.ChoiceField(label="Séparateur du CSV", choices=list(SEPARATORS.items()))
    encoding = forms.ChoiceField(label="Encodage du CSV", choices=list(ENCODINGS.items()))
    date_format = forms.ChoiceField(label="Dates", choices=list(DATES.items()))
    decimal_mark = forms.ChoiceField(label="Montants", choices=list(MARKS.items()))

    def __init__(self, *args: Any, layout: Layout, **kwargs: Any) -> None:
        names = ("separator", "encoding", "date_format", "decimal_mark")
        kwargs["initial"] = {name: getattr(layout, name) for name in names}
        super().__init__(*args, **kwargs)
        shown = {one.column.key: (place, one) for place, one in enumerate(layout.columns, start=1)}
        for key, column in KNOWN.items():
            place, one = shown.get(key, (None, Shown(column, column.header, WIDTHS[column.kind])))
            label = column.header
            self.fields[f"place_{key}"] = forms.IntegerField(
                label=f"Place de {label}", min_value=1, max_value=99, required=False, initial=place
            )
            self.fields[f"header_{key}"] = forms.CharField(label=f"Titre de {label}", max_length=60, initial=one.header)
            self.fields[f"width_{key}"] = forms.IntegerField(
                label=f"Largeur de {label}", min_value=4, max_value=120, initial=one.width
            )

    def rows(self) -> list[dict[str, Any]]:
        """For the table: each column with its three fields, what is shown first."""
        rows = [
            {"label": column.header, **{name: self[f"{name}_{key}"] for name in ("place", "header", "width")}}
            for key, column in KNOWN.items()
        ]
        return sorted(
            rows, key=lambda row: int(row["place"].value() or 99) if str(row["place"].value() or 99).isdigit() else 99
        )

    def _columns(self) -> list[dict[str, Any]]:
        said = self.cleaned_data
        chosen = [(said[f"place_{key}"], key) for key in KNOWN if said.get(f"place_{key}")]
        return [
            {"key": key, "header": said.get(f"header_{key}", ""), "width": said.get(f"width_{key}", 10)}
            for _, key in sorted(chosen, key=lambda pair: pair[0])
        ]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (sentence := problem(self._columns())):
            raise forms.ValidationError(sentence)
        if said.get("separator") == "," and said.get("decimal_mark") == ",":
            self.add_error("decimal_mark", "La virgule sépare déjà les colonnes : écrivez les montants avec un point.")
        return said

    def chosen(self) -> Layout:
        said = self.cleaned_data
        columns = tuple(Shown(KNOWN[one["key"]], one["header"], one["width"]) for one in self._columns())
        return Layout(said["separator"], said["encoding"], said["date_format"], said["decimal_mark"], columns)
