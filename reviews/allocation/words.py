"""The answer in plain French: why a file is retained or left out, and what each rule asks."""

from collections.abc import Sequence

from common.money import euros, percent
from common.typography import counted
from fund.states import Theme
from reviews.allocation.problem import Candidate, Rules, broken, tenth


def reasons(
    candidates: Sequence[Candidate], chosen: frozenset[int], units: dict[int, int], rules: Rules, envelope_cents: int
) -> dict[int, str]:
    kept = [one for one in candidates if one.file.id in chosen]
    return {
        one.file.id: _kept_because(one, units[one.file.id], rules)
        if one.file.id in chosen
        else _left_because(one, kept, candidates, rules, envelope_cents)
        for one in candidates
    }


def _kept_because(one: Candidate, units: int, rules: Rules) -> str:
    cents, file = units * rules.unit_cents, one.file
    points = f"Retenu : note {tenth(one.points)}" if file.points is not None else "Retenu sans note"
    if cents >= file.requested_cents // rules.unit_cents * rules.unit_cents:
        return f"{points}, montant demandé en entier."
    if rules.file_cents is not None and cents >= rules.file_cents // rules.unit_cents * rules.unit_cents:
        return f"{points}, plafond de {euros(rules.file_cents)} par action."
    if units == one.most:
        return f"{points}, au maximum permis pour ce dossier."
    if units == one.least:
        return f"{points}, au plancher : le reste sert d’autres dossiers."
    return f"{points}, montant réduit à ce que les règles laissent."


def _left_because(
    one: Candidate, kept: Sequence[Candidate], candidates: Sequence[Candidate], rules: Rules, envelope_cents: int
) -> str:
    """The rule that adding this file alone would break; there is always one, or the choice would not be the best."""
    if one.barred:
        return one.barred
    first = next(iter(broken([*kept, one], rules, envelope_cents)), "")
    need, score = (
        euros(one.least * rules.unit_cents),
        ("sans note" if one.file.points is None else f"note {tenth(one.points)}"),
    )
    if first == "envelope":
        left = envelope_cents - sum(each.least for each in kept) * rules.unit_cents
        return f"Écarté : {score} ; il faut {need} et il reste {euros(left)} après les dossiers retenus."
    if first == "commune_cents":
        return f"Écarté : {score} ; sa commune atteint le plafond de {euros(rules.commune_cents or 0)}."
    if first == "commune_files":
        return f"Écarté : {score} ; sa commune a déjà {counted(rules.commune_files or 0, 'dossier retenu,dossiers retenus')}."
    if first == "without_plan":
        share = percent(rules.without_plan_bp)
        return f"Écarté : {score} ; la part des communes sans plan passerait sous {share}."
    return f"Écarté : {score} ; un autre choix donne autant de points."


def described(rules: Rules) -> list[tuple[str, str]]:
    """The rules in plain words, those that are ticked."""
    told = []
    if rules.theme_files:
        told.append(("theme_files", f"Au moins {counted(rules.theme_files, 'dossier')} par thème demandé"))
    if rules.least_points is not None:
        told.append(("least_points", f"Aucun dossier noté sous {tenth(rules.least_points)}"))
    if rules.without_plan_bp:
        told.append(("without_plan_bp", f"Au moins {percent(rules.without_plan_bp)} pour les communes sans plan"))
    if rules.commune_cents is not None:
        told.append(("commune_cents", f"{euros(rules.commune_cents)} au plus par commune"))
    if rules.commune_files is not None:
        told.append(("commune_files", f"{counted(rules.commune_files, 'dossier')} au plus par commune"))
    if rules.file_cents is not None:
        told.append(("file_cents", f"{euros(rules.file_cents)} au plus par action"))
    told.append(
        ("partial", "Montants partiels, du plancher au maximum" if rules.partial else "Montants en entier, ou rien")
    )
    return told


def theme_label(theme: str) -> str:
    return Theme(theme).label if theme in Theme.values else theme
