from typing import Any

from django import forms

from accounts.models import Organisation
from common.money import MoneyField
from common.search import sort_key
from fund.models import Call
from fund.states import ActionType


class EstimateForm(forms.Form):
    """Three answers, without an account. The commune is typed, with the names proposed by the browser."""

    commune = forms.CharField(label="Votre commune", max_length=120)
    type = forms.ChoiceField(label="L’action consiste surtout en")
    cout = MoneyField(label="Son coût, à peu près", min_cents=1)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].choices = ActionType.choices  # type: ignore[attr-defined]
        self.fields["commune"].widget.attrs |= {"list": "communes", "autocomplete": "address-level2"}

    def clean_commune(self) -> Organisation:
        name = self.cleaned_data["commune"]
        commune = Organisation.objects.communes().filter(sort_name=sort_key(name)).first()
        if commune is None:
            raise forms.ValidationError(
                "Nous ne trouvons pas cette commune parmi celles de la Métropole. Vérifiez son nom."
            )
        return commune
