"""Who may do what with a payment: pure predicates; services refuse by them, pages show by them."""

from typing import Any

from django.db.models import Q

from accounts.states import FINANCE_ROLES, READING_ROLES, WRITING_ROLES, Role


def writes_for(user: Any, organisation_id: int) -> bool:
    return organisation_id in user.organisation_ids(*WRITING_ROLES)


def belongs_to(user: Any, organisation_id: int) -> bool:
    return organisation_id in user.organisation_ids()


def reads_payments(user: Any) -> bool:
    """The lists of the staff: desk, finance, auditor."""
    return bool(user.has_role(*READING_ROLES))


def can_certify(user: Any, organisation_id: int) -> bool:
    """Service fait (décret 2012-1246, article 31): by the service that followed the action, never by the commune."""
    return user.has_role(Role.INSTRUCTOR) and not belongs_to(user, organisation_id)


def can_endorse(user: Any, organisation_id: int) -> bool:
    """The visa, where the rules want it."""
    return user.has_role(Role.HEAD_OF_SERVICE) and not belongs_to(user, organisation_id)


def can_set_rules(user: Any) -> bool:
    return bool(user.has_role(Role.FUND_MANAGER))


def can_approve(user: Any, organisation_id: int) -> bool:
    return user.has_role(Role.FINANCE_APPROVER) and not belongs_to(user, organisation_id)


def can_send_back(user: Any, organisation_id: int) -> bool:
    return user.has_role(*FINANCE_ROLES, Role.HEAD_OF_SERVICE) and not belongs_to(user, organisation_id)


def can_verify_bank(user: Any, organisation_id: int) -> bool:
    return user.has_role(Role.INSTRUCTOR, Role.HEAD_OF_SERVICE) and not belongs_to(user, organisation_id)


def can_prepare_batches(user: Any) -> bool:
    return bool(user.has_role(Role.FINANCE_PREPARER))


def can_export_batches(user: Any) -> bool:
    return bool(user.has_role(*FINANCE_ROLES))


def can_cancel_lines(user: Any) -> bool:
    return bool(user.has_role(Role.FINANCE_APPROVER))


def can_import_returns(user: Any) -> bool:
    return bool(user.has_role(*FINANCE_ROLES))


def reads_returns(user: Any) -> bool:
    return bool(user.has_role(*FINANCE_ROLES, Role.AUDITOR))


def can_release_exports(user: Any) -> bool:
    return bool(user.has_role(*FINANCE_ROLES, Role.ADMINISTRATOR))


def can_read_iban(user: Any, organisation_id: int) -> bool:
    """Seeing the account whole; each time is written in the journal of reads."""
    return user.has_role(Role.INSTRUCTOR, Role.HEAD_OF_SERVICE, *FINANCE_ROLES) or writes_for(user, organisation_id)


def paper_files(user: Any) -> Q:
    """The papers of the payments a person sees: statements the fund issued, titles the commune joined."""
    from payments.models import Instalment, PaymentPaper

    if not user.is_authenticated:
        return Q(pk__in=[])
    papers = PaymentPaper.objects.filter(instalment__in=Instalment.objects.visible_to(user))
    return Q(pk__in=papers.values("file"))


def rib_files(user: Any) -> Q:
    """The RIB of a version of bank details, for those who may read the account whole (documents.visibility)."""
    from payments.models import BankVersion

    if not user.has_role(Role.INSTRUCTOR, Role.HEAD_OF_SERVICE, *FINANCE_ROLES):
        return Q(pk__in=[])
    versions = BankVersion.objects.all()
    return Q(pk__in=versions.filter(document__isnull=False).values("document")) | Q(
        pk__in=versions.filter(previous_document__isnull=False).values("previous_document")
    )


def act_letters(user: Any) -> Q:
    """The letter of a signed act, for those who see the file (documents.visibility)."""
    from applications.models import Application
    from payments.models import AwardAct

    acts = AwardAct.objects.filter(letter__isnull=False, application__in=Application.objects.visible_to(user))
    return Q(pk__in=acts.values("letter"))
