"""The small tables of a file: partners, calendar, indicators. Empty rows are ignored, « retirer » empties one."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory

from applications.forms.fields import DayField, LineField
from applications.models import Application
from applications.services.writing import MAX_ROWS

SPARE = 2


class RowForm(forms.Form):
    """One line of a table. `needs` is the field that makes the line exist."""

    needs = "label"
    use_required_attribute = False

    def is_empty(self) -> bool:
        return not any(value for name, value in self.cleaned_data.items() if name != "DELETE")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get(self.needs) and any(cleaned.values()) and self.needs not in self.errors:
            self.add_error(self.needs, f"Il manque : {str(self.fields[self.needs].label).lower()}.")
        return cleaned


class PartnerForm(RowForm):
    needs = "name"
    name = LineField(label="Partenaire", max_length=160)
    role = LineField(label="Ce qu’il fait", max_length=300)
    confirmed = forms.BooleanField(label="Accord obtenu", required=False)


class MilestoneForm(RowForm):
    label = LineField(label="Étape", max_length=200)
    planned_on = DayField(label="Date prévue")


class IndicatorForm(RowForm):
    label = LineField(label="Ce que l’on compte", max_length=200)
    unit = LineField(label="Unité", max_length=40)
    baseline = LineField(label="Départ", max_length=40)
    target = LineField(label="Cible", max_length=40)
    proof = LineField(label="Preuve", max_length=200)


class RowSet(BaseFormSet):
    """A table of rows; `rows()` is what the service is given: the lines that say something."""

    def rows(self) -> list[dict[str, Any]]:
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return [
            {name: value for name, value in form.cleaned_data.items() if name != "DELETE"}
            for form in kept
            if not form.is_empty()
        ]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = f"Retirer la ligne {(index or 0) + 1}"


TABLES: dict[str, tuple[type[RowForm], str, str]] = {
    "partners": (PartnerForm, "Les partenaires", "Ajouter un partenaire"),
    "milestones": (MilestoneForm, "Le calendrier", "Ajouter une étape"),
    "indicators": (IndicatorForm, "Les indicateurs", "Ajouter un indicateur"),
}


def rowset(
    form: type[RowForm], initial: Sequence[dict[str, Any]], *, prefix: str, data: Any = None, spare: int = SPARE
) -> Any:
    factory = formset_factory(
        form, formset=RowSet, extra=spare, max_num=MAX_ROWS, absolute_max=MAX_ROWS + 20, can_delete=True
    )
    # Posted rows are compared with nothing: one that equals what a colleague saved meanwhile would pass for untouched.
    return factory(data, initial=list(initial) if data is None else None, prefix=prefix)


def table_of(application: Application, name: str, *, data: Any = None, spare: int = SPARE) -> Any:
    """The table `name` of a file, as it stands or as it was typed."""
    form = TABLES[name][0]
    rows = [{field: getattr(row, field) for field in form.base_fields} for row in getattr(application, name).all()]
    return rowset(form, rows, prefix=name, data=data, spare=spare if rows else max(spare, 3))
