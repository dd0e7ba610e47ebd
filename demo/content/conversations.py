"""What communes and the service wrote to each other: `days` before today, `shown` with the draft."""

from dataclasses import dataclass

COMMUNE, DESK = "commune", "desk"


@dataclass(frozen=True)
class Said:
    side: str
    days: int
    hour: str
    text: str
    shown: bool = False
    paper: str = ""  # title of the letter joined to it


CONVERSATIONS: dict[str, tuple[Said, ...]] = {
    "aubagne-emploi": (
        Said(
            DESK,
            6,
            "10:15",
            "Bonjour,\n\nJe commence la lecture de votre dossier. La chambre de métiers figure parmi les partenaires : son "
            "accord est-il écrit ?",
        ),
        Said(
            COMMUNE,
            5,
            "14:30",
            "Bonjour,\n\nOui, par un courrier du président. Le voici.",
            paper="Accord de la chambre de métiers et de l’artisanat",
        ),
        Said(
            DESK,
            4,
            "09:05",
            "Bonjour,\n\nMerci, l’accord est au dossier. Rien d’autre ne manque : l’avis suivra dans la quinzaine.",
        ),
    ),
    "pertuis-marche-emploi": (
        Said(
            COMMUNE,
            4,
            "16:05",
            "Bonjour,\n\nNotre prochain conseil municipal se tient la veille de la clôture. Pouvons-nous joindre le projet de "
            "délibération, puis la délibération signée ?",
        ),
        Said(
            DESK,
            3,
            "09:40",
            "Bonjour,\n\nOui : joignez le projet de délibération avec la date du conseil. Nous vous demanderons la délibération "
            "signée pendant l’instruction ; le délai s’arrêtera jusqu’à son arrivée.",
        ),
    ),
    "gardanne-memoires": (
        Said(
            COMMUNE,
            2,
            "11:20",
            "Bonjour,\n\nL’exposition circulera dans quatre communes. Faut-il une délibération de chacune, ou celle de "
            "Gardanne suffit-elle ? Et la location du camion entre-t-elle dans les dépenses retenues ?",
            shown=True,
        ),
    ),
}
