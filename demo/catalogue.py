"""Invented content for the catalogue of components (`templates/components/catalogue.html`)."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from common.money import MoneyField, PercentField
from common.widgets import DateInput, MomentInput


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(
        label="Titre de l’action",
        max_length=120,
        help_text="Une phrase que comprendrait un habitant, par exemple « Former les agents d’accueil ».",
    )
    stakes = forms.CharField(
        label="L’enjeu",
        max_length=900,
        widget=forms.Textarea,
        help_text="Pourquoi cette action, ici, maintenant ?",
    )
    amount = MoneyField(
        label="Montant demandé", min_cents=100_000, max_cents=1_500_000, help_text="De 1 000 à 15 000 €."
    )
    own_share = PercentField(label="Part de la commune", required=False)
    start = forms.DateField(label="Début de l’action", widget=DateInput())
    closing = forms.DateTimeField(label="Fin du dépôt", required=False, widget=MomentInput())
    theme = forms.ChoiceField(
        label="Thème principal",
        choices=[("", "Choisir un thème"), ("logement", "Logement"), ("emploi", "Emploi"), ("sante", "Santé")],
    )
    kind = forms.ChoiceField(
        label="L’action consiste surtout à",
        choices=[("former", "Former"), ("sensibiliser", "Sensibiliser"), ("soutenir", "Soutenir les victimes")],
        widget=forms.RadioSelect,
    )
    grounds = forms.MultipleChoiceField(
        label="Motifs visés",
        required=False,
        choices=[
            ("origine", "L’origine"),
            ("sexe", "Le sexe"),
            ("handicap", "Le handicap"),
            ("age", "L’âge"),
            ("lieu", "Le lieu de résidence"),
            ("orientation", "L’orientation sexuelle"),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    quote = forms.FileField(label="Devis", required=False, help_text="PDF, ODT ou image, 10 Mo au plus.")
    email = forms.EmailField(label="Adresse électronique", widget=forms.EmailInput({"autocomplete": "email"}))
    pledge = forms.BooleanField(label="Je certifie que l’action n’a pas commencé.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.hints = {
            "former": "Agents, professionnels, bénévoles, élus.",
            "soutenir": "Écoute, permanences juridiques, accompagnement.",
        }


class ConfirmForm(forms.Form):
    reason = forms.CharField(label="Motif", required=False, widget=forms.Textarea({"rows": 2}))


def context() -> dict[str, Any]:
    now = timezone.now()
    typed = {
        "faux-title": "",
        "faux-amount": "12.000,50",
        "faux-own_share": "12,5",
        "faux-stakes": "Les agents d’accueil disent ne pas savoir quoi répondre ni vers qui orienter. " * 13,
        "faux-kind": "former",
    }
    return {
        "now": now,
        "deadline": now + timedelta(days=15, hours=3),
        "empty_form": SampleForm(initial={"amount": 1_245_000}),
        "wrong_form": SampleForm(typed, prefix="faux"),
        "quote_form": SampleForm(prefix="rib"),
        "confirm_form": ConfirmForm(prefix="confirmer"),
        "consequences": [
            ("Sera engagé", "4 500,00 €"),
            ("Restera disponible", "12 300,00 €"),
            "La décision ne pourra plus être modifiée ; une correction sera une nouvelle décision.",
        ],
        **_lists(now),
    }


def _lists(now: Any) -> dict[str, Any]:
    return {
        "steps": [
            {"label": "Dossier", "sub": "envoyé", "state": "done"},
            {"label": "Signature", "sub": "26 mars, H. Roustan", "state": "done"},
            {"label": "Instruction", "sub": "N. Ferrandi, jour 33 sur 60", "state": "current"},
            {"label": "Comité", "sub": "11 juin", "state": "todo"},
            {"label": "Décision", "sub": "2 juillet", "state": "todo"},
            {"label": "Versements", "sub": "dès septembre", "state": "todo"},
            {"label": "Bilan", "sub": "en 2027", "state": "todo"},
        ],
        "parts": [
            {
                "title": "Décrire l’action",
                "tasks": [
                    _task("La commune et le porteur", "Prérempli, vérifié le 18 février", done=True),
                    _task("L’enjeu et le diagnostic", "Pourquoi cette action, ici, maintenant", done=True),
                    _task("Nous aurons réussi si…", "2 indicateurs sur 3 ont une cible", "you", "À compléter"),
                ],
            },
            {
                "title": "Chiffrer et joindre",
                "tasks": [
                    _task("Budget prévisionnel", "Il manque 1 300,00 € de produits", "err", "À corriger, 2 points"),
                    _task("Les pièces", "9 jointes sur 12", "you", "À compléter"),
                ],
            },
        ],
        "next_steps": [
            {
                "title": "Faire signer, puis envoyer",
                "tasks": [
                    {
                        "label": "Relire le dossier",
                        "hint": "Une page qui reprend toutes vos réponses. Chaque ligne a son lien « modifier ».",
                        "kind": "plain",
                        "icon": "lock",
                        "state": "Possible quand les 5 sections sont complètes",
                    }
                ],
            }
        ],
        "facts_list": [
            {"label": "Montant", "value": "1 000 à 15 000 €", "note": "par action ; 25 000 € à plusieurs communes"},
            {"label": "Part prise en charge", "value": "jusqu’à 60 %", "note": "80 % sous 3 500 habitants"},
            {"label": "Enveloppe de l’année", "value": "1 234 567,89 €", "note": "dont 126 000,00 € à répartir"},
        ],
        "kv_list": [
            ("Coût de l’action", "20 750,00 €"),
            ("Part demandée", "60 %"),
            {"label": "Montant demandé", "value": "12 450,00 €", "total": True},
        ],
        "events": [
            {"when": now - timedelta(minutes=20), "text": "Karim Benali a modifié la gouvernance"},
            {"when": now - timedelta(days=3), "text": "Rappel envoyé : 3 pièces manquent", "auto": True},
            {
                "when": now - timedelta(days=12),
                "text": "Nadia Ferrandi (métropole) a répondu à votre demande d’avis",
                "detail": "Motif : l’action est éligible",
                "url": "#avis",
                "link": "lire l’avis",
            },
        ],
        "check_list": [
            {"state": "ok", "label": "Déposé dans les temps", "reason": "26 mars à 18 h 04, limite 27 mars à 17 h 00"},
            {
                "state": "ask",
                "label": "Devis en cours de validité",
                "reason": "8 octobre 2024 : à vous de juger",
                "url": "#d",
            },
            {"state": "wait", "label": "Avis de la préfecture", "reason": "Demandé le 14 avril, attendu le 5 mai"},
            {
                "state": "no",
                "label": "Bilan de l’an passé remis",
                "reason": "41 jours de retard",
                "url": "#r",
                "link": "relancer",
            },
        ],
        "budget_parts": [
            {"label": "Fonds d’initiative", "cents": 1_245_000, "key": "fund"},
            {"label": "Autres financeurs", "cents": 600_000, "key": "other"},
            {"label": "Commune", "cents": 100_000, "key": "own"},
        ],
        "views": [
            {"label": "Ma file du jour", "url": "#1", "count": 14, "current": True},
            {"label": "Pièces reçues", "url": "#2", "count": 3, "current": False},
            {"label": "Délai dépassé", "url": "#3", "count": 0, "current": False},
        ],
        "active_filters": [
            {"name": "etat", "value": "instruction", "label": "État : en instruction"},
            {"name": "theme", "value": "logement", "label": "Thème : logement"},
        ],
        "refused": [
            {
                "label": "FI-2026-0051 Trets",
                "url": "#r",
                "reason": "l’avis de la déléguée du Défenseur des droits n’est pas rendu.",
                "remedy_url": "#rel",
                "remedy_label": "Relancer",
            }
        ],
        "rows": [
            _row(
                "FI-2026-0017",
                "Pertuis",
                "Refus de soins : repérer, orienter, accompagner",
                "err",
                "Avis à rendre",
                980_000,
            ),
            _row(
                "FI-2026-0042",
                "Châteauneuf-les-Martigues",
                "Accueillir sans trier : former les agents",
                "warn",
                "En instruction",
                1_245_000,
            ),
            _row(
                "FI-2026-0047",
                "Port-Saint-Louis-du-Rhône",
                "Parler la langue du guichet : médiation",
                "hold",
                "Pièces demandées",
                720_000,
            ),
        ],
    }


def _task(label: str, hint: str, kind: str = "done", state: str = "Complet", *, done: bool = False) -> dict[str, Any]:
    return {"label": label, "url": "#section", "hint": hint, "kind": kind, "state": state, "done": done}


def _row(number: str, commune: str, title: str, kind: str, state: str, cents: int) -> dict[str, Any]:
    return {"number": number, "commune": commune, "title": title, "kind": kind, "state": state, "cents": cents}
