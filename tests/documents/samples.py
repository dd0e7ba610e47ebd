"""Data of each document, as an app would give it."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from applications.letter_texts import SORTS, filled
from common.dates import PARIS
from documents.letters import letterhead

FUND = SimpleNamespace(
    name="Fonds d’initiative",
    authority_name="Métropole Aix-Marseille-Provence",
    service_name="Service Cohésion sociale",
    address="Immeuble Le Pharo, 13007 Marseille",
    contact_email="fonds.initiative@metropole.example",
    contact_phone="04 00 00 00 00",
    court="tribunal administratif de Marseille (31, rue Jean-François-Leca, 13002 Marseille)",
)
CONTACT = SimpleNamespace(get_full_name=lambda: "Nadia Ferrandi", phone="")
REASONS = (
    "Votre dossier a obtenu 86,0 points sur 100. Le comité a relevé un besoin chiffré avec les deux bailleurs et une permanence tenue "
    "avec la déléguée du Défenseur des droits.\n\nLe montant diffère de votre demande pour deux raisons : le poste de coordination est "
    "retenu pour moitié, car l’État l’a financé en 2025 ; le plafond de 10 000,00 € par action a été appliqué à tous les dossiers."
)
SHA = "b41e07c955d2a0f3b41e07c955d2a0f3b41e07c955d2a0f3b41e07c955d29a3f"
BLOCK = {
    "recipient": ["Monsieur le Maire", "Hôtel de ville", "Place Bellot", "13220 Châteauneuf-les-Martigues"],
    "salutation": "Monsieur le Maire",
}


def _file(**more: Any) -> dict[str, Any]:
    return {
        "head": letterhead(FUND, contact=CONTACT),
        "number": "FI-2026-0042",
        "date": date(2026, 7, 10),
        "commune": "Châteauneuf-les-Martigues",
        "title": "Accueillir sans trier : former les agents d’accueil et faire connaître leurs droits aux locataires",
        **more,
    }


def _written(kind: str, **more: Any) -> dict[str, Any]:
    """A letter about a file, with its standard text."""
    data = _file(**more)
    return {**data, "body": filled(kind, SORTS[kind].standard, data)}


def _signed(kind: str, **more: Any) -> dict[str, Any]:
    """A decision, with the standard text of its letter."""
    data = _act(**more)
    return {**data, "body": filled(kind, SORTS[kind].standard, data)}


def _act(**more: Any) -> dict[str, Any]:
    return _file(
        **BLOCK,
        year=2026,
        act_number="B-2026-118",
        act_date=date(2026, 7, 2),
        requested_cents=1_245_000,
        reasons=REASONS,
        signatory={"name": "Mireille Aubanel", "capacity": "la vice-présidente déléguée à la cohésion sociale"},
        signed_at=datetime(2026, 7, 10, 9, 15, tzinfo=PARIS),
        fingerprint=SHA,
        **more,
    )


SAMPLES: dict[str, dict[str, Any]] = {
    "receipt": _file(
        **BLOCK,
        call_title="Agir près de chez soi contre les discriminations, appel 2026",
        submitted_at=datetime(2026, 3, 26, 18, 4, tzinfo=PARIS),
        submitted_by="Hélène Roustan, maire",
        requested_cents=1_245_000,
        eligible_cents=1_827_500,
        total_cents=2_075_000,
        documents=[
            {
                "label": "Délibération du conseil municipal",
                "name": "deliberation-2026-14.pdf",
                "size": 248_312,
                "sha256": SHA,
            },
            {
                "label": "Devis",
                "name": "Devis formation agents d’accueil (version signée).pdf",
                "size": 1_258_291,
                "sha256": SHA,
            },
            {"label": "Attestation de non-commencement", "name": "attestation.docx", "size": 18_400, "sha256": SHA},
        ],
        fingerprint=SHA,
        answer_by=date(2026, 5, 25),
    ),
    "award_letter": _signed(
        "attribution",
        amount_cents=1_000_000,
        eligible_cents=1_827_500,
        rate_bp=5470,
        instalments=[
            {"label": "Acompte", "amount_cents": 700_000, "when": "à votre demande, dès maintenant"},
            {"label": "Solde", "amount_cents": 300_000, "when": "au plus, après le bilan"},
        ],
        report_due_on=date(2028, 6, 30),
    ),
    "refusal_letter": _signed("refus"),
    "waitlist_letter": _signed("liste-attente", rank=3),
    "change_letter": _file(
        **BLOCK,
        year=2026,
        asked_at=datetime(2026, 9, 2, 10, 12, tzinfo=PARIS),
        outcome="accepted",
        items=[
            {"label": "Fin de l’action", "after": "31 mars 2027", "before": "31 décembre 2026"},
            {
                "label": "En quoi consiste l’action",
                "after": "Six séances de deux heures, puis une restitution publique.",
            },
        ],
        amount_cents=800_000,
        award_cents=1_000_000,
        reasons="Le report est compris ; prévenez-nous de la date de la restitution.",
        act_number="CM-2026-212",
        act_date=date(2026, 9, 14),
        signed_at=datetime(2026, 9, 15, 9, 0, tzinfo=PARIS),
        signatory={"name": "Claire Vidal", "capacity": "cheffe du service"},
    ),
    "inadmissibility_letter": _written(
        "irrecevabilite",
        **BLOCK,
        year=2026,
        requested_cents=1_245_000,
        reasons="Le devis joint est signé du 12 janvier 2026 et les deux premières journées de formation ont eu lieu en février.",
        signatory={"name": "Nadia Ferrandi", "capacity": "chargée du fonds, service Cohésion sociale"},
    ),
    "adjournment_letter": _written(
        "ajournement",
        **BLOCK,
        year=2026,
        requested_cents=1_245_000,
        reasons="Le comité attend le plan de financement mis à jour après la réponse de l’État.",
        signatory={"name": "Nadia Ferrandi", "capacity": "chargée du fonds, service Cohésion sociale"},
    ),
    "appeal_letter": _written(
        "recours",
        **BLOCK,
        year=2026,
        contested="la décision de refus (acte n° B-2026-118 du 2 juillet 2026)",
        received_on=date(2026, 8, 20),
        outcome="rejected",
        reasons="Le devis que vous joignez est postérieur à la décision ; les crédits de l’année sont engagés.",
        signatory={"name": "Nadia Ferrandi", "capacity": "chargée du fonds, service Cohésion sociale"},
    ),
    "convention": _written(
        "convention",
        year=2026,
        authority="Métropole Aix-Marseille-Provence",
        act_number="B-2026-118",
        signed_on=date(2026, 7, 2),
        requested_cents=1_245_000,
        amount_cents=1_000_000,
        rate_bp=5470,
        instalments=[{"label": "Acompte", "amount_cents": 700_000}, {"label": "Solde", "amount_cents": 300_000}],
        report_on=date(2028, 6, 30),
        signatory={"name": "Mireille Aubanel", "capacity": "la vice-présidente déléguée à la cohésion sociale"},
    ),
    "piece_request": _written(
        "pieces",
        **BLOCK,
        year=2026,
        items=[
            {
                "label": "Délibération du conseil municipal, avec la mention de transmission au contrôle de légalité",
                "note": "Celle que vous avez jointe le 26 mars n’est pas tamponnée.",
            },
            "Relevé d’identité bancaire de la commune",
        ],
        reason="La délibération autorise le maire à demander l’aide : sans elle, la métropole ne peut pas décider.",
        due_on=date(2026, 8, 12),
        signatory={"name": "Nadia Ferrandi", "capacity": "chargée du fonds, service Cohésion sociale"},
    ),
    "interest_register": {
        "head": letterhead(FUND),
        "date": datetime(2026, 9, 11, 10, 30, tzinfo=PARIS),
        "call_title": "Agir contre les discriminations",
        "year": 2026,
        "declarations": [
            {
                "person": "Salima Haddad",
                "at": "2 septembre 2026 à 9 h 12",
                "words": ["Mandats : conseillère municipale jusqu’en 2024"],
                "communes": ["Aubagne"],
            },
            {
                "person": "Marc Vial",
                "at": "3 septembre 2026 à 14 h 05",
                "words": ["Aucun intérêt déclaré"],
                "communes": [],
            },
        ],
        "recusals": [
            {
                "person": "Salima Haddad",
                "at": "2 septembre 2026 à 9 h 12",
                "file": "FI-2026-0017",
                "commune": "Aubagne",
                "reason": "Conseillère municipale jusqu’en 2024",
                "note": "Grille déjà rendue, retirée de la moyenne",
            }
        ],
    },
    "weekly_report": {
        "head": letterhead(FUND),
        "date": date(2026, 7, 13),
        "week_from": date(2026, 7, 6),
        "week_to": date(2026, 7, 12),
        "year": 2026,
        "figures": [
            {"label": "Dossiers reçus", "value": "41", "note": "+ 6 cette semaine"},
            {"label": "Demandé", "value": "412 300 €", "note": "sur 1 234 567,89 € de coûts"},
            {"label": "Réponses en retard", "value": "2", "note": "la plus ancienne : 12 jours"},
            {"label": "Pièces attendues", "value": "5", "note": "de 4 communes"},
        ],
        "envelope": {
            "voted_cents": 6_000_000,
            "paid_cents": 1_450_000,
            "committed_cents": 2_105_000,
            "proposed_cents": 920_000,
            "available_cents": 1_525_000,
        },
        "states": [
            {"label": "Envoyé", "count": 6},
            {"label": "En instruction", "count": 14},
            {"label": "En attente de la commune", "count": 5},
            {"label": "En évaluation", "count": 9},
            {"label": "Accordé", "count": 7},
            {"label": "Refusé", "count": 0},
        ],
        "tables": [
            {
                "title": "Décisions de la semaine",
                "columns": ["Dossier", "Commune", "Décision", "Montant"],
                "rows": [
                    ["FI-2026-0042", "Châteauneuf-les-Martigues", "Accord", "10 000,00 €"],
                    ["FI-2026-0047", "Port-Saint-Louis-du-Rhône", "Refus", ""],
                ],
                "numeric": [3],
            },
            {"title": "Versements ordonnancés", "columns": ["Lot", "Montant"], "rows": []},
        ],
        "notes": [
            "Deux dossiers attendent une décision depuis plus de cinquante jours : FI-2026-0003 et FI-2026-0011."
        ],
    },
}
