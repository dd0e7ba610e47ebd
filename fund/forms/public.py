from typing import Any
from urllib.parse import urlencode

from django import forms

from accounts.models import Organisation
from common.money import MoneyField
from common.search import sort_key
from common.widgets import DateInput
from fund.estimate import Asked
from fund.models import Call
from fund.states import ActionType, Theme

MAX_COST = 10**11  # as in the budget of a file


class EstimateForm(forms.Form):
    """Five questions, without an account. The commune is typed, with the names proposed by the browser."""

    use_required_attribute = False
    commune = forms.CharField(
        label="1. Votre commune", max_length=120, error_messages={"required": "Écrivez le nom de votre commune."}
    )
    type = forms.ChoiceField(
        label="2. L’action consiste surtout en", error_messages={"required": "Choisissez ce que fait l’action."}
    )
    theme = forms.ChoiceField(
        label="3. Dans le domaine", error_messages={"required": "Choisissez le domaine de l’action."}
    )
    debut = forms.DateField(
        label="4. Elle commencerait le",
        widget=DateInput(),
        error_messages={
            "required": "Donnez la date du début, même approchée.",
            "invalid": "Écrivez la date comme 15/09/2027.",
        },
    )
    cout = MoneyField(label="5. Son coût, à peu près", min_cents=1, max_cents=MAX_COST)
    autres = MoneyField(
        label="Dont autres subventions",
        required=False,
        max_cents=MAX_COST,
        help_text="État, département, région… acquises ou demandées.",
    )

    def __init__(self, data: Any = None, *, call: Call, commune: str = "") -> None:
        super().__init__(data, initial={"commune": commune}, auto_id="id_%s")
        self.fields["type"].choices = [("", "Choisissez"), *ActionType.choices]  # type: ignore[attr-defined]
        self.fields["theme"].choices = [("", "Choisissez"), *Theme.choices]  # type: ignore[attr-defined]
        self.fields["commune"].widget.attrs |= {"list": "communes", "autocomplete": "off"}

    def clean_commune(self) -> Organisation:
        name = self.cleaned_data["commune"]
        commune = Organisation.objects.communes().filter(sort_name=sort_key(name)).first()
        if commune is None:
            raise forms.ValidationError(
                "Nous ne trouvons pas cette commune parmi celles de la Métropole. Vérifiez son nom."
            )
        return commune

    def asked(self) -> Asked:
        data = self.cleaned_data
        return Asked(
            organisation=data["commune"],
            action_type=data["type"],
            theme=data["theme"],
            starts_on=data["debut"],
            cost_cents=data["cout"],
            other_cents=data["autres"] or 0,
        )

    def as_query(self) -> str:
        """The answers as they were typed, to be carried to the page that begins a file."""
        return urlencode({name: self.data.get(name, "") for name in self.fields})

    def wrong(self) -> list[tuple[str, str]]:
        """Of what was answered, what cannot be: where it is, and why."""
        answered = [name for name in self.errors if self.data.get(name, "").strip()]
        return [(self[name].id_for_label, str(error)) for name in answered for error in self.errors[name]]

    def still_empty(self) -> list[str]:
        """What is left to answer, in the words of the labels."""
        names = [name for name, field in self.fields.items() if field.required and not self.data.get(name, "").strip()]
        return [str(self.fields[name].label) for name in names]
