"""Asking the public company directory about a commune; taking over what it proposed. It is never waited for."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from accounts import policies
from accounts.models import CompanyLookup, Organisation, User
from accounts.states import LookupState
from common.clock import database_now
from common.errors import DomainError, NotAllowed, Stale
from common.history import mark
from common.wake import wake
from journal.services import record

# An answer later than that will not come: one may ask again.
PATIENCE = timedelta(minutes=1)


@transaction.atomic
def ask_directory(organisation: Organisation, *, by: User) -> CompanyLookup:
    """A task asks after the commit; one question at a time for a commune, a second click finds the first one."""
    if not settings.COMPANY_DIRECTORY_URL:
        raise DomainError("L’annuaire des entreprises n’est pas branché sur cette installation.")
    _require(by, organisation)
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    waiting = organisation.lookups.filter(state=LookupState.ASKED).first()
    if waiting is not None:
        if waiting.asked_at > database_now() - PATIENCE:
            return waiting
        give_up(waiting, "no answer in time")
    lookup = CompanyLookup.objects.create(organisation=organisation, asked_by=by)
    record(organisation, by=by, verb="ask_directory", data={"lookup": lookup.pk})
    transaction.on_commit(lambda: _wake(lookup.pk))
    return lookup


def _wake(pk: int) -> None:
    from accounts.tasks import ask_company_directory

    if not wake(ask_company_directory, pk):
        with transaction.atomic():
            give_up(CompanyLookup.objects.get(pk=pk), "no worker could be told")


def give_up(lookup: CompanyLookup, trouble: str) -> None:
    lookup.state, lookup.answered_at, lookup.trouble = LookupState.DOWN, database_now(), trouble[:200]
    lookup.save(update_fields=["state", "answered_at", "trouble"])


@transaction.atomic
def keep_lookup(pk: int, *, seen: str, by: User) -> Organisation:
    """Take the SIRET and the address over, as checked, with one click. `seen` is what the person saw of the commune."""
    found = CompanyLookup.objects.filter(pk=pk).first()
    if found is None:
        raise DomainError("Cette recherche n’existe plus.")
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=found.organisation_id)
    _require(by, organisation)
    lookup = CompanyLookup.objects.select_for_update(no_key=True).get(pk=pk)
    if lookup.state != LookupState.FOUND:
        raise DomainError("Cette proposition a déjà été reprise, ou ne propose rien.")
    if mark(organisation) != seen:
        raise Stale("Quelqu’un a modifié cette commune entre-temps. Relisez-la, puis recommencez si besoin.")
    before = {"siret": organisation.siret, "address": organisation.address}
    organisation.siret, organisation.siret_checked = lookup.siret, True
    organisation.address = lookup.address or organisation.address
    organisation.save(update_fields=["siret", "siret_checked", "address"])
    lookup.state = LookupState.KEPT
    lookup.save(update_fields=["state"])
    data = {"lookup": lookup.pk, "siret": lookup.siret, "before": before}
    record(organisation, by=by, verb="keep_lookup", data=data)
    return organisation


def _require(by: User, organisation: Organisation) -> None:
    if not policies.can_administer(by, organisation.pk):
        raise NotAllowed("Votre rôle ne permet pas de compléter la fiche de cette commune.")
