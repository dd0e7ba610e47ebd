"""Forms of a call: one small form for each part of its rules."""

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory

from common.dates import moment
from common.money import MoneyField, PercentField, percent_bare
from common.widgets import DateInput, MomentInput
from fund.models import Call, Envelope, PlannedShare
from fund.states import ActionType, Audience, LegalBasis, Theme

LEGAL_BASIS_HINTS = {
    LegalBasis.CITY_CONTRACT: (
        "La Métropole exerce la politique de la ville à la place des communes, dont les programmes d’actions du contrat "
        "de ville (CGCT, L. 5217-2, I, 4°). Convient aux actions de fonctionnement : formation, sensibilisation, "
        "permanence. Pièces : délibération de la commune et plan de financement."
    ),
    LegalBasis.SHARED_COST_FUND: (
        "Seulement pour réaliser ou faire fonctionner un équipement, avec l’accord des deux conseils. Le total des "
        "fonds de concours ne dépasse pas la part que la commune finance elle-même, hors subventions : le taux maximum "
        "est de 50 %. La commune émet un titre de recettes."
    ),
    LegalBasis.AGREEMENT: (
        "Une convention, ou deux délibérations concordantes, fixe la participation de chacun. La commune émet un titre "
        "de recettes à chaque versement."
    ),
    LegalBasis.OTHER: "À préciser dans le règlement, après avis du service juridique et du comptable public.",
}
SHARED_COST_MAX_BP = 5000


