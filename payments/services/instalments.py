"""The life of an instalment before it joins a batch: asked for, certified, approved, or sent back with a reason."""

from functools import partial
from typing import Any

from django.db import transaction

from accounts.states import FINANCE_ROLES
from applications.models import Decision
from common.errors import DomainError, NotAllowed, Stale
from journal.services import advance, locked
from payments import papers, policies, requests, rules, separation
from payments.models import Instalment, PaymentLine
from payments.notifications import (
    ApprovalWantedMail,
    InstalmentRequestedMail,
    InstalmentReturnedMail,
    InstalmentSentBackMail,
    VisaWantedMail,
)
from payments.separation import Part
from payments.services.papers import wake_statement
from payments.services.settling import settle_locked
from payments.states import InstalmentState, LineState

FULL = (
    "application__call__fund",
    "application__organisation",
    "application__instructor",
    "decision__recorded_by",
    "requested_by",
    "certified_by",
    "endorsed_by",
    "approved_by",
)


def _locked(pk: int, version: int | None) -> Instalment:
    """The decision, then the instalment: the order of who lowers an award, so that neither waits for the other for ever."""
    Decision.objects.select_for_update(no_key=True).filter(instalments=pk).order_by().first()
    return locked(Instalment.objects.select_related(*FULL), pk, version=version)


def _refuse_clash(instalment: Instalment, by: Any, part: Part) -> None:
    bank = separation.verified_accounts([instalment.organisation_id]).get(instalment.organisation_id)
    separation.refuse_clash(by, part, separation.deeds_of(instalment, bank), instalment.application.reference)


def _reason(text: str) -> str:
    if not text.strip():
        raise DomainError("Donnez le motif du renvoi : il est écrit au journal.")
    return text.strip()[:300]


@transaction.atomic
def request_instalment(pk: int, *, by: Any, version: int | None = None) -> Instalment:
    """The commune asks for an instalment; the instructor is told.

    Once the report is accepted, asking makes the account of the award first: the balance is what it says.
    """
    settled = _settle_before(pk, version, by)
    instalment = _locked(pk, None if settled else version)
    if not policies.writes_for(by, instalment.organisation_id):
        raise NotAllowed("Un versement est demandé par un rédacteur ou un signataire de la commune.")
    obstacle = requests.obstacle_now(instalment)
    if obstacle:
        raise DomainError(obstacle)
    data = {"cents": instalment.amount_cents}
    advance(instalment, instalment.request, actor=by, by=by, data=data)
    InstalmentRequestedMail(instalment).queue()
    if papers.needs_statement(instalment):
        transaction.on_commit(partial(wake_statement, pk), robust=True)
    return instalment


def _settle_before(pk: int, version: int | None, by: Any) -> bool:
    """True when the account was made here. Refuses what `request_instalment` would refuse, before the account is made (it locks from the envelope down)."""
    instalment = Instalment.objects.select_related(*FULL).filter(pk=pk).first()
    if instalment is None or not policies.writes_for(by, instalment.organisation_id):
        return False
    if requests.unsettled(instalment.application, instalment.decision) is None or requests.obstacle_now(instalment):
        return False
    if version is not None and instalment.version != version:
        raise Stale
    settle_locked(instalment.application_id, by=by)
    return True


@transaction.atomic
def return_to_commune(pk: int, *, reason: str, by: Any, version: int | None = None) -> Instalment:
    """The request cannot be certified as it is: back to the commune, with the reason."""
    instalment = _locked(pk, version)
    if not policies.can_certify(by, instalment.organisation_id):
        raise NotAllowed("Une demande de versement est renvoyée par un instructeur.")
    why = _reason(reason)
    advance(instalment, instalment.return_to_commune, why=why, by=by, reason=why)
    InstalmentReturnedMail(instalment).queue()
    return instalment


@transaction.atomic
def certify(pk: int, *, by: Any, version: int | None = None) -> Instalment:
    """Service fait: the conditions of this instalment are met.

    Not by who recorded the decision nor by who verified the account.
    """
    instalment = _locked(pk, version)
    if not policies.can_certify(by, instalment.organisation_id):
        raise NotAllowed("Le service fait est certifié par un instructeur.")
    _refuse_clash(instalment, by, Part.CERTIFY)
    if lacking := papers.missing(instalment, or_waiting=True):
        raise DomainError(
            f"Des pièces que la base juridique demande manquent ou attendent l’antivirus : {', '.join(lacking)}."
        )
    advance(instalment, instalment.certify, actor=by, by=by, data={"cents": instalment.amount_cents})
    if rules.in_force().wants_visa(instalment.amount_cents):
        VisaWantedMail(instalment).queue()
    else:
        ApprovalWantedMail(instalment).queue()
    return instalment


@transaction.atomic
def endorse(pk: int, *, by: Any, version: int | None = None) -> Instalment:
    """The visa of the head of service, between the service fait and finance. Not by who certified nor recorded the decision."""
    instalment = _locked(pk, version)
    if not policies.can_endorse(by, instalment.organisation_id):
        raise NotAllowed("Le visa est donné par le chef de service.")
    _refuse_clash(instalment, by, Part.ENDORSE)
    advance(instalment, instalment.endorse, actor=by, by=by, data={"cents": instalment.amount_cents})
    ApprovalWantedMail(instalment).queue()
    return instalment


@transaction.atomic
def approve(pk: int, *, by: Any, version: int | None = None) -> Instalment:
    """Finance agrees to pay. Not by who certified, endorsed, recorded the decision or verified the account.

    Raises DomainError as long as the rules want a visa that was not given.
    """
    instalment = _locked(pk, version)
    if not policies.can_approve(by, instalment.organisation_id):
        raise NotAllowed("Un versement est approuvé par une personne des finances chargée de l’approbation.")
    _refuse_clash(instalment, by, Part.APPROVE)
    if instalment.state == InstalmentState.CERTIFIED and rules.in_force().wants_visa(instalment.amount_cents):
        raise DomainError("Ce versement attend le visa du chef de service : les règles du fonds le demandent.")
    advance(instalment, instalment.approve, actor=by, by=by, data={"cents": instalment.amount_cents})
    return instalment


@transaction.atomic
def return_to_desk(pk: int, *, reason: str, by: Any, version: int | None = None) -> Instalment:
    """Finance or the head of service sends it back to the instructor with a reason; not while it stands in a batch."""
    instalment = _locked(pk, version)
    if not policies.can_send_back(by, instalment.organisation_id):
        raise NotAllowed("Un versement est renvoyé au service instructeur par les finances ou le chef de service.")
    why = _reason(reason)
    line = PaymentLine.objects.filter(instalment=instalment, state=LineState.LIVE).select_related("batch").first()
    if line:
        raise DomainError(f"Ce versement est dans « {line.batch} » : retirez-le d’abord du lot.")
    if instalment.state == InstalmentState.APPROVED and not by.has_role(*FINANCE_ROLES):
        raise NotAllowed("Un versement approuvé est renvoyé par les finances.")
    certifier = instalment.certified_by
    advance(instalment, instalment.return_to_desk, why=why, by=by, reason=why)
    InstalmentSentBackMail(instalment, certifier=certifier).queue()
    return instalment
