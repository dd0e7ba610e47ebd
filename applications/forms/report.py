"""The forms of a final report. Nothing is required to save; what is missing is said by `applications.report_parts`."""

from typing import Any

from django import forms

from applications.forms.acts import ActForm, ManyFilesField
from applications.forms.rows import RowForm, RowSet, rowset
from applications.models import FinalReport, ReportIndicator, ReportLine, ReportPhoto
from applications.report_parts import BY_SLUG, PARTS
from applications.services.reports import MAX_ADDED, MAX_TEXT
from applications.states import CHARGE_ACCOUNTS, PRODUCT_ACCOUNTS, PhotoPeople, ProofKind, Side
from common.money import MoneyField

MAX_LINE = 10**11
CHARGES = dict(CHARGE_ACCOUNTS)
PUBLISH = "J’accepte la publication de cette partie"


class TextForm(forms.Form):
    use_required_attribute = False
    text = forms.CharField(
        label="Votre texte", max_length=MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 10})
    )
    publish = forms.BooleanField(
        label=PUBLISH,
        required=False,
        help_text="Le fonds la publie après relecture, si la commune accepte aussi la fiche.",
    )


class MeasureForm(forms.Form):
    """One indicator: figures or words, kept as they were typed."""

    use_required_attribute = False
    done = forms.CharField(label="Réalisé", max_length=40, required=False)
    comment = forms.CharField(label="Commentaire", max_length=300, required=False)

    def __init__(self, data: Any = None, *, measure: ReportIndicator) -> None:
        self.measure = measure
        initial = {"done": measure.done, "comment": measure.comment}
        super().__init__(data, prefix=f"m{measure.pk}", initial=initial)


class DoneForm(forms.Form):
    """One planned line: what was really paid, or received."""

    use_required_attribute = False
    amount = MoneyField(label="Réalisé", required=False, max_cents=MAX_LINE)

    def __init__(self, data: Any = None, *, line: ReportLine) -> None:
        self.line = line
        super().__init__(data, prefix=f"l{line.pk}", initial={"amount": line.done_cents})


class AddedForm(RowForm):
    """A line that nobody had planned. Each account is on one side only."""

    needs = "amount"
    account = forms.ChoiceField(
        label="Compte",
        required=False,
        choices=[("", "Choisir un compte"), ("Charges", CHARGE_ACCOUNTS), ("Produits", PRODUCT_ACCOUNTS)],
    )
    label = forms.CharField(label="Précision", max_length=160, required=False)
    amount = MoneyField(label="Montant", required=False, max_cents=MAX_LINE)

    def clean(self) -> dict[str, Any]:
        cleaned = forms.Form.clean(self) or {}
        if (cleaned.get("label") or cleaned.get("amount") is not None) and not cleaned.get("account"):
            self.add_error("account", "Choisissez le compte de cette ligne.")
        if (
            "amount" not in self.errors
            and cleaned.get("amount") is None
            and (cleaned.get("label") or cleaned.get("account"))
        ):
            self.add_error("amount", "Il manque le montant de cette ligne.")
        return cleaned


class BudgetForms:
    """The planned lines, the added ones, the note; `done()` and `added()` are what the service is given."""

    def __init__(self, report: FinalReport, data: Any = None) -> None:
        lines = list(report.lines.all())
        self.aid = next((line for line in lines if line.is_request), None)
        self.planned = [DoneForm(data, line=x) for x in lines if not x.added and not x.is_request]
        rows = [{"account": x.account, "label": x.label, "amount": x.done_cents} for x in lines if x.added]
        self.more: RowSet = rowset(AddedForm, rows, prefix="ajout", data=data, spare=2)
        self.more.max_num = MAX_ADDED
        self.note = NoteForm(data, initial={"note": report.budget_note})
        self.forms = (*self.planned, self.more, self.note)

    def is_valid(self) -> bool:
        verdicts = [one.is_valid() for one in self.forms]
        return all(verdicts)

    def done(self) -> dict[int, int | None]:
        return {form.line.pk: form.cleaned_data["amount"] for form in self.planned}

    def added(self) -> list[dict[str, Any]]:
        return [
            {
                "side": Side.CHARGE.value if row["account"] in CHARGES else Side.PRODUCT.value,
                "account": row["account"],
                "label": row["label"],
                "funder": "",
                "done_cents": row["amount"],
            }
            for row in self.more.rows()
        ]


class NoteForm(forms.Form):
    use_required_attribute = False
    note = forms.CharField(
        label="Ce qui explique les écarts",
        max_length=3000,
        required=False,
        help_text="Une phrase par écart important : pourquoi plus, pourquoi moins.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PublicationForm(forms.Form):
    use_required_attribute = False
    accepted = forms.BooleanField(label="J’accepte la publication de la fiche", required=False)


class ProofForm(forms.Form):
    use_required_attribute = False
    kind = forms.ChoiceField(label="Ce que c’est", choices=ProofKind.choices)
    uploads = ManyFilesField(label="Fichier")


class AddPhotoForm(forms.Form):
    use_required_attribute = False
    uploads = ManyFilesField(
        label="Photo",
        help_text="PNG ou JPEG. Le lieu et l’heure que l’appareil écrit dans le fichier sont effacés.",
    )


class PhotoForm(forms.Form):
    use_required_attribute = False
    caption = forms.CharField(
        label="Légende", max_length=200, required=False, help_text="Ce qui se passe, où, quand. Aucun nom de personne."
    )
    alternative = forms.CharField(
        label="Description pour qui ne voit pas l’image",
        max_length=300,
        required=False,
        help_text="Ce que l’on voit, en une phrase.",
    )
    credit = forms.CharField(label="Auteur de la photo", max_length=120, required=False)
    people = forms.ChoiceField(
        label="Reconnaît-on quelqu’un ?",
        choices=PhotoPeople.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text="Pour un enfant, l’accord écrit des deux parents. La commune garde ces accords.",
    )
    rights = forms.BooleanField(label="La commune a le droit de publier cette photo", required=False)
    publish = forms.BooleanField(label="J’accepte la publication de cette photo", required=False)

    def __init__(self, data: Any = None, *, photo: ReportPhoto) -> None:
        super().__init__(data, initial={name: getattr(photo, name) for name in self.base_fields})


class CertifyForm(ActForm):
    certified = forms.BooleanField(
        label="Je certifie exactes les dépenses déclarées",
        error_messages={"required": "Cochez cette case pour envoyer le bilan."},
    )


class ReasonsForm(ActForm):
    """What is to be mended, part by part."""

    def __init__(self, data: Any = None, *, version: int) -> None:
        super().__init__(data, version=version)
        for slug, label in (("", "L’ensemble du bilan"), *((part.slug, part.title) for part in PARTS)):
            self.fields[f"part-{slug}"] = forms.CharField(
                label=label, max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )

    def reasons(self) -> dict[str, str]:
        found = {slug: self.cleaned_data[f"part-{slug}"].strip() for slug in ("", *BY_SLUG)}
        return {slug: text for slug, text in found.items() if text}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.get(f"part-{slug}", "").strip() for slug in ("", *BY_SLUG)):
            self.summary_anchor = "id_part-"
            raise forms.ValidationError("Dites au moins pour une partie ce qui est à reprendre : la commune le lira.")
        return cleaned
