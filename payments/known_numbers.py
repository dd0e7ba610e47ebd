"""The number to call before an account is believed: the directory's, as it was known before the declaration.

The same choice as the guard `payments.bank_guards.BANK_VERIFIED`, in words: who takes over an account of a commune can
also change the telephone of its sheet.
"""

from datetime import timedelta

from django.apps import apps
from django.db.models import Q

from accounts.models import Membership, Organisation
from common.errors import DomainError
from journal.models import Entry
from journal.services import chain_of
from payments.models import BankVersion

KNOWN_FOR = timedelta(days=30)
NONE_KNOWN = (
    "Aucun numéro de la mairie n’était connu avant cette déclaration. La gestionnaire du fonds inscrit le numéro de "
    "l’annuaire officiel dans la fiche de la commune ; pour un changement de compte, la commune déclare ensuite à nouveau."
)


def known_number(bank: BankVersion) -> str:
    """Empty when no number of this organisation was known before the declaration."""
    past = apps.get_model("accounts", "OrganisationEvent").objects.filter(pgh_obj=bank.organisation_id)
    old = past.filter(pgh_created_at__lte=bank.declared_at - KNOWN_FOR).order_by("-pgh_id").first()
    if old and old.phone:
        return str(old.phone)
    first = past.filter(pgh_created_at__lte=bank.declared_at).exclude(phone="").order_by("pgh_id").first()
    return str(first.phone) if first else _written_since(bank)


def _written_since(bank: BankVersion) -> str:
    """For a first account: the number that somebody of the fund wrote since, when nobody of the commune touched the sheet."""
    others = BankVersion.objects.filter(organisation=bank.organisation_id, verified_by__isnull=False)
    people = Membership.objects.filter(organisation=bank.organisation_id).values("user")
    touched = Entry.objects.filter(
        Q(actor_id__in=people) | Q(actor_id=bank.declared_by_id),
        chain=chain_of(bank.organisation),
        recorded_at__gte=bank.declared_at,
    )
    if others.exclude(pk=bank.pk).exists() or touched.exists():
        return ""
    return Organisation.objects.values_list("phone", flat=True).get(pk=bank.organisation_id)


def check(bank: BankVersion, number: str) -> str:
    """The known number, when it is the one that was called (or none was given). Raises DomainError."""
    known = known_number(bank)
    if not known:
        raise DomainError(NONE_KNOWN)
    if number and "".join(number.split()) != "".join(known.split()):
        raise DomainError(f"Appelez la mairie au {known}, le numéro connu avant la déclaration, jamais à un autre.")
    return known
