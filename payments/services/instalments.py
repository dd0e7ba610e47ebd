"""The life of an instalment before it joins a batch: asked for, certified, approved, or sent back with a reason."""

from typing import Any

from django.db import transaction

from common.errors import DomainError, NotAllowed
from journal.services import advance, locked
from payments import policies, requests, separation
from payments.models import Instalment, PaymentLine
from payments.notifications import InstalmentRequestedMail, InstalmentReturnedMail
from payments.separation import Part
from payments.states import LineState

FULL = (
    "application__call__fund",
    "application__organisation",
    "application__instructor",
    "decision__recorded_by",
    "certified_by",
    "approved_by",
)


def _locked(pk: int, version: int | None) -> Instalment:
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
    """The commune asks for an instalment; the instructor is told."""
    instalment = _locked(pk, version)
    if not policies.writes_for(by, instalment.organisation_id):
        raise NotAllowed("Un versement est demandé par un rédacteur ou un signataire de la commune.")
    obstacle = requests.obstacle_now(instalment)
    if obstacle:
        raise DomainError(obstacle)
    advance(instalment, instalment.request, actor=by, by=by)
    InstalmentRequestedMail(instalment).queue()
    return instalment


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
    advance(instalment, instalment.certify, actor=by, by=by, data={"cents": instalment.amount_cents})
    return instalment


@transaction.atomic
def approve(pk: int, *, by: Any, version: int | None = None) -> Instalment:
    """Finance agrees to pay. Not by who certified, recorded the decision or verified the account."""
    instalment = _locked(pk, version)
    if not policies.can_approve(by, instalment.organisation_id):
        raise NotAllowed("Un versement est approuvé par une personne des finances chargée de l’approbation.")
    _refuse_clash(instalment, by, Part.APPROVE)
    advance(instalment, instalment.approve, actor=by, by=by, data={"cents": instalment.amount_cents})
    return instalment


@transaction.atomic
def return_to_desk(pk: int, *, reason: str, by: Any, version: int | None = None) -> Instalment:
    """Finance sends it back to the instructor with a reason; impossible while it stands in a batch."""
    instalment = _locked(pk, version)
    if not policies.can_send_back(by, instalment.organisation_id):
        raise NotAllowed("Un versement est renvoyé au service instructeur par les finances.")
    why = _reason(reason)
    line = PaymentLine.objects.filter(instalment=instalment, state=LineState.LIVE).select_related("batch").first()
    if line:
        raise DomainError(f"Ce versement est dans « {line.batch} » : retirez-le d’abord du lot.")
    advance(instalment, instalment.return_to_desk, why=why, by=by, reason=why)
    return instalment
