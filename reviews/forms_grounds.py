"""Reasons of the list: chosen in a decision, and kept by the manager."""

from typing import Any, cast

from django import forms

from applications.models import Ground
from applications.services import grounds
from applications.services.grounds import MOST_WORDS
from applications.states import DecisionKind, GroundUse

USE_OF = {
    DecisionKind.GRANT: GroundUse.REDUCTION,
    DecisionKind.WAITLIST: GroundUse.WAITLIST,
    DecisionKind.REJECT: GroundUse.REFUSAL,
}
LABELS = {
    GroundUse.REFUSAL: "Motifs du refus",
    GroundUse.REDUCTION: "Motifs du montant réduit",
    GroundUse.WAITLIST: "Motifs de la mise en liste d’attente",
    GroundUse.INADMISSIBLE: "Règles qui ne sont pas respectées",
}


def name_of(use: str) -> str:
    return f"grounds_{use}"


def offer(form: forms.Form, *uses: str) -> None:
    """One group of boxes a use, when the list has something for it; the sentence of the letter beside each."""
    listed = grounds.offered(*uses)
    for use in uses:
        mine = [one for one in listed if one.use == use]
        if not mine:
            continue
        field = forms.MultipleChoiceField(
            label=LABELS[GroundUse(use)],
            choices=[(str(one.pk), one.label) for one in mine],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        cast(Any, field.widget).hints = {str(one.pk): one.sentence for one in mine}
        form.fields[name_of(use)] = field


def picked(form: forms.Form, use: str) -> list[int]:
    """The ids chosen for this use."""
    return [int(pk) for pk in form.cleaned_data.get(name_of(use)) or ()]


class GroundForm(forms.Form):
    """A new reason; without `use` and `code` when it is mended."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    use = forms.ChoiceField(label="Ce motif sert pour", choices=GroundUse.choices, widget=forms.RadioSelect)
    code = forms.RegexField(
        label="Code",
        regex=r"^[A-Za-z0-9-]+$",
        max_length=12,
        help_text="Court, sans accent ni espace : il sert dans les tableurs à importer. Il ne changera plus.",
        error_messages={"invalid": "Des lettres sans accent, des chiffres ou des tirets, sans espace."},
    )
    label = forms.CharField(label="Nom dans la liste", max_length=80)
    words = forms.CharField(
        label="Phrase de la lettre",
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Une phrase complète, adressée à la commune : le fait qui a conduit à la décision.",
    )
    rule = forms.CharField(
        label="Règle citée",
        max_length=200,
        required=False,
        help_text="Par exemple « article 4 du règlement du fonds ». Elle suit la phrase, entre parenthèses.",
    )

    def __init__(self, *args: Any, ground: Ground | None = None, **kwargs: Any) -> None:
        if ground is not None:
            kwargs["initial"] = {name: getattr(ground, name) for name in ("label", "words", "rule", "version")}
        super().__init__(*args, **kwargs)
        if ground is not None:
            del self.fields["use"], self.fields["code"]
