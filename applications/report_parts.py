"""The parts of a final report: what each asks, what it still lacks, and what the file had announced beside it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Prefetch, Sum

from applications.models import (
    Application,
    ChangeRequest,
    Decision,
    FinalReport,
    ReportDocument,
    ReportPhoto,
    ReportRemark,
)
from applications.reference import labels
from applications.report_money import Account, account_of
from applications.signals import award_acts_counted
from applications.states import (
    ChangeState,
    DecisionKind,
    DecisionState,
    ProofKind,
    Public,
    ReportState,
    ReportText,
    Side,
)
from common.money import euros
from common.typography import counted
from documents.states import FileState

REFUSED = (FileState.INFECTED, FileState.UNREADABLE)
PAYING_PROOFS = (ProofKind.INVOICE, ProofKind.STATEMENT)


@dataclass(frozen=True)
class Part:
    slug: str
    title: str
    help: str = ""


_HELP = {
    ReportText.MOTIVATIONS: "Pourquoi la commune a mené cette action : ce qui se passait, ce qui a décidé à agir.",
    ReportText.FUNDERS: "Qui a payé, et ce que d’autres ont apporté sans argent : salles, repas, temps.",
    ReportText.DESCRIPTION: "Ce qui a eu lieu vraiment, dans l’ordre : combien de séances, où, avec qui. Dites aussi ce qui a changé en route.",
    ReportText.PUBLICS: "À qui l’action s’est adressée et combien de personnes elle a touchées. Des nombres et des fonctions, jamais des personnes : rien qui permette de reconnaître quelqu’un, surtout pas une victime.",
    ReportText.PARTNERS: "Les organismes et ce que chacun a fait.",
    ReportText.STRENGTHS: "Ce qu’une autre commune devrait reprendre.",
    ReportText.DIFFICULTIES: "Ce qui a résisté, et ce que vous avez fait alors. Une difficulté dite aide les suivants ; elle ne diminue pas l’aide.",
    ReportText.RESULTS: "Ce que l’action a changé, et à quoi on le voit. Ne racontez pas l’histoire d’une personne, même sans la nommer.",
    ReportText.CONTACT: "Un service, un téléphone ou une adresse du service : jamais le nom d’une personne.",
}
TEXTS = tuple(Part(text.value, text.label, _HELP[text]) for text in ReportText)
MEASURES = Part("indicateurs", "Les indicateurs", "Ce qui était visé, ce qui a été compté")
BUDGET = Part("budget", "Le budget réalisé", "Prévu et réalisé, ligne par ligne")
PROOFS = Part("justificatifs", "Les justificatifs", "Factures, décompte, feuilles de présence")
PHOTOS = Part("photos", "Les photos", "Facultatif : avec leur légende et l’accord des personnes")
PUBLICATION = Part("publication", "La publication", "Ce que la commune accepte de rendre public")
GROUPS = (
    ("La fiche de l’action", TEXTS),
    ("Prévu et réalisé", (MEASURES, BUDGET)),
    ("Les preuves et la publication", (PROOFS, PHOTOS, PUBLICATION)),
)
PARTS = tuple(part for _, group in GROUPS for part in group)
BY_SLUG = {part.slug: part for part in PARTS}
TEXT_SLUGS = tuple(part.slug for part in TEXTS)


def reading(queryset: Any = None) -> Any:
    """Reports with all that a page or a rule looks at."""
    queryset = FinalReport.objects.all() if queryset is None else queryset
    return queryset.select_related(
        "application__call__fund", "application__organisation", "application__instructor", "certified_by", "accepted_by"
    ).prefetch_related(
        "texts",
        "measures",
        "lines",
        Prefetch("documents", ReportDocument.objects.select_related("file", "added_by")),
        Prefetch("photos", ReportPhoto.objects.select_related("file")),
        Prefetch("remarks", ReportRemark.objects.select_related("author")),
    )


def granted_cents(application: Application) -> int:
    """What the decision gives, as the commune was told, less what a change or an act of the fund took from it.

    The account made from the report is not counted: it starts from this sum.
    """
    decision = Decision.objects.filter(
        application=application, kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED
    ).first()
    if decision is None:
        return 0
    given_back = ChangeRequest.objects.filter(decision=decision, state=ChangeState.ACCEPTED)
    changed = given_back.aggregate(sum=Sum("reduction_cents"))["sum"] or 0
    acted = sum(int(cents or 0) for _, cents in award_acts_counted.send(Decision, decision=decision))
    return decision.amount_cents - changed - acted


def lost_cents(application: Application) -> int:
    """What the accepted report takes from the award; zero as long as no report is accepted."""
    report = reading().filter(application=application, state=ReportState.ACCEPTED).first()
    return account(report).aid.reduced if report else 0


def account(report: FinalReport, granted: int | None = None) -> Account:
    granted = granted_cents(report.application) if granted is None else granted
    return account_of(report.application.call, report.lines.all(), granted)


# --- What is left to do ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    part: Part
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    untouched: bool = False
    optional: bool = False
    summary: str = ""

    @property
    def is_complete(self) -> bool:
        return not (self.missing or self.wrong)

    @property
    def to_do(self) -> tuple[str, ...]:
        return (*self.missing, *self.wrong)


def progress(report: FinalReport, figures: Account) -> list[Progress]:
    texts = {one.slug: one for one in report.texts.all()}
    found = []
    for part in TEXTS:
        text = texts[part.slug].text.strip() if part.slug in texts else ""
        found.append(Progress(part, () if text else ("À écrire.",), untouched=not text, summary=_begin(text)))
    return [*found, _measures(report), _budget(report, figures), _proofs(report), _photos(report), _publication(report)]


def to_do(report: FinalReport, figures: Account) -> list[str]:
    """What stands between this report and its sending, one sentence each."""
    return [f"{one.part.title} : {sentence}" for one in progress(report, figures) for sentence in one.to_do]


def _begin(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:88].rsplit(' ', 1)[0]}…"


def _measures(report: FinalReport) -> Progress:
    rows = list(report.measures.all())
    left = [one for one in rows if not one.done]
    missing = (f"{counted(len(left), 'indicateur')} sans valeur réalisée.",) if left else ()
    summary = counted(len(rows), "indicateur")
    return Progress(MEASURES, missing, untouched=len(left) == len(rows) and bool(rows), summary=summary)


def _budget(report: FinalReport, figures: Account) -> Progress:
    lines = [line for line in report.lines.all() if not line.is_request]
    left = [line for line in lines if line.done_cents is None]
    untouched = len(left) == len(lines)
    if left:
        words = f"{counted(len(left), 'ligne')} à remplir (écrivez 0 quand il n’y a rien eu)."
        return Progress(BUDGET, (words,), untouched=untouched)
    return Progress(
        BUDGET, (), tuple(_unbalanced(figures)), summary=f"{euros(figures.justified)} de dépenses justifiées"
    )


def _unbalanced(figures: Account) -> list[str]:
    done, wrong = figures.done, []
    if not done.charges:
        wrong.append("Aucune dépense n’est déclarée.")
    elif done.gap:
        side = "produits" if done.gap > 0 else "charges"
        wrong.append(
            f"Il manque {euros(abs(done.gap))} de {side} : {euros(done.charges)} de charges, {euros(done.products)} de "
            f"produits avec l’aide de {euros(figures.aid.cents)}. Ce que la commune a payé elle-même se met en autofinancement."
        )
    if done.voluntary_gap:
        wrong.append("Les contributions volontaires ont la même valeur en charges (86) et en produits (87).")
    return wrong


def _proofs(report: FinalReport) -> Progress:
    rows = list(report.documents.all())
    good = [one for one in rows if one.file.state not in REFUSED]
    refused = [f"« {one.file.name} » a été refusé : retirez-le." for one in rows if one.file.state in REFUSED]
    missing: tuple[str, ...] = ()
    if not any(one.kind in PAYING_PROOFS for one in good):
        missing = ("Il manque au moins une facture, un mandat ou le décompte signé.",)
    summary = counted(len(good), "pièce jointe,pièces jointes,aucune pièce jointe")
    return Progress(PROOFS, missing, tuple(refused), untouched=not rows, summary=summary)


def _photos(report: FinalReport) -> Progress:
    rows = list(report.photos.all())
    wrong = [f"{one} : {lack}" for one in rows for lack in photo_lacks(one)]
    summary = counted(len(rows), "photo,photos,aucune photo")
    return Progress(PHOTOS, (), tuple(wrong), untouched=not rows, optional=True, summary=summary)


def photo_lacks(photo: ReportPhoto) -> list[str]:
    """What a photo needs before it leaves."""
    if photo.file.state in REFUSED:
        return ["ce fichier a été refusé, retirez-le."]
    lacks = []
    if not photo.caption:
        lacks.append("il manque la légende.")
    if not photo.alternative:
        lacks.append("il manque la description pour ceux qui ne la voient pas.")
    if not photo.people:
        lacks.append("dites si l’on reconnaît quelqu’un, et si ces personnes sont d’accord.")
    if not photo.rights:
        lacks.append("la commune doit avoir le droit de publier cette photo.")
    return lacks


def _publication(report: FinalReport) -> Progress:
    accepted = sum(one.publish for one in report.texts.all())
    if not report.publish_consent:
        return Progress(PUBLICATION, optional=True, summary="La commune garde la fiche pour elle et pour le fonds")
    return Progress(PUBLICATION, optional=True, summary=f"Acceptée pour {accepted} parties sur {len(TEXTS)}")


# --- What was announced ----------------------------------------------------------------------------------------


def announced(application: Application, slug: str) -> str:
    """What the file said when it was sent, beside the part that tells what became of it."""
    if slug == ReportText.FUNDERS:
        lines = application.budget_lines.filter(side=Side.PRODUCT)
        return "\n".join(f"{line.funder or line.label or line.account} : {euros(line.amount_cents)}" for line in lines)
    if slug == ReportText.PUBLICS:
        return ", ".join(labels(tuple(Public.choices), application.publics))
    if slug == ReportText.PARTNERS:
        return "\n".join(f"{one.name}{f' : {one.role}' if one.role else ''}" for one in application.partners.all())
    names = {
        ReportText.MOTIVATIONS: "stakes",
        ReportText.DESCRIPTION: "description",
        ReportText.DIFFICULTIES: "obstacles",
        ReportText.RESULTS: "success",
    }
    return str(getattr(application, names[ReportText(slug)])) if slug in names else ""


# --- What a person saw -----------------------------------------------------------------------------------------


def fingerprint(report: FinalReport, slug: str) -> str:
    """What a person saw of a part: two who write different parts do not get in each other's way."""
    text = json.dumps(content(report, slug), sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def content(report: FinalReport, slug: str) -> Any:
    if slug in TEXT_SLUGS:
        return [[one.text, one.publish] for one in report.texts.all() if one.slug == slug]
    if slug == MEASURES.slug:
        return [[one.pk, one.done, one.comment] for one in report.measures.all()]
    if slug == BUDGET.slug:
        rows = [[x.side, x.account, x.label, x.funder, x.done_cents, x.added] for x in report.lines.all()]
        return [report.budget_note, rows]
    return report.publish_consent
