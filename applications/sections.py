"""The sections of the form: what each holds, in the order of the workshop sheet, and what it still lacks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from applications import eligibility, questionnaire, reference
from applications.models import Application
from common.typography import counted
from fund.questions.sheet import Gap


@dataclass(frozen=True)
class Section:
    """`slug` is in the address and in the journal; `fields`, `rows` and `questions` are all that a save of it may write."""

    slug: str
    title: str
    fields: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    hint: str = ""
    questions: tuple[str, ...] = ()  # units of the call's own questions, in one file (section_in)


PROJECT = (
    Section("commune", "La commune et le porteur", hint="Prérempli depuis les données officielles"),
    Section(
        "chantier", "Le chantier", ("theme", "title", "action_type", "phase"), hint="Thème, titre et type d’action"
    ),
    Section(
        "enjeu", "L’enjeu et le diagnostic", ("stakes", "diagnostic"), hint="Pourquoi cette action, ici, maintenant"
    ),
    Section("reussite", "Nous aurons réussi si…", ("success",), ("indicators",), "Les résultats et leurs indicateurs"),
    Section(
        "description",
        "En quoi consiste l’action",
        ("description", "publics", "grounds", "domains", "starts_on", "ends_on"),
        ("milestones",),
        "Déroulement, publics, calendrier",
    ),
    Section(
        "ressources",
        "Les ressources à mobiliser",
        ("resources",),
        ("partners",),
        "Personnes, lieux, outils, partenaires",
    ),
    Section("gouvernance", "La gouvernance : qui fait quoi", ("governance",), hint="Qui porte, qui décide, qui anime"),
    Section(
        "obstacles", "Les obstacles à prévoir", ("obstacles", "open_questions"), hint="Obstacles et questions ouvertes"
    ),
    Section(questionnaire.OWN, "Les questions de l’appel", hint="Ce que cet appel demande en plus"),
)
MEANS = (
    Section("budget", "Le budget prévisionnel", (), ("budget_lines",), "Charges, produits, montant demandé"),
    Section("pieces", "Les pièces", hint="Délibération, plan de financement, devis"),
    Section("engagements", "Les engagements de la commune", ("commitments",), hint="Ce que la commune atteste"),
)
PARTS = (("Le projet", PROJECT), ("Le budget et les pièces", MEANS))
SECTIONS = (*PROJECT, *MEANS)
BY_SLUG = {section.slug: section for section in SECTIONS}


def sections_of(application: Application) -> list[Section]:
    """The sections of one file: the call's own stands there when the call asks something in it."""
    asked = questionnaire.sections(application)
    return [one for one in SECTIONS if one.slug != questionnaire.OWN or one.slug in asked]


def section_in(application: Application, slug: str) -> Section:
    """A section with what the call asks in it, for this file."""
    section = BY_SLUG[slug]
    asked = questionnaire.units(application, slug) if slug in questionnaire.sections(application) else ()
    return replace(section, questions=asked) if asked else section


# What must be answered before sending, and how its absence is said.
_NEEDED = {
    "chantier": {
        "theme": "le thème",
        "title": "le titre",
        "action_type": "le type d’action",
        "phase": "la phase",
    },
    "enjeu": {"stakes": "l’enjeu", "diagnostic": "le diagnostic"},
    "reussite": {"success": "la fin de la phrase « nous aurons réussi si… »"},
    "description": {
        "description": "la description de l’action",
        "publics": "les publics visés",
        "grounds": "les critères de discrimination concernés",
        "domains": "les domaines",
        "starts_on": "le début de l’action",
        "ends_on": "la fin de l’action",
    },
    "ressources": {"resources": "les ressources à mobiliser"},
    "gouvernance": {"governance": "qui fait quoi"},
    "obstacles": {"obstacles": "les obstacles à prévoir"},
}


