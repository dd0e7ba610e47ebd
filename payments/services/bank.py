"""Bank details of an organisation: declared by the commune, verified by somebody else, never edited."""

from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import Organisation
from common.clock import database_now
from common.dates import local
from common.errors import DomainError, NotAllowed
from documents.services import store_upload
from documents.states import FileState
from journal.services import advance, begin, locked, record_read
from payments import bank_checks, known_numbers, policies, separation
from payments.models import BankVersion
from payments.notifications import BankDeclaredMail, BankRefusedMail, BankVerifiedMail
from payments.states import BankState

NO_PREVIOUS = (
    "Joignez le RIB du compte actuel ({masked}) : un changement de compte se demande avec l’ancien RIB. "
    "S’il est perdu, demandez-le à votre comptable public."
)
REPLACED = "Remplacées par une nouvelle déclaration de la commune."


@transaction.atomic
def declare_bank(
    organisation_id: int,
    *,
    iban: str,
    holder: str,
    rib: UploadedFile,
    by: Any,
    bic: str = "",
    previous_rib: UploadedFile | None = None,
) -> BankVersion:
    """A new version of the organisation's bank details, to be verified. Every contact of the commune is told, old ones too.

    A change comes with the RIB of the account it replaces. A version still waiting is refused in favour of the new one; the verified one stays in use meanwhile.
    """
    if not policies.writes_for(by, organisation_id):
        raise NotAllowed("Seuls un rédacteur ou un signataire de la commune déclarent ses coordonnées bancaires.")
    # The organisation's row makes two declarers wait for one another.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
    number = bank_checks.read_iban(iban)
    current = BankVersion.objects.filter(organisation=organisation, state=BankState.VERIFIED).first()
    if current and current.iban == str(number):
        raise DomainError("Ce compte est déjà celui de la commune : il est vérifié, vous n’avez rien à faire.")
    if current and previous_rib is None:
        raise DomainError(NO_PREVIOUS.format(masked=current.masked))
    _replace_waiting(organisation, by=by)
    bank = BankVersion(
        organisation=organisation,
        iban=str(number),
        bic=bank_checks.read_bic(bic, number),
        holder=" ".join(holder.split())[:120],
        document=store_upload(rib, organisation=organisation, by=by),
        replaces=current,
        declared_by=by,
    )
    if current and previous_rib:
        bank.previous_document = store_upload(previous_rib, organisation=organisation, by=by)
    data = {"account": bank.masked, "holder": bank.holder, "replaces": current.masked if current else ""}
    begin(bank, by=by, verb="declare", data=data)
    BankDeclaredMail(bank, is_change=current is not None).queue()
    return bank


def _replace_waiting(organisation: Organisation, *, by: Any) -> None:
    waiting = BankVersion.objects.filter(organisation=organisation, state=BankState.DECLARED)
    for pk in waiting.values_list("pk", flat=True):
        old = locked(BankVersion.objects.all(), pk)
        advance(old, old.refuse, why=REPLACED, by=by, reason=REPLACED)


