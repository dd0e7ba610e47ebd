"""Conventions, and the scans of what was signed by hand."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from applications import policies
from applications.letter_data import known_data as known_of
from applications.letter_data import planned_instalments
from applications.models import Application, Decision, FileLetter, SignedPaper
from applications.notifications.papers import ConventionToSign, PaperOfCommune, PaperOfDesk
from applications.services.file_letters import write_letter
from applications.services.instruction import locked_for_desk
from applications.services.reading import locked_file
from applications.states import DecisionKind, DecisionState, LetterKind, SignedKind
from common.errors import DomainError, NotAllowed
from documents import services as storage
from journal.services import record

SIGNED = (DecisionState.SIGNED, DecisionState.NOTIFIED)


def signed_decision(application: Application) -> Decision | None:
    """The decision in force, once signed."""
    return application.decisions.filter(state__in=SIGNED).order_by("-pk").first()


def convention_of(decision: Decision | None) -> FileLetter | None:
    if decision is None:
        return None
    letters = FileLetter.objects.filter(application=decision.application_id, kind=LetterKind.CONVENTION)
    return letters.filter(occasion=f"decision-{decision.pk}").first()


@transaction.atomic
def make_convention(pk: int, *, by: Any) -> FileLetter:
    """The convention of an award whose letter was sent: its object, amount, payments and conditions (loi 2000-321, art. 10).

    The commune is asked to sign it. Once an award.
    """
    application = locked_for_desk(pk, by=by)
    if not (policies.is_fund_manager(by, application) or policies.can_sign_decision(by, application)):
        raise NotAllowed("Le gestionnaire du fonds ou le chef de service fait les conventions.")
    decision = signed_decision(application)
    if decision is None or decision.kind != DecisionKind.GRANT or decision.state != DecisionState.NOTIFIED:
        raise DomainError("Une convention se fait pour une aide attribuée, dont la lettre est partie.")
    if convention_of(decision) is not None:
        raise DomainError("La convention de cette aide est déjà faite. Rien n’a été changé.")
    known = known_of(decision)
    said = {name: known[name] for name in ("act_number", "requested_cents", "amount_cents", "rate_bp", "signatory")}
    said |= {
        "signed_on": decision.act_date,
        "report_on": application.call.report_due_on,
        "instalments": planned_instalments(decision),
        "authority": application.call.fund.authority_name,
    }
    letter = write_letter(application, LetterKind.CONVENTION, occasion=f"decision-{decision.pk}", said=said, by=by)
    record(application, by=by, verb="make_convention")
    ConventionToSign(application, by=by, letter=letter).queue()
    return letter


def deposit_signed(pk: int, *, kind: str, upload: UploadedFile, by: Any) -> SignedPaper:
    """Keep the scan of what was signed: by the desk, or by the signatory of the commune for its convention. The other side is told.

    DomainError, in words, for a file that cannot be accepted; its bytes are then thrown away.
    """
    if kind not in SignedKind.values:
        raise DomainError("Dites de quel document il s’agit.")
    deposited = storage.deposit(upload)
    try:
        return _keep(pk, kind, deposited, by=by)
    except BaseException:
        storage.discard(deposited)
        raise


@transaction.atomic
def _keep(pk: int, kind: str, deposited: storage.Deposit, *, by: Any) -> SignedPaper:
    application, from_commune = _allowed(pk, kind, by=by)
    decision = signed_decision(application)
    if decision is None:
        raise DomainError("Aucune décision signée ne porte sur ce dossier.")
    if kind == SignedKind.CONVENTION and convention_of(decision) is None:
        raise DomainError("La convention n’est pas encore faite : il n’y a rien à signer.")
    stored = storage.keep(deposited, organisation=application.organisation, by=by)
    paper = SignedPaper(decision=decision, kind=kind, number=0, file=stored, deposited_by=by)
    paper.save(force_insert=True)
    paper.refresh_from_db()
    told = {"document": paper.get_kind_display(), "number": paper.number, "sha256": stored.sha256}
    record(application, by=by, verb="deposit_signed", data=told)
    mail = PaperOfCommune if from_commune else PaperOfDesk
    mail(application, paper, by=by).queue()
    return paper


def _allowed(pk: int, kind: str, *, by: Any) -> tuple[Application, bool]:
    """The file, locked, and whether it is its commune that deposits."""
    organisation = Application.objects.filter(pk=pk).values_list("organisation_id", flat=True).first()
    if organisation in by.organisation_ids():
        application = locked_file(pk)
        if kind != SignedKind.CONVENTION or not policies.signs_for_its_commune(by, application):
            raise NotAllowed("La personne qui signe pour la commune dépose la convention signée.")
        return application, True
    application = locked_for_desk(pk, by=by)
    if not (policies.can_instruct(by, application) or policies.can_sign_decision(by, application)):
        raise NotAllowed("Votre rôle ne permet pas de déposer un document signé.")
    return application, False