@dataclass(frozen=True)
class Progress:
    """Where a section stands: what is left to write (`missing`) and what breaks a rule (`wrong`), in words."""

    section: Section
    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    untouched: bool
    summary: str
    gaps: tuple[Gap, ...] = ()  # of the call's own questions: each sentence has its place on the page

    @property
    def is_complete(self) -> bool:
        return not (self.missing or self.wrong or self.gaps)

    @property
    def to_do(self) -> tuple[str, ...]:
        return (*self.missing, *(gap.sentence for gap in self.gaps), *self.wrong)


def progress(application: Application, *, today: date) -> list[Progress]:
    """Every section of a file, in order. Children must be prefetched."""
    broken: dict[str, list[str]] = {}
    for check in eligibility.checks(application, today=today):
        if not check.ok and not check.unknown:
            broken.setdefault(check.section, []).append(check.reason)
    return [
        _progress_of(section, application, tuple(broken.get(section.slug, ()))) for section in sections_of(application)
    ]


def to_do(application: Application, *, today: date) -> list[str]:
    """What stands between this file and its sending, one sentence each; empty when it may be sent."""
    return [f"{one.section.title} : {sentence}" for one in progress(application, today=today) for sentence in one.to_do]


def _progress_of(section: Section, application: Application, wrong: tuple[str, ...]) -> Progress:
    needed = _NEEDED.get(section.slug, {})
    absent = [words for name, words in needed.items() if not getattr(application, name)]
    missing = [f"Il manque {', '.join(absent)}."] if absent else []
    extra = _EXTRA.get(section.slug)
    if extra:
        missing += extra(application)
    renewal = getattr(application, "renewal", None)
    if renewal is not None and section.slug in renewal.unread:
        missing.append("Repris d’un dossier précédent : à relire.")
    if section.slug == "pieces":
        missing, wrong = [*missing, *wrong], ()
    answers = questionnaire.sheet(application)
    # A file is missing in « Les pièces », with the others.
    gaps = tuple(gap for gap in answers.gaps(section.slug) if not gap.question.is_file)
    untouched = (
        not any(getattr(application, name) for name in section.fields)
        and not any(getattr(application, name).all() for name in section.rows)
        and not answers.is_begun(section.slug)
    )
    return Progress(section, tuple(missing), wrong, untouched, _summary(section, application), gaps)


def _missing_indicators(application: Application) -> list[str]:
    indicators = application.indicators.all()
    without_target = [one for one in indicators if not one.target]
    if not indicators:
        return ["Il manque au moins un indicateur avec sa cible."]
    if without_target:
        return [f"{counted(len(without_target), 'indicateur')} sans cible."]
    return []


def _missing_budget(application: Application) -> list[str]:
    if eligibility.money(application).is_empty:
        return ["Le budget n’est pas encore rempli."]
    unsaid = [line for line in application.budget_lines.all() if line.account == "74" and not line.is_request]
    return [f"Indiquez où en est la demande ({line.funder})." for line in unsaid if line.funder and not line.status]


def _missing_commitments(application: Application) -> list[str]:
    left = [code for code, _ in reference.COMMITMENTS if code not in application.commitments]
    if not left:
        return []
    return [f"{counted(len(left), 'engagement')} à cocher."]


_EXTRA: dict[str, Callable[[Application], list[str]]] = {
    "reussite": _missing_indicators,
    "budget": _missing_budget,
    "engagements": _missing_commitments,
}


def _summary(section: Section, application: Application) -> str:
    """One line that says what a complete section holds."""
    if section.slug == "chantier" and application.theme and application.action_type:
        return f"{application.get_theme_display()} ; {application.get_action_type_display().lower()}"
    if section.slug == "budget":
        return eligibility.money_checks(application.call, eligibility.money(application))[0].reason
    if section.slug == "pieces":
        return counted(len(application.attachments.all()), "pièce jointe,pièces jointes,aucune pièce jointe")
    if section.slug == "reussite" and application.indicators.all():
        return counted(len(application.indicators.all()), "indicateur")
    return section.hint
