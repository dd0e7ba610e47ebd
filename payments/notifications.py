"""What is said about payments: one class a message."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.states import FINANCE_ROLES, WRITING_ROLES, Role
from applications.models import Application, Decision
from fund.models import Fund
from notifications.mail import Mail, Recipient
from payments.models import AwardAct, BankVersion, Batch, Instalment, Recovery, Settlement
from payments.rules import in_force
from payments.states import DONE

LATELY = timedelta(days=365)


def members(organisation_id: int, *roles: str) -> list[User]:
    """The active people of an organisation, each once."""
    held = Q(memberships__organisation=organisation_id, memberships__ended_at__isnull=True)
    if roles:
        held &= Q(memberships__role__in=roles)
    return list(User.objects.filter(held, is_active=True).distinct().order_by("pk"))


def every_contact(organisation: Organisation) -> list[Recipient]:
    """Everybody of the commune, its own address, and who was there lately: who stole one account cannot hush this up.

    The addresses the town hall had and the people who left within the last year are told too.
    """
    found = {user.email.lower(): Recipient.of(user) for user in members(organisation.pk)}
    left = Q(memberships__organisation=organisation, memberships__ended_at__gte=timezone.now() - LATELY)
    for user in User.objects.filter(left).distinct().order_by("pk"):
        found.setdefault(user.email.lower(), Recipient(None, user.email, user.get_full_name()))
    events = apps.get_model("accounts", "OrganisationEvent").objects.filter(pgh_obj=organisation)
    had = events.filter(pgh_created_at__gte=timezone.now() - LATELY).exclude(email="").order_by("pgh_id")
    for email in [organisation.email, *had.values_list("email", flat=True)]:
        if email:
            found.setdefault(email.lower(), Recipient(None, email, organisation.name))
    return list(found.values())


class BankMail(Mail):
    """About a version of bank details: said once a version."""

    def __init__(self, bank: BankVersion, *, is_change: bool = False) -> None:
        self.bank, self.is_change = bank, is_change

    def recipients(self) -> Iterable[Recipient]:
        return every_contact(self.bank.organisation)

    def key(self) -> str:
        return str(self.bank.pk)

    def ref(self) -> str:
        return self.bank.organisation.siren

    def context(self) -> dict[str, Any]:
        return {
            "bank": self.bank,
            "organisation": self.bank.organisation,
            "fund": Fund.objects.first(),
            "cooling_hours": in_force().cooling_hours,
            "is_change": self.is_change,
            "link": settings.BASE_URL + reverse("bank_detail", args=[self.bank.pk]),
        }


class BankDeclaredMail(BankMail):
    kind: ClassVar[str] = "bank_declared"


class BankVerifiedMail(BankMail):
    """`bank` was read again after its verification, so that its dates are known."""

    kind: ClassVar[str] = "bank_verified"


class BankRefusedMail(BankMail):
    kind: ClassVar[str] = "bank_refused"

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in members(self.bank.organisation_id, *WRITING_ROLES)]


class InstalmentMail(Mail):
    """About one instalment: said once a change of its version."""

    def __init__(self, instalment: Instalment) -> None:
        self.instalment = instalment
        self.application: Application = instalment.application

    def key(self) -> str:
        return f"{self.instalment.pk}:{self.instalment.version}"

    def ref(self) -> str:
        return self.application.number or ""

    def context(self) -> dict[str, Any]:
        return {
            "instalment": self.instalment,
            "application": self.application,
            "organisation": self.application.organisation,
            "fund": self.application.call.fund,
            "link": settings.BASE_URL + reverse("application_payments", args=[self.application.public_id]),
        }


class InstalmentRequestedMail(InstalmentMail):
    """To who follows the file, else to every instructor."""

    kind: ClassVar[str] = "instalment_requested"

    def recipients(self) -> Iterable[Recipient]:
        if self.application.instructor and self.application.instructor.is_active:
            return [Recipient.of(self.application.instructor)]
        held = Q(memberships__role=Role.INSTRUCTOR, memberships__ended_at__isnull=True)
        return [Recipient.of(user) for user in User.objects.filter(held, is_active=True).distinct().order_by("pk")]

    def context(self) -> dict[str, Any]:
        return super().context() | {"link": settings.BASE_URL + reverse("instalment_detail", args=[self.instalment.pk])}


class InstalmentReturnedMail(InstalmentMail):
    """To the commune: what is missing before it can be paid."""

    kind: ClassVar[str] = "instalment_returned"

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in members(self.application.organisation_id, *WRITING_ROLES)]


class StaffMail(InstalmentMail):
    """About an instalment, to those of the staff who are expected to act."""

    roles: ClassVar[tuple[str, ...]] = ()

    def recipients(self) -> Iterable[Recipient]:
        held = Q(memberships__role__in=self.roles, memberships__ended_at__isnull=True)
        return [Recipient.of(user) for user in User.objects.filter(held, is_active=True).distinct().order_by("pk")]

    def context(self) -> dict[str, Any]:
        return super().context() | {"link": settings.BASE_URL + reverse("instalment_detail", args=[self.instalment.pk])}


class VisaWantedMail(StaffMail):
    """To the heads of service: the service fait is certified, the rules want their visa."""

    kind: ClassVar[str] = "visa_wanted"
    roles = (Role.HEAD_OF_SERVICE,)


class ApprovalWantedMail(StaffMail):
    """To finance: it may be approved."""

    kind: ClassVar[str] = "approval_wanted"
    roles = (Role.FINANCE_APPROVER,)


class InstalmentSentBackMail(StaffMail):
    """To who certified it: why it comes back."""

    kind: ClassVar[str] = "instalment_sent_back"

    def __init__(self, instalment: Instalment, *, certifier: User | None) -> None:
        super().__init__(instalment)
        self.certifier = certifier or self.application.instructor

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(self.certifier)] if self.certifier and self.certifier.is_active else []


class InstalmentOrderedMail(InstalmentMail):
    kind: ClassVar[str] = "instalment_ordered"

    def __init__(self, instalment: Instalment, batch: Batch, account: BankVersion) -> None:
        super().__init__(instalment)
        self.batch, self.account = batch, account

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in members(self.application.organisation_id, *WRITING_ROLES)]

    def context(self) -> dict[str, Any]:
        return super().context() | {"batch": self.batch, "account": self.account}


class InstalmentStoppedMail(InstalmentMail):
    """To the commune: a payment that was announced will come later, and why."""

    kind: ClassVar[str] = "instalment_stopped"

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in members(self.application.organisation_id, *WRITING_ROLES)]


class InstalmentPaidMail(InstalmentStoppedMail):
    """To the commune: the accountant has paid."""

    kind: ClassVar[str] = "instalment_paid"


class AwardMail(Mail):
    """About an award as a whole, to those who write for its commune. `page` is where it is read."""

    page: ClassVar[str] = "award_settle"

    def __init__(self, application: Application) -> None:
        self.application = application

    def recipients(self) -> Iterable[Recipient]:
        return [Recipient.of(user) for user in members(self.application.organisation_id, *WRITING_ROLES)]

    def ref(self) -> str:
        return self.application.number or ""

    def context(self) -> dict[str, Any]:
        return {
            "application": self.application,
            "organisation": self.application.organisation,
            "fund": self.application.call.fund,
            "link": settings.BASE_URL + reverse(self.page, args=[self.application.public_id]),
        }


class SettlementMail(AwardMail):
    """To the commune: the account of its award, what is left, what is given back or is to be paid back."""

    kind: ClassVar[str] = "settlement"

    def __init__(self, settlement: Settlement) -> None:
        super().__init__(settlement.application)
        self.settlement = settlement

    def key(self) -> str:
        return str(self.settlement.pk)

    def context(self) -> dict[str, Any]:
        return super().context() | {"settlement": self.settlement}


class ActMail(AwardMail):
    """To the commune: an act was signed on its award."""

    kind: ClassVar[str] = "award_act"
    page = "award"

    def __init__(self, act: AwardAct) -> None:
        super().__init__(act.application)
        self.act = act

    def key(self) -> str:
        return str(self.act.pk)

    def context(self) -> dict[str, Any]:
        from payments.acts import what

        return super().context() | {"act": self.act, "what": what(self.act)}


class LapseMail(AwardMail):
    """To the commune and to who instructs its file: the award has little time left. Once for each last day."""

    kind: ClassVar[str] = "award_lapsing"
    page = "award"

    def __init__(self, decision: Decision, last_day: date) -> None:
        super().__init__(decision.application)
        self.decision, self.last_day = decision, last_day

    def recipients(self) -> Iterable[Recipient]:
        instructor = self.application.instructor
        return [*super().recipients(), *([Recipient.of(instructor)] if instructor else [])]

    def key(self) -> str:
        return f"{self.decision.pk}:{self.last_day.isoformat()}"

    def context(self) -> dict[str, Any]:
        unpaid = Instalment.objects.filter(decision=self.decision).exclude(state__in=DONE)
        left = unpaid.aggregate(cents=Sum("amount_cents"))["cents"]
        return super().context() | {"last_day": self.last_day, "left": left}


class RecoveryMail(AwardMail):
    """To finance and to the commune, at each step of what is paid back."""

    kind: ClassVar[str] = "recovery"

    def __init__(self, recovery: Recovery) -> None:
        super().__init__(recovery.application)
        self.recovery = recovery

    def recipients(self) -> Iterable[Recipient]:
        held = Q(memberships__role__in=FINANCE_ROLES, memberships__ended_at__isnull=True)
        staff = User.objects.filter(held, is_active=True).distinct().order_by("pk")
        return [*(Recipient.of(user) for user in staff), *super().recipients()]

    def key(self) -> str:
        return f"{self.recovery.pk}:{self.recovery.version}"

    def context(self) -> dict[str, Any]:
        return super().context() | {"recovery": self.recovery}


class ReconciliationMail(Mail):
    """To finance, each morning that something waits: differences nobody settled, payments ordered long ago."""

    kind: ClassVar[str] = "reconciliation"

    def __init__(self, day: date, *, ages: list[dict[str, Any]], open_count: int) -> None:
        self.day, self.ages, self.open_count = day, ages, open_count

    def recipients(self) -> Iterable[Recipient]:
        held = Q(memberships__role__in=FINANCE_ROLES, memberships__ended_at__isnull=True)
        return [Recipient.of(user) for user in User.objects.filter(held, is_active=True).distinct().order_by("pk")]

    def key(self) -> str:
        return self.day.isoformat()

    def ref(self) -> str:
        return self.day.isoformat()

    def context(self) -> dict[str, Any]:
        return {
            "ages": [one for one in self.ages if one["lines"]],
            "open_count": self.open_count,
            "fund": Fund.objects.first(),
            "day": self.day,
            "link": settings.BASE_URL + reverse("reconciliation"),
        }
