"""Five different persons for one payment (TRUST I-07): said in a sentence here, before the database refuses."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db.models import Q

from common.errors import DomainError
from payments.models import BankVersion, Instalment
from payments.states import InstalmentState


class Part(StrEnum):
    """What a person did for a payment; the value completes « a … » in a sentence."""

    RECORD = "enregistré la décision"
    VERIFY = "vérifié les coordonnées bancaires"
    CERTIFY = "certifié le service fait"
    ENDORSE = "visé le versement"
    APPROVE = "approuvé le versement"
    PREPARE = "préparé le lot"
    ASK = "demandé le versement pour la commune"
    DECLARE = "déclaré le compte pour la commune"


Deeds = dict[Part, Any]
# What one person may do both: ask and declare for a commune; verify an account and give the visa (a service has one head).
TOGETHER = ({Part.ASK, Part.DECLARE}, {Part.VERIFY, Part.ENDORSE})
# What has not left yet: a person who acts here may not take another part.
NOT_ORDERED = tuple(s for s in InstalmentState if s not in (InstalmentState.ORDERED, InstalmentState.PAID))


def deeds_of(instalment: Instalment, bank: BankVersion | None) -> Deeds:
    """Who did what so far. Wants decision__recorded_by, the persons of the instalment, verified_by, declared_by selected."""
    return {
        Part.RECORD: instalment.decision.recorded_by,
        Part.VERIFY: bank.verified_by if bank else None,
        Part.CERTIFY: instalment.certified_by,
        Part.ENDORSE: instalment.endorsed_by,
        Part.APPROVE: instalment.approved_by,
        Part.ASK: instalment.requested_by,
        Part.DECLARE: bank.declared_by if bank else None,
    }


def clash(person: Any, part: Part, deeds: Deeds, about: str) -> str:
    """The sentence that refuses this part to this person, empty when nothing stands in the way."""
    for done, doer in deeds.items():
        if done != part and {done, part} not in TOGETHER and doer is not None and doer.pk == person.pk:
            return (
                f"{person.get_full_name()} a déjà {done} pour {about}. Des personnes différentes interviennent sur un "
                f"versement : une autre doit agir ici."
            )
    return ""


def refuse_clash(person: Any, part: Part, deeds: Deeds, about: str) -> None:
    """Raise DomainError with that sentence."""
    sentence = clash(person, part, deeds, about)
    if sentence:
        raise DomainError(sentence)


def clash_among(deeds: Deeds, about: str) -> str:
    """Two parts already taken by the same person (rights may have changed in between)."""
    taken = [(part, doer) for part, doer in deeds.items() if doer is not None]
    for position, (part, doer) in enumerate(taken):
        sentence = clash(doer, part, dict(taken[:position]), about)
        if sentence:
            return sentence
    return ""


def refuse_verifier(person: Any, organisation_id: int) -> None:
    """Who acted on a payment of this organisation that has not left may not verify its account."""
    concerned = (
        Instalment.objects.filter(organisation_id=organisation_id, state__in=NOT_ORDERED)
        .filter(
            Q(decision__recorded_by=person.pk)
            | Q(certified_by=person.pk)
            | Q(approved_by=person.pk)
            | Q(requested_by=person.pk)
        )
        .select_related(
            "application", "decision__recorded_by", "certified_by", "endorsed_by", "approved_by", "requested_by"
        )
    )
    for instalment in concerned[:1]:
        refuse_clash(person, Part.VERIFY, deeds_of(instalment, None), instalment.application.reference)


def verified_accounts(organisation_ids: Iterable[int]) -> dict[int, BankVersion]:
    """The verified account of each organisation, in one query."""
    found = BankVersion.objects.filter(organisation__in=set(organisation_ids), state="verified")
    return {bank.organisation_id: bank for bank in found.select_related("verified_by", "declared_by")}
