"""One renderer and one field template for every form of the product."""

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

from common.typography import group_thousands


class FieldRenderer(TemplatesSetting):
    """Label, hint, error, `aria-describedby`, required mark and autocomplete are right everywhere at once."""

    field_template_name = "django/forms/field.html"


class WithFigures(str):
    """A message whose figures are written in the French way: « 35 999 »."""

    def __mod__(self, params: Any) -> str:
        written = {name: group_thousands(value) for name, value in params.items() if isinstance(value, int)}
        return str.__mod__(self, {**params, **written})


def use_plain_words() -> None:
    """Django's own messages describe a program (« Assurez-vous que cette valeur… »); ours say what to do.

    Called once at start-up, before any form is declared: a field copies its messages when it is made.
    """
    forms.Field.default_error_messages["required"] = "Il manque cette réponse."
    forms.BooleanField.default_error_messages = {"required": "Cochez cette case pour continuer."}
    forms.ChoiceField.default_error_messages["invalid_choice"] = "Choisissez une réponse dans la liste."
    forms.ChoiceField.default_error_messages["required"] = "Choisissez une réponse."
    forms.MultipleChoiceField.default_error_messages["required"] = "Choisissez au moins une réponse."
    for several in (forms.MultipleChoiceField, forms.ModelMultipleChoiceField):
        several.default_error_messages["invalid_choice"] = "Choisissez des réponses dans la liste."
    forms.ModelChoiceField.default_error_messages["invalid_choice"] = "Choisissez une réponse dans la liste."
    forms.DateField.default_error_messages["invalid"] = "Écrivez la date comme 22/11/2026."
    forms.DateTimeField.default_error_messages["invalid"] = "Écrivez la date et l’heure comme 22/11/2026 17:30."
    forms.IntegerField.default_error_messages["invalid"] = "Écrivez un nombre entier, sans lettre ni virgule."
    forms.FileField.default_error_messages |= {
        "required": "Choisissez un fichier.",
        "missing": "Choisissez un fichier.",
        "empty": "Ce fichier est vide.",
        "invalid": "Le fichier n’a pas été reçu. Choisissez-le de nouveau.",
    }
    forms.CharField.default_error_messages = {
        "max_length": WithFigures("%(limit_value)s caractères au plus\u202f; votre texte en a %(show_value)s."),
        "min_length": WithFigures("%(limit_value)s caractères au moins\u202f; votre texte en a %(show_value)s."),
    }
    # Its own parent's dictionary would be shared with every CharField.
    forms.EmailField.default_error_messages = {"invalid": "Écrivez une adresse comme prenom.nom@commune.fr."}
