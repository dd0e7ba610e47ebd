"""People, organisations and who may do what in them."""

from functools import cached_property
from typing import Any, ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts.guards import invitation_guards, membership_guards, user_guards
from accounts.states import ORGANISATION_ROLES, STAFF_ROLES, OrganisationKind, PlanStatus, Role
from common.grants import Grants
from common.guards import no_delete


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. What they may do comes only from their memberships; nobody is a superuser."""

    grants = Grants.NO_DELETE
    is_machine = False
    is_superuser = False

    email = models.EmailField("adresse électronique", unique=True)
    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    job = models.CharField("fonction", max_length=120, blank=True, default="")
    phone = models.CharField("téléphone", max_length=30, blank=True, default="")
    is_active = models.BooleanField("actif", default=True)
    date_joined = models.DateTimeField(db_default=Now())

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        verbose_name = "personne"
        verbose_name_plural = "personnes"
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_once")]
        triggers: ClassVar = [*user_guards(), *no_delete()]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def actor_id(self) -> int:
        return self.pk

    @property
    def actor_label(self) -> str:
        return self.get_full_name()

    @cached_property
    def active_memberships(self) -> list["Membership"]:
        """Read once a request: a right taken away is gone at the next one."""
        return list(self.memberships.filter(ended_at__isnull=True).select_related("organisation")) if self.pk else []

    def has_role(self, *roles: str) -> bool:
        """One of these roles in the fund's staff."""
        return self.is_active and any(m.organisation_id is None and m.role in roles for m in self.active_memberships)

    @property
    def is_fund_staff(self) -> bool:
        return self.has_role(*STAFF_ROLES)

    def organisation_ids(self, *roles: str) -> set[int]:
        """Organisations where the person holds one of these roles (any role when none is named)."""
        if not self.is_active:
            return set()
        wanted = roles or ORGANISATION_ROLES
        return {m.organisation_id for m in self.active_memberships if m.organisation_id and m.role in wanted}

    # The Django admin is read-only here and for the administrator alone.
    @property
    def is_staff(self) -> bool:
        return self.has_role(Role.ADMINISTRATOR)

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        from django.contrib.auth import get_backends

        return self.is_active and any(
            backend.has_perm(self, perm, obj) for backend in get_backends() if hasattr(backend, "has_perm")
        )

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def communes(self) -> "OrganisationQuerySet":
        return self.filter(kind=OrganisationKind.COMMUNE)


@pghistory.track(append_only=True)
class Organisation(models.Model):
    """A commune of the métropole (later its CCAS): who may apply."""

    grants = Grants.NO_DELETE

    kind = models.CharField("sorte", max_length=20, choices=OrganisationKind, default=OrganisationKind.COMMUNE)
    name = models.CharField("nom", max_length=120)
    sort_name = models.CharField(max_length=120, db_index=True, help_text="nom sans accents ni article, pour le tri")
    siren = models.CharField("SIREN", max_length=9, unique=True)
    siret = models.CharField("SIRET", max_length=14, blank=True, default="")
    siret_checked = models.BooleanField("SIRET vérifié", default=False)
    insee_code = models.CharField("code INSEE", max_length=5, blank=True, default="")
    department = models.CharField("département", max_length=3, blank=True, default="")
    arrondissement = models.CharField(max_length=60, blank=True, default="")
    postal_codes = models.JSONField("codes postaux", default=list)
    population = models.PositiveIntegerField("population municipale", null=True)
    population_total = models.PositiveIntegerField("population totale", null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    address = models.TextField("adresse", blank=True, default="")
    email = models.EmailField("adresse électronique", blank=True, default="")
    email_domains = models.JSONField("domaines de messagerie", default=list, blank=True)
    phone = models.CharField("téléphone", max_length=30, blank=True, default="")
    plan_status = models.CharField("plan local", max_length=20, choices=PlanStatus, default=PlanStatus.NONE)
    plan_adopted_on = models.DateField("adopté le", null=True, blank=True)
    plan_reference = models.CharField("délibération du plan", max_length=200, blank=True, default="")
    engaged_in_source_text = models.BooleanField("citée par le plan métropolitain", default=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering: ClassVar = ["sort_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["insee_code"], condition=Q(kind="commune"), name="organisation_insee_once"),
            models.CheckConstraint(condition=Q(siren__regex=r"^\d{9}$"), name="organisation_siren_shape"),
            models.CheckConstraint(
                condition=Q(siret="") | Q(siret__regex=r"^\d{14}$"), name="organisation_siret_shape"
            ),
            models.CheckConstraint(
                condition=Q(siret="") | Q(siret__startswith=F("siren")), name="organisation_siret_of_siren"
            ),
        ]
        triggers: ClassVar = [*no_delete()]

    def __str__(self) -> str:
        return self.name

    @property
    def postal_lines(self) -> list[str]:
        """The address as on an envelope; post code and name are added where the address does not hold them."""
        lines = [line.strip() for line in self.address.splitlines() if line.strip()]
        if any(code in self.address for code in self.postal_codes):
            return lines
        return [*lines, " ".join([*self.postal_codes[:1], self.name])]

    @property
    def has_plan(self) -> bool:
        return self.plan_status == PlanStatus.ADOPTED


class Membership(models.Model):
    """A role of a person, in an organisation or (organisation empty) in the fund's staff. Ended, never removed."""

    grants = Grants.NO_DELETE

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="memberships")
    role = models.CharField("rôle", max_length=20, choices=Role)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "appartenance"
        verbose_name_plural = "appartenances"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="membership_once",
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False, role__in=ORGANISATION_ROLES)
                | Q(organisation__isnull=True, role__in=STAFF_ROLES),
                name="membership_role_fits",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True) | Q(ended_at__isnull=False), name="membership_ended_by_at"
            ),
        ]
        triggers: ClassVar = [*membership_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.user} : {self.get_role_display()}"


class Invitation(models.Model):
    """An invitation by mail to join an organisation (or the staff): one use, bound to the address, 72 hours.

    Only the SHA-256 of the token is kept; opening the link consumes nothing. `as_administrator` gives the administration
    of the commune beside the role; `hands_over` is the administrator's role that ends in the same act, when it is accepted;
    with `leaves`, all other roles of that person in the commune end too.
    """

    grants = Grants.NO_DELETE

    email = models.EmailField("adresse électronique")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="invitations")
    role = models.CharField("rôle", max_length=20, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    as_administrator = models.BooleanField("administre la commune", default=False)
    hands_over = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="handed_over_by")
    leaves = models.BooleanField("quitte la commune", default=False)

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False, role__in=ORGANISATION_ROLES)
                | Q(organisation__isnull=True, role__in=STAFF_ROLES),
                name="invitation_role_fits",
            ),
            models.CheckConstraint(
                condition=Q(as_administrator=False) | Q(organisation__isnull=False),
                name="invitation_admin_of_a_commune",
            ),
            models.CheckConstraint(
                condition=Q(hands_over__isnull=True, leaves=False) | Q(as_administrator=True),
                name="invitation_hands_over_to_admin",
            ),
        ]
        triggers: ClassVar = [*invitation_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"{self.email} : {self.get_role_display()}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()
