"""The rules of a call in plain words: its legal basis, and one example computed with its own figures."""

from dataclasses import dataclass

from common.money import euros, split
from fund.limits import allowed_for
from fund.models import Call, PlannedShare
from fund.states import LegalBasis

LEGAL_WORDS = {
    LegalBasis.CITY_CONTRACT: (
        "L’aide fait partie du programme d’actions du contrat de ville, que la Métropole pilote avec les communes.",
        "Elle peut payer du fonctionnement (une formation, une intervention, des supports), dans la limite du taux et du "
        "plafond. D’autres subventions publiques peuvent s’y ajouter, si la commune garde sa part.",
    ),
    LegalBasis.SHARED_COST_FUND: (
        "L’aide est un fonds de concours : la Métropole finance une partie d’une dépense de la commune.",
        "La loi y met une règle de plus : l’aide ne dépasse jamais ce que la commune paie elle-même, une fois les autres "
        "subventions déduites. La délibération de la commune et celle de la Métropole sont concordantes.",
    ),
    LegalBasis.AGREEMENT: (
        "L’aide est versée par une convention signée entre la Métropole et la commune.",
        "La convention dit l’action, le montant, les versements et ce que la commune rend. Elle est préparée après la décision.",
    ),
    LegalBasis.OTHER: (
        "Le règlement de l’appel dit sur quelle base l’aide est versée.",
        "En cas de doute, demandez au service avant de délibérer.",
    ),
}
# When each instalment is asked for.
PLAN_WORDS: dict[str, str] = {
    PlannedShare.Kind.ADVANCE: "Après la notification, quand la commune le demande avec son RIB.",
    PlannedShare.Kind.INTERIM: "En cours d’action, au vu de ce qui est déjà dépensé.",
    PlannedShare.Kind.BALANCE: "Après l’action, au vu du bilan et des dépenses réelles.",
    PlannedShare.Kind.SINGLE: "Après l’action, au vu du bilan et des dépenses réelles.",
}
EXAMPLE_STEP = 100_000  # whole thousands of euros
EXAMPLE_MOST = 2_000_000


@dataclass(frozen=True)
class Example:
    cost: int
    aid: int
    own: int
    parts: tuple[tuple[str, int], ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        return [
            ("Coût de l’action", euros(self.cost)),
            ("Aide au plus", euros(self.aid)),
            ("Reste à la commune", euros(self.own)),
            *((label, euros(cents)) for label, cents in self.parts),
        ]


def legal_words(call: Call) -> tuple[str, str]:
    return LEGAL_WORDS[LegalBasis(call.legal_basis)]


def example(call: Call) -> Example | None:
    """An action of a round cost that the ceiling does not cut, when there is one; without other subsidies."""
    uncut = call.ceiling_cents * 10_000 // call.max_rate_bp
    cost = max(EXAMPLE_STEP, min(EXAMPLE_MOST, uncut) // EXAMPLE_STEP * EXAMPLE_STEP)
    aid = allowed_for(call, cost=cost, total_cost=cost, other_subsidies=0).cents
    if aid < call.floor_cents:
        return None
    plan = list(call.plan.all())
    complete = sum(one.share_bp for one in plan) == 10_000
    parts = split(aid, [one.share_bp for one in plan]) if complete else []
    return Example(
        cost, aid, cost - aid, tuple((one.get_kind_display(), cents) for one, cents in zip(plan, parts, strict=False))
    )
