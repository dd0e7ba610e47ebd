"""What was asked of a commune and answered, and the changes of awarded actions: the words of the demonstration."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A request answered: `asked` and `answered` days before today."""

    key: str
    asked: int
    answered: int
    reason: str
    remarks: dict[str, str]  # by field, table, question or document
    text: tuple[str, str]  # in « success », the words that were and those that are
    target: tuple[str, int]  # the indicator and its new target
    pace: str
    answer: str


@dataclass(frozen=True)
class Change:
    """More months for an awarded action; accepted when `answered` days ago, else it waits."""

    key: str
    months: int
    asked: int
    reason: str
    answered: int | None = None
    answer: str = ""


REQUEST = Request(
    key="aubagne-emploi",
    asked=18,
    answered=11,
    reason="Le nombre d’entreprises annoncé à la réunion du bassin d’emploi n’est pas celui du dossier, et la formatrice n’a pas encore "
    "chiffré ses journées.",
    remarks={
        "success": "Mettez d’accord le nombre d’entreprises et celui annoncé aux partenaires.",
        "indicators": "La cible suit le nombre d’entreprises.",
        "q-rythme": "Les matinées reviennent-elles chaque mois ?",
        "devis": "Le devis de la formatrice, par journée.",
    },
    text=("trente entreprises", "quarante entreprises"),
    target=("Offres relues et réécrites", 130),
    pace="Chaque mois",
    answer="L’association de la zone a élargi l’action à quarante entreprises : nous avons repris le résultat attendu et la cible des "
    "offres relues. Les matinées auront lieu chaque mois. Le devis détaille les quatre journées.",
)

CHANGES = (
    Change(
        key="aubagne-accueil",
        months=2,
        asked=16,
        reason="La salle de formation est en travaux jusqu’au printemps : les deux dernières journées sont reportées.",
        answered=12,
        answer="Le report ne change ni le contenu ni le coût de l’action.",
    ),
    Change(
        key="martigues-interim",
        months=3,
        asked=2,
        reason="Deux agences d’intérim rejoignent l’engagement commun et ne peuvent commencer qu’à la rentrée : nous demandons trois mois "
        "de plus, pour le même budget.",
    ),
)
