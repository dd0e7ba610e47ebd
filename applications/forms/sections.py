"""The forms of the sections. Nothing is required to save: a draft is written over several days.

What is missing before sending is said by `applications.sections`, not by the forms; so no field is marked as optional but
the few that truly are (`OPTIONAL`).
"""

from typing import Any

from django import forms

from applications import reference
from applications.models import Application
from applications.sections import Section
from applications.states import Phase, Public
from common.widgets import DateInput
from fund.states import ActionType, Theme

TEXT = 4000
LONG = 8000
OPTIONAL = ("open_questions",)

HELP = {
    "theme": "Le domaine principal. L’action peut en toucher d’autres : vous les direz plus loin.",
    "title": "Un titre qu’un habitant comprendrait. Dites l’action plutôt que l’intention.",
    "stakes": "Quelle inégalité de traitement voulez-vous réduire, et pour qui ? Partez de ce qui se passe dans votre "
    "commune. Nommez les critères en cause sans jamais décrire une personne.",
    "diagnostic": "Sur quoi vous appuyez-vous : enquête, plan local, paroles d’agents, chiffres d’un partenaire ? Une "
    "petite commune peut s’en tenir à quelques entretiens. Dites aussi ce que vous ne savez pas encore.",
    "success": "Terminez la phrase. Deux à cinq résultats que l’on pourra vérifier : vous les retrouverez dans le bilan.",
    "description": "Racontez l’action dans l’ordre où elle se déroulera : combien de séances, avec qui, où, pendant "
    "combien de temps.",
    "resources": "Les personnes, les lieux, les outils. Cherchez d’abord ce qui existe : un outil prêté par une autre "
    "commune, un guide du Défenseur des droits, une formation de la métropole.",
    "governance": "Qui porte l’action, qui décide, qui tient le calendrier, que fait chaque partenaire ? Indiquez des "
    "fonctions, pas des noms.",
    "obstacles": "Qu’est-ce qui pourrait empêcher l’action de réussir, et que ferez-vous alors ? Une difficulté dite "
    "d’avance est un bon signe.",
    "open_questions": "Ce qui n’est pas encore tranché, ou ce que vous voulez demander à la métropole.",
    "publics": "À qui l’action s’adresse directement. Plusieurs réponses possibles.",
    "grounds": "Les critères de discrimination que l’action combat. C’est une propriété de l’action, jamais d’une personne.",
    "domains": "Là où ces discriminations se produisent.",
    "starts_on": "Après l’envoi du dossier : aucune dépense ne doit être engagée avant.",
}
PHASE_HINTS = {
    Phase.INTERNAL: "Changer les pratiques de la commune elle-même.",
    Phase.PARTNERS: "Travailler avec des organismes du territoire.",
    Phase.OUTSIDE: "S’adresser aux habitants et aux organismes extérieurs.",
}


def _text(label: str, name: str, *, rows: int = 8, limit: int = TEXT) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        required=False,
        help_text=HELP.get(name, ""),
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _several(label: str, name: str, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=HELP.get(name, ""),
        widget=forms.CheckboxSelectMultiple,
    )


class SectionForm(forms.Form):
    """One section of a file; `save` is the service's work, `values` what it is given."""

    def __init__(self, data: Any = None, *, application: Application, section: Section) -> None:
        self.application, self.section = application, section
        initial = {name: getattr(application, name) for name in section.fields}
        super().__init__(data, initial=initial)
        self.use_required_attribute = False

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.section.fields if name in self.fields}

    def shown(self) -> list[dict[str, Any]]:
        """The fields with what the template needs to know of each."""
        return [{"field": bound, "optional": bound.name in OPTIONAL} for bound in self.visible_fields()]


class EmptyForm(SectionForm):
    """A section that only has a table."""


class ChantierForm(SectionForm):
    theme = forms.ChoiceField(label="Thème", required=False, help_text=HELP["theme"])
    title = forms.CharField(label="Titre du chantier", max_length=160, required=False, help_text=HELP["title"])
    action_type = forms.ChoiceField(label="Type d’action", required=False, widget=forms.RadioSelect)
    phase = forms.ChoiceField(label="À qui s’adresse le changement", required=False, widget=forms.RadioSelect)

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
    starts_on = forms.DateField(
        label="Début de l’action", required=False, help_text=HELP["starts_on"], widget=DateInput()
    )
    ends_on = forms.DateField(label="Fin de l’action", required=False, widget=DateInput())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
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