class NewCallForm(forms.Form):
    title = forms.CharField(label="Titre", max_length=160)
    envelope = forms.ModelChoiceField(label="Enveloppe", queryset=Envelope.objects.none(), empty_label=None)
    copy_of = forms.ModelChoiceField(
        label="Partir de",
        queryset=Call.objects.none(),
        required=False,
        empty_label="un appel vierge",
        help_text="Les règles, les critères, les pièces et les versements sont repris ; les dates sont décalées d’autant d’années.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        envelopes = Envelope.objects.select_related("line__budget").filter(line__budget__closed_at=None)
        self.fields["envelope"].queryset = envelopes.order_by("-line__budget__year")  # type: ignore[attr-defined]
        calls = Call.objects.all()
        self.fields["copy_of"].queryset = calls  # type: ignore[attr-defined]
        self.fields["copy_of"].initial = calls.first()


class CallPartForm(forms.ModelForm):
    """Carries the version that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class PresentationForm(CallPartForm):
    class Meta:
        model = Call
        fields = ["title", "summary", "rules", "contact"]
        widgets = {"summary": forms.Textarea(attrs={"rows": 4}), "rules": forms.Textarea(attrs={"rows": 18})}
        help_texts = {
            "summary": "Deux ou trois phrases qu’un agent communal comprend d’un coup : c’est le haut de la page publique.",
            "rules": "Le règlement, en entier. Une ligne vide sépare deux paragraphes ; une ligne qui commence par # est un titre.",
            "contact": "Qui répond aux questions, avec son téléphone si possible.",
        }


class CalendarForm(CallPartForm):
    class Meta:
        model = Call
        fields = ["opens_at", "closes_at", "decision_expected_on", "report_due_on"]
        widgets = {
            "opens_at": MomentInput(),
            "closes_at": MomentInput(),
            "decision_expected_on": DateInput(),
            "report_due_on": DateInput(),
        }
        help_texts = {
            "opens_at": "Heure de Paris. L’appel s’ouvre de lui-même.",
            "closes_at": "Heure de Paris. Une seconde plus tard, plus aucun dossier n’est reçu.",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        opens, closes = data.get("opens_at"), data.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", f"La clôture doit venir après l’ouverture ({moment(opens)}).")
        decided, report = data.get("decision_expected_on"), data.get("report_due_on")
        if closes and decided and decided < closes.date():
            self.add_error("decision_expected_on", "La décision vient après la clôture.")
        if closes and report and report <= closes.date():
            self.add_error("report_due_on", "Le bilan est attendu après la clôture.")
        return data


class AudienceForm(CallPartForm):
    audience = forms.ChoiceField(label="Communes concernées", choices=Audience.choices, widget=forms.RadioSelect)
    themes = forms.MultipleChoiceField(label="Thèmes", choices=Theme.choices, widget=forms.CheckboxSelectMultiple)
    action_types = forms.MultipleChoiceField(
        label="Types d’action", choices=ActionType.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Call
        fields = ["audience", "themes", "action_types"]


class AmountsForm(CallPartForm):
    legal_basis = forms.ChoiceField(
        label="Base juridique de l’aide", choices=LegalBasis.choices, widget=forms.RadioSelect
    )
    max_rate_bp = PercentField(label="Part des dépenses prise en charge, au plus")
    min_own_share_bp = PercentField(
        label="Part minimale de la commune", help_text="Règle du fonds, sur le coût total de l’action."
    )
    ceiling_cents = MoneyField(label="Plafond d’une aide", min_cents=1)
    floor_cents = MoneyField(label="Plancher d’une aide", min_cents=1)

    class Meta:
        model = Call
        fields = ["legal_basis", "envelope", "max_rate_bp", "min_own_share_bp", "ceiling_cents", "floor_cents"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["legal_basis"].widget.hints = LEGAL_BASIS_HINTS
        envelopes = Envelope.objects.select_related("line__budget").order_by("-line__budget__year")
        self.fields["envelope"].queryset = envelopes  # type: ignore[attr-defined]
        self.fields["envelope"].empty_label = None  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        floor, ceiling = data.get("floor_cents"), data.get("ceiling_cents")
        if floor and ceiling and floor > ceiling:
            self.add_error("floor_cents", "Le plancher ne peut pas dépasser le plafond.")
        rate = data.get("max_rate_bp")
        if data.get("legal_basis") == LegalBasis.SHARED_COST_FUND and rate and rate > SHARED_COST_MAX_BP:
            self.add_error("max_rate_bp", "Un fonds de concours ne dépasse pas la part de la commune : 50 % au plus.")
        if rate and data.get("min_own_share_bp") is not None and rate + data["min_own_share_bp"] > 10_000:
            self.add_error(
                "min_own_share_bp", "La part de la commune et la part prise en charge dépassent 100 % ensemble."
            )
        return data


class ReadingForm(CallPartForm):
    comment_under = forms.IntegerField(
        label="Un commentaire est demandé sous la note de",
        min_value=0,
        max_value=5,
        help_text="De 0 (jamais) à 5. Un évaluateur qui note plus bas dit pourquoi.",
    )
    second_reading_over = forms.IntegerField(
        label="Une seconde lecture est demandée au-dessus d’un écart de",
        min_value=0,
        max_value=100,
        help_text="En points sur 100, entre la grille la plus haute et la plus basse ; 100 pour ne jamais en demander.",
    )

    class Meta:
        model = Call
        fields = ["comment_under", "second_reading_over"]


class RowForm(forms.Form):
    id = forms.IntegerField(required=False, widget=forms.HiddenInput)


class CriterionForm(RowForm):
    label = forms.CharField(label="Critère", max_length=160)
    help = forms.CharField(label="Ce qu’on regarde", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    weight = forms.IntegerField(label="Poids", min_value=1, max_value=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        anchors = (kwargs.get("initial") or {}).get("anchors") or []
        super().__init__(*args, **kwargs)
        self.fields["weight"].widget.suffix = "%"
        self.fields["weight"].widget.width = "s"
        for score in range(6):
            self.fields[f"anchor_{score}"] = forms.CharField(
                label=f"Note {score}",
                max_length=200,
                required=False,
                initial=anchors[score] if score < len(anchors) else "",
            )

    def anchor_fields(self) -> list[Any]:
        return [self[f"anchor_{score}"] for score in range(6)]

    def row(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "id": data.get("id"),
            "label": data["label"],
            "help": data["help"],
            "weight": data["weight"],
            "anchors": [data[f"anchor_{score}"] for score in range(6)],
        }


class DocumentForm(RowForm):
    label = forms.CharField(label="Pièce", max_length=160)
    help = forms.CharField(label="Aide", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    required = forms.BooleanField(label="Obligatoire", required=False)
    valid_months = forms.IntegerField(
        label="De moins de",
        required=False,
        min_value=1,
        max_value=120,
        help_text="En mois, le jour de l’envoi. La commune indique alors la date du document. Vide : il n’expire pas.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_months"].widget.suffix = "mois"
        self.fields["valid_months"].widget.width = "s"

    def row(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in ("id", "label", "help", "required", "valid_months")}


class PointForm(RowForm):
    label = forms.CharField(
        label="Point à vérifier",
        max_length=200,
        help_text="Une phrase à laquelle on répond par oui ou non : « La délibération cite l’action demandée ».",
    )
    help = forms.CharField(
        label="Où regarder, ce qui suffit",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def row(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in ("id", "label", "help")}


class ShareForm(RowForm):
    # The first choice is what an untouched row sends: without it as initial, the spare row would ask for its rate.
    kind = forms.ChoiceField(
        label="Versement", choices=PlannedShare.Kind.choices, initial=PlannedShare.Kind.choices[0][0]
    )
    share_bp = PercentField(label="Part de l’aide")
    days_after = forms.IntegerField(
        label="Attendu après",
        required=False,
        min_value=0,
        max_value=1100,
        help_text="En jours, après la décision pour un acompte, après la date du bilan pour un solde. Vide : 30 jours après "
        "la décision pour un acompte, à mi-chemin pour un acompte intermédiaire, à la date du bilan pour un solde.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days_after"].widget.suffix = "jours"
        self.fields["days_after"].widget.width = "s"

    def row(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in ("id", "kind", "share_bp", "days_after")}


class RowSet(BaseFormSet):
    """Rows kept, in their order; a row ticked « retirer » is left out."""

    total_of = ""
    total = 0
    total_sentence = ""

    def kept(self) -> list[Any]:
        return [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]

    def rows(self) -> list[dict[str, Any]]:
        return [form.row() for form in self.kept()]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "Retirer cette ligne"

    def clean(self) -> None:
        if any(self.errors) or not self.total_of:
            return
        found = sum(form.cleaned_data[self.total_of] for form in self.kept())
        if found != self.total:
            shown = found if self.total == 100 else percent_bare(found)
            raise forms.ValidationError(f"{self.total_sentence} Le total est de {shown}\u202f%.")


class CriterionSet(RowSet):
    total_of, total = "weight", 100
    total_sentence = "Les poids des critères doivent faire 100 % ensemble."


class ShareSet(RowSet):
    total_of, total = "share_bp", 10_000
    total_sentence = "Les versements doivent faire 100 % de l’aide."


CriterionFormSet = formset_factory(CriterionForm, formset=CriterionSet, extra=1, can_delete=True, max_num=12)
DocumentFormSet = formset_factory(DocumentForm, formset=RowSet, extra=2, can_delete=True, max_num=20)
PointFormSet = formset_factory(PointForm, formset=RowSet, extra=3, can_delete=True, max_num=20)
ShareFormSet = formset_factory(ShareForm, formset=ShareSet, extra=1, can_delete=True, max_num=6)
