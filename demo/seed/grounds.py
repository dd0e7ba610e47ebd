"""The list of reasons of the demonstration's fund."""

from applications.models import Ground
from applications.states import GroundUse
from fund.models import Fund

U = GroundUse
REASONS = (
    (U.REFUSAL, "R1", "Hors de l’objet du fonds", "L’action présentée ne vise pas la prévention ou la lutte contre les discriminations.", "objet de l’appel"),
    (U.REFUSAL, "R2", "Besoin local peu établi", "Le besoin local auquel l’action répond n’est pas assez établi par les éléments du dossier.", "critère « besoin local »"),
    (U.REFUSAL, "R3", "Résultats non mesurables", "Les résultats attendus ne sont pas décrits de façon qu’on puisse les constater.", "critère « résultats »"),
    (U.REFUSAL, "R4", "Action déjà aidée", "La même action est déjà aidée par un autre dispositif pour les mêmes dépenses.", ""),
    (U.REDUCTION, "M1", "Dépenses non retenues", "Une partie des dépenses présentées n’entre pas dans celles que l’appel retient.", "dépenses éligibles de l’appel"),
    (U.REDUCTION, "M2", "Enveloppe partagée", "Les crédits de l’année sont partagés entre plus de dossiers qu’ils ne peuvent en aider entièrement.", ""),
    (U.WAITLIST, "A1", "Crédits épuisés", "Le dossier répond aux critères de l’appel, mais les crédits de l’année sont engagés.", ""),
    (U.INADMISSIBLE, "I1", "Pièce obligatoire absente", "Une pièce obligatoire n’a pas été fournie dans le délai donné.", "pièces de l’appel"),
    (U.INADMISSIBLE, "I2", "Action déjà commencée", "L’action avait commencé avant le dépôt de la demande.", "conditions de l’appel"),
)  # fmt: skip


def reasons(fund: Fund) -> None:
    Ground.objects.bulk_create(
        Ground(fund=fund, use=use, code=code, label=label, words=words, rule=rule)
        for use, code, label, words, rule in REASONS
    )
