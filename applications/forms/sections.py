"""The forms of the sections. Nothing is required to save: a draft is written over several days.

What is missing before sending is said by `applications.sections`, not by the forms; so no field is marked as optional but
the few that truly are (`OPTIONAL`).
"""

from collections.abc import Collection
from typing import Any

from django import forms

from applications import reference
from applications.forms.fields import DayField, LineField, WrittenField
from applications.forms.hints import EXAMPLES, HELP
from applications.models import Application
from applications.sections import Section
from applications.states import Phase, Public
from fund.states import ActionType, Theme

TEXT = 4000
LONG = 8000
OPTIONAL = ("open_questions",)
COLUMNS = ("grounds", "publics", "domains")

PHASE_HINTS = {
    Phase.INTERNAL: "Changer les pratiques de la commune elle-même.",
    Phase.PARTNERS: "Travailler avec des organismes du territoire.",
    Phase.OUTSIDE: "S’adresser aux habitants et aux organismes extérieurs.",
}


def _text(label: str, name: str, *, rows: int = 8, limit: int = TEXT) -> WrittenField:
    return WrittenField(label=label, max_length=limit, rows=rows, help_text=HELP[name])


def _several(label: str, name: str, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=HELP.get(name, ""),
        widget=forms.CheckboxSelectMultiple,
    )


class SectionForm(forms.Form):
    """One section of a file; saving is the service's work, `values` what it is given.

    Fields are independent: one that is refused does not hold the others back, and a form may come with some of them only.
    """

    def __init__(self, data: Any = None, *, application: Application, section: Section) -> None:
        self.application, self.section = application, section
        initial = {name: getattr(application, name) for name in section.fields}
        super().__init__(data, initial=initial)
        self.use_required_attribute = False

    def values(self, units: Collection[str]) -> dict[str, Any]:
        """What may be saved of these fields: those that were refused are left out."""
        return {name: self.cleaned_data[name] for name in units if name in self.cleaned_data}

    def shown(self) -> list[dict[str, Any]]:
        """The fields with what the template needs to know of each."""
        return [
            {
                "field": bound,
                "optional": bound.name in OPTIONAL,
                "example": EXAMPLES.get(bound.name, ""),
                "columns": bound.name in COLUMNS,
            }
            for bound in self.visible_fields()
        ]


class EmptyForm(SectionForm):
    """A section that only has a table."""


class ChantierForm(SectionForm):
    theme = forms.ChoiceField(label="Thème", required=False, help_text=HELP["theme"])
    title = LineField(label="Titre du chantier", max_length=160, help_text=HELP["title"])
    action_type = forms.ChoiceField(
        label="Type d’action", required=False, widget=forms.RadioSelect, help_text=HELP["action_type"]
    )
    phase = forms.ChoiceField(
        label="À qui s’adresse le changement", required=False, widget=forms.RadioSelect, help_text=HELP["phase"]
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        call = self.application.call
        themes = [(value, label) for value, label in Theme.choices if value in call.themes]
        self.fields["theme"].choices = [("", "Choisir un thème"), *themes]  # type: ignore[attr-defined]
        self.fields["action_type"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in ActionType.choices if value in call.action_types
        ]
        self.fields["phase"].choices = Phase.choices  # type: ignore[attr-defined]
        self.fields["phase"].widget.hints = {str(key): words for key, words in PHASE_HINTS.items()}


class EnjeuForm(SectionForm):
    stakes = _text("L’enjeu", "stakes")
    diagnostic = _text("Le diagnostic", "diagnostic")


class ReussiteForm(SectionForm):
    success = _text("Nous aurons réussi si…", "success", rows=6)


class DescriptionForm(SectionForm):
    description = _text("Le déroulement de l’action", "description", rows=10, limit=LONG)
    publics = _several("Publics visés", "publics", Public.choices)
    grounds = _several("Critères de discrimination concernés", "grounds", reference.grounds)
    domains = _several("Domaines", "domains", reference.domains)
    starts_on = DayField(label="Début de l’action", help_text=HELP["starts_on"])
    ends_on = DayField(label="Fin de l’action", help_text=HELP["ends_on"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts = cleaned.get("starts_on") if "starts_on" in self.data else self.application.starts_on
        ends = cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", "L’action finit avant d’avoir commencé. Vérifiez les deux dates.")
        return cleaned


class RessourcesForm(SectionForm):
    resources = _text("Ce qu’il faut réunir", "resources")


class GouvernanceForm(SectionForm):
    governance = _text("Qui fait quoi", "governance")


class ObstaclesForm(SectionForm):
    obstacles = _text("Les obstacles, et ce que vous ferez alors", "obstacles")
    open_questions = _text("Les questions ouvertes", "open_questions", rows=4)


class EngagementsForm(SectionForm):
    commitments = _several("La commune atteste et s’engage", "commitments", reference.COMMITMENTS)


FORMS: dict[str, type[SectionForm]] = {
    "chantier": ChantierForm,
    "enjeu": EnjeuForm,
    "reussite": ReussiteForm,
    "description": DescriptionForm,
    "ressources": RessourcesForm,
    "gouvernance": GouvernanceForm,
    "obstacles": ObstaclesForm,
    "engagements": EngagementsForm,
}
