"""Labels on several files at once."""

from typing import Any, cast

from django import forms

from accounts.states import Role
from applications.models import Application, Label
from applications.services.instruction import check_instructs
from applications.services.labels import change_labels, difference
from common.errors import DomainError
from reviews.bulk.base import Asked, JobForm, Kind, Ready, register

SAME = "Ce dossier est déjà étiqueté ainsi."


class LabelForm(JobForm):
    put = forms.MultipleChoiceField(label="Étiquettes à mettre", widget=forms.CheckboxSelectMultiple, required=False)
    take = forms.MultipleChoiceField(label="Étiquettes à enlever", widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = list(Label.objects.all())
        put, take = (cast(forms.MultipleChoiceField, self.fields[name]) for name in ("put", "take"))
        put.choices = [(str(one.pk), one.name) for one in labels if one.retired_at is None]
        take.choices = [(str(one.pk), one.name) for one in labels]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        both = set(data.get("put") or ()) & set(data.get("take") or ())
        if both:
            self.add_error("take", "Une même étiquette est à mettre et à enlever : choisissez.")
        elif not self.errors and not data.get("put") and not data.get("take"):
            self.add_error("put", "Choisissez au moins une étiquette.")
        return data

    def asked(self) -> dict[str, Any]:
        return {name: [int(pk) for pk in self.cleaned_data[name]] for name in ("put", "take")}


@register
class Labelling(Kind):
    code, verb, title = "etiqueter", "Étiqueter", "Étiquettes changées"
    hint = "Les étiquettes servent à l’équipe du fonds ; les communes ne les voient pas."
    form = LabelForm

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        check_instructs(application, by=by)
        if not asked:
            return Ready()
        new, gone = difference(application, asked["put"], asked["take"])
        if not new and not gone:
            raise DomainError(SAME)
        return Ready(words=_told([one.name for one in new], [one.name for one in gone]))

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        new, gone = change_labels(pk, put=asked["put"], take=asked["take"], by=by)
        if not new and not gone:
            raise DomainError(SAME)
        return f"{_told(new, gone)[:1].upper()}{_told(new, gone)[1:]}."


def _told(new: list[str], gone: list[str]) -> str:
    said = [f"{verb} {', '.join(names)}" for verb, names in (("mise", new), ("enlevée", gone)) if names]
    return " ; ".join(said)