@transaction.atomic
def verify_bank(
    pk: int,
    *,
    person: str,
    by: Any,
    number: str = "",
    called_on: date | None = None,
    note: str = "",
    version: int | None = None,
) -> BankVersion:
    """Say, after calling a number known before, that this account is the commune's; the old one is superseded.

    `person` answered at `number` (the known one when it is not given). The first account of an organisation is usable at
    once, a change after the wait of the rules: the database writes from when. The warnings that were shown are kept.
    The person is not the one who declared it, nor one who acted on a payment that has not left yet.
    """
    bank = _locked_with_the_verified_one(pk, version)
    _refuse_verifier(bank, by)
    number = known_numbers.check(bank, number)
    called_on = called_on or local(database_now()).date()
    _refuse_call(bank, person, called_on)
    for document in (bank.document, bank.previous_document):
        if document and document.state != FileState.CLEAN:
            raise DomainError(f"Le RIB n’est pas lisible : {document.get_state_display().lower()}.")
    earlier = BankVersion.objects.filter(organisation=bank.organisation_id, state__in=("verified", "superseded"))
    is_change = earlier.exists()
    for old_pk in earlier.filter(state=BankState.VERIFIED).values_list("pk", flat=True):
        old = locked(BankVersion.objects.all(), old_pk)
        advance(old, old.supersede, by=by, data={"by_version": bank.pk})
    shown = [{"title": one.title, "detail": one.detail} for one in bank_checks.warnings(bank)]
    call = {"person": person.strip()[:120], "number": number, "called_on": called_on}
    advance(
        bank,
        bank.verify,
        verifier=by,
        note=note.strip()[:300],
        warnings=shown,
        **call,
        by=by,
        reason=note.strip()[:300],
        data={**call, "warnings": [one["title"] for one in shown]},
        refusal="Ces coordonnées ne sont plus à vérifier : quelqu’un vous a précédé.",
    )
    bank = BankVersion.objects.select_related("organisation", "verified_by").get(pk=pk)
    BankVerifiedMail(bank, is_change=is_change).queue()
    return bank


def _refuse_verifier(bank: BankVersion, by: Any) -> None:
    if not policies.can_verify_bank(by, bank.organisation_id):
        raise NotAllowed("Les coordonnées bancaires sont vérifiées par un instructeur ou le chef de service.")
    if bank.declared_by_id == by.pk:
        raise DomainError("Vous avez déclaré ces coordonnées : une autre personne doit les vérifier.")
    since = by.memberships.filter(organisation=bank.organisation_id).exclude(ended_at__lt=bank.declared_at)
    if since.exists():
        raise DomainError("Vous étiez de cette commune quand le compte a été déclaré : une autre personne le vérifie.")
    separation.refuse_verifier(by, bank.organisation_id)


def _refuse_call(bank: BankVersion, person: str, called_on: date) -> None:
    if not person.strip():
        raise DomainError("Notez qui vous a répondu : sans cela, rien ne prouve la vérification.")
    if not local(bank.declared_at).date() <= called_on <= local(database_now()).date():
        raise DomainError("L’appel a lieu après la déclaration du compte, et au plus tard aujourd’hui.")


def _locked_with_the_verified_one(pk: int, version: int | None) -> BankVersion:
    """Both rows in ascending order: two verifications of one organisation cannot wait for each other."""
    organisation_id = BankVersion.objects.values_list("organisation_id", flat=True).filter(pk=pk).first()
    in_play = BankVersion.objects.filter(organisation=organisation_id, state__in=("verified", "declared"))
    list(in_play.order_by("pk").select_for_update(no_key=True))
    return locked(
        BankVersion.objects.select_related("organisation", "document", "previous_document"), pk, version=version
    )


@transaction.atomic
def refuse_bank(pk: int, *, reason: str, by: Any, version: int | None = None) -> BankVersion:
    """These are not the commune's bank details, and why; its writers are told."""
    bank = locked(BankVersion.objects.select_related("organisation"), pk, version=version)
    if not policies.can_verify_bank(by, bank.organisation_id):
        raise NotAllowed("Les coordonnées bancaires sont vérifiées par un instructeur ou le chef de service.")
    if not reason.strip():
        raise DomainError("Dites à la commune pourquoi ces coordonnées sont refusées.")
    why = reason.strip()[:300]
    advance(bank, bank.refuse, why=why, by=by, reason=why, refusal="Ces coordonnées ne sont plus à vérifier.")
    BankRefusedMail(bank).queue()
    return bank


@transaction.atomic
def reveal_bank(pk: int, *, by: Any) -> BankVersion:
    """The account whole, for somebody who needs to read it; the reading is written in the journal."""
    bank = BankVersion.objects.select_related("organisation").get(pk=pk)
    if not policies.can_read_iban(by, bank.organisation_id):
        raise NotAllowed("Votre rôle ne permet pas de voir le numéro de compte entier.")
    record_read(bank, by=by, what="read_iban")
    return bank
