"""The rules of a proposal, as they are ticked."""

from typing import Any

from django import forms

from common.money import MoneyField, PercentField
from reviews.allocation import Rules


class RulesForm(forms.Form):
    """Empty is « not asked ». Read from the address: a proposal can be passed on, and nothing is written."""

    use_required_attribute = False
    montants = forms.ChoiceField(
        label="Montants",
        choices=(("entiers", "En entier, ou rien"), ("partiels", "Partiels, du plancher de l’appel au maximum")),
        widget=forms.RadioSelect,
    )
    base = forms.ChoiceField(
        label="Maximum par dossier",
        choices=(("avis", "Proposé par l’instruction"), ("demande", "Demandé, dans les règles de l’appel")),
        widget=forms.RadioSelect,
    )
    unite = forms.ChoiceField(
        label="Arrondi", choices=(("100", "À l’euro"), ("1000", "À la dizaine d’euros")), widget=forms.RadioSelect
    )
    seuil = forms.IntegerField(label="Note minimale", required=False, min_value=0, max_value=100, help_text="Sur 100.")
    plafond = MoneyField(label="Plafond par action", required=False, min_cents=100)
    commune = MoneyField(label="Plafond par commune", required=False, min_cents=100)
    dossiers = forms.IntegerField(label="Dossiers par commune, au plus", required=False, min_value=1, max_value=50)
    sans_plan = PercentField(
        label="Part minimale des communes sans plan local", required=False, help_text="Du total réparti."
    )
    themes = forms.IntegerField(label="Dossiers par thème, au moins", required=False, min_value=0, max_value=50)

    def rules(self) -> Rules:
        data = self.cleaned_data
        return Rules(
            least_points=None if data["seuil"] is None else data["seuil"] * 10,
            without_plan_bp=data["sans_plan"] or 0,
            commune_cents=data["commune"],
            commune_files=data["dossiers"],
            theme_files=data["themes"] or 0,
            file_cents=data["plafond"],
            partial=data["montants"] == "partiels",
            unit_cents=int(data["unite"]),
        )

    @property
    def by_opinion(self) -> bool:
        return bool(self.cleaned_data["base"] == "avis")

    def fields_asked(self) -> dict[str, Any]:
        """As typed, to be sent again with the copy."""
        return {name: self.data.get(name, "") for name in self.fields}


DEFAULTS = {"montants": "entiers", "base": "avis", "unite": "100"}
