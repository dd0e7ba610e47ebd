"""The file a commune writes, in the sections of the workshop sheet."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Organisation
from applications.appeal_guards import reconsidered_guards
from applications.draft_guards import read_again_guard, weight_guard
from applications.guards import ATTACHMENT, application_guards, child_guards
from applications.states import UNDECIDED, ApplicationState, FundingStatus, Phase, Public, Side
from applications.visibility import visible
from common.grants import Grants
from common.guards import no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from fund.models import Call, QuestionSet
from fund.states import ActionType, Theme
from journal.guards import state_guards

S = ApplicationState


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: Any) -> "ApplicationQuerySet":
        """What this person may see (applications.visibility); every view fetches by it, the rest is a 404."""
        seen = visible(user)
        return self.none() if seen is None else self.filter(seen)

    def on_desk_of(self, user: Any) -> "ApplicationQuerySet":
        """The same, to instruct: never those of a commune of theirs (elected or agent), which they follow as its member."""
        return self.visible_to(user).exclude(organisation__in=user.organisation_ids())

    def sent(self) -> "ApplicationQuerySet":
        return self.exclude(state=S.DRAFT)


class Application(StatefulModel):
    """One action a commune asks money for. Its state changes only by `applications.services`.

    Amounts are cents. `number` (FI-2026-0001) is given when it is sent, with a snapshot of the content and its SHA-256;
    from then on the content is frozen. `allowed_cents` is the most the call's rules allow, computed when it is sent.
    """

    grants = Grants.NO_DELETE

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="applications", verbose_name="appel")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="applications", verbose_name="commune"
    )
    state = StateField("état", max_length=20, choices=ApplicationState, default=S.DRAFT)
    number = models.CharField("numéro", max_length=20, unique=True, null=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    question_set = models.ForeignKey(
        QuestionSet, on_delete=models.PROTECT, null=True, blank=True, related_name="applications"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("créé le", db_default=Now())
    updated_at = models.DateTimeField("modifié le", auto_now=True)

    # The sheet, in its order.
    theme = models.CharField("thème", max_length=30, choices=Theme, blank=True, default="")
    title = models.CharField("titre du chantier", max_length=160, blank=True, default="")
    stakes = models.TextField("l’enjeu", blank=True, default="")
    diagnostic = models.TextField("le diagnostic", blank=True, default="")
    success = models.TextField("nous aurons réussi si…", blank=True, default="")
    description = models.TextField("en quoi consiste l’action", blank=True, default="")
    resources = models.TextField("les ressources à mobiliser", blank=True, default="")
    governance = models.TextField("la gouvernance : qui fait quoi", blank=True, default="")
    obstacles = models.TextField("les obstacles à prévoir", blank=True, default="")
    open_questions = models.TextField("les questions ouvertes", blank=True, default="")
    action_type = models.CharField("type d’action", max_length=30, choices=ActionType, blank=True, default="")
    phase = models.CharField("phase", max_length=20, choices=Phase, blank=True, default="")
    publics = ArrayField(
        models.CharField(max_length=30, choices=Public), default=list, blank=True, verbose_name="publics visés"
    )
    grounds = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="critères concernés")
    domains = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="domaines")
    starts_on = models.DateField("début de l’action", null=True, blank=True)
    ends_on = models.DateField("fin de l’action", null=True, blank=True)
    commitments = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="engagements")

    # Money, computed from the budget table at each save of it.
    requested_cents = models.BigIntegerField("montant demandé", default=0)
    total_cost_cents = models.BigIntegerField("coût total", default=0)
    eligible_cost_cents = models.BigIntegerField("coût éligible", default=0)
    own_share_cents = models.BigIntegerField("part de la commune", default=0)
    allowed_cents = models.BigIntegerField("maximum permis", default=0)

    # Sending.
    signature_asked_at = models.DateTimeField("signature demandée le", null=True, blank=True)
    submitted_at = models.DateTimeField("envoyé le", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    snapshot = models.JSONField(null=True, blank=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True, default="")
    content_version = models.PositiveSmallIntegerField("version du contenu", default=1, editable=False)
    receipt = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    # Instruction.
    instructor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField("réponse due le", null=True, blank=True)
    suspended_days = models.PositiveSmallIntegerField("jours de suspension", default=0)
    complete_checked_at = models.DateTimeField("complétude constatée le", null=True, blank=True)
    search = SearchVectorField(null=True, editable=False)
    search_text = models.TextField(blank=True, default="", editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=S.DRAFT)
                | (
                    Q(number__isnull=False, submitted_at__isnull=False, snapshot__isnull=False)
                    & Q(submitted_by__isnull=False, snapshot_sha256__regex=r"^[0-9a-f]{64}$", requested_cents__gt=0)
                ),
                name="application_sent_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state=S.DRAFT) | Q(number__isnull=True), name="application_draft_has_no_number"
            ),
            models.CheckConstraint(
                condition=Q(requested_cents__gte=0, requested_cents__lte=10**13, allowed_cents__gte=0)
                & Q(total_cost_cents__gte=0, eligible_cost_cents__gte=0, own_share_cents__gte=0),
                name="application_amounts_sane",
            ),
            models.UniqueConstraint(fields=["id", "organisation"], name="application_tenant"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["call", "state", "-submitted_at", "-id"], name="application_queue"),
            models.Index(fields=["organisation", "-id"], name="application_organisation"),
            models.Index(fields=["instructor", "due_on", "id"], name="application_instructor"),
            models.Index(fields=["-submitted_at", "-id"], name="application_recent"),
            models.Index(fields=["state", "due_on", "id"], name="application_state_due"),
            models.Index(fields=["due_on", "id"], condition=Q(state__in=UNDECIDED), name="application_due"),
            models.Index(fields=["requested_cents", "id"], condition=~Q(state=S.DRAFT), name="application_amount"),
            GinIndex(fields=["search"], name="application_search"),
        ]
        triggers: ClassVar = [
            *state_guards(S.DRAFT),
            *application_guards(),
            *reconsidered_guards(),
            read_again_guard(),
            *no_delete(),
        ]

    def __str__(self) -> str:
        return f"{self.number or 'Brouillon'} : {self.title or 'sans titre'}"

    @property
    def reference(self) -> str:
        return self.number or f"brouillon n° {self.pk}"

    @property
    def open_help(self) -> Any:
        """The hand given to the fund's team now, None when the commune writes alone."""
        return next((one for one in self.assistances.all() if one.ended_at is None), None)

    @transition(state, source=S.DRAFT, target=S.SUBMITTED)
    def submit(self) -> None: ...

    @transition(state, source=S.SUBMITTED, target=S.IN_INSTRUCTION)
    def start_instruction(self, *, instructor: Any) -> None:
        self.instructor = instructor

    @transition(state, source=S.IN_INSTRUCTION, target=S.AWAITING_COMMUNE)
    def ask_pieces(self) -> None: ...

    @transition(state, source=S.AWAITING_COMMUNE, target=S.IN_INSTRUCTION)
    def receive_pieces(self) -> None: ...

    @transition(state, source=S.AWAITING_COMMUNE, target=S.IN_INSTRUCTION)
    def resume_instruction(self) -> None:
        """The commune did not answer in time: the file is read as it stands."""

    @transition(state, source=S.IN_INSTRUCTION, target=S.UNDER_REVIEW)
    def send_to_review(self) -> None: ...

    @transition(state, source=S.UNDER_REVIEW, target=S.REVIEWED)
    def finish_review(self) -> None: ...

    @transition(state, source=S.IN_INSTRUCTION, target=S.INADMISSIBLE)
    def declare_inadmissible(self) -> None: ...

    @transition(
        state,
        source=[S.SUBMITTED, S.IN_INSTRUCTION, S.AWAITING_COMMUNE, S.UNDER_REVIEW, S.REVIEWED, S.WAITLISTED],
        target=S.WITHDRAWN,
    )
    def withdraw(self) -> None: ...

    @transition(state, source=[S.REVIEWED, S.WAITLISTED], target=S.GRANTED)
    def grant(self) -> None: ...

    @transition(state, source=S.REVIEWED, target=S.WAITLISTED)
    def waitlist(self) -> None: ...

    @transition(state, source=[S.REVIEWED, S.WAITLISTED], target=S.REJECTED)
    def reject(self) -> None: ...

    @transition(state, source=[S.GRANTED, S.WAITLISTED, S.REJECTED], target=S.REVIEWED)
    def reopen_decision(self) -> None:
        """A decision withdrawn before its signature: the file goes back to where it was decided from."""

    @transition(state, source=S.INADMISSIBLE, target=S.IN_INSTRUCTION)
    def reconsider(self) -> None:
        """Found inadmissible, then read again on an appeal that was accepted."""

    @transition(state, source=S.REJECTED, target=S.REVIEWED)
    def decide_again(self) -> None:
        """Its refusal was taken back on an appeal that was accepted."""

    @transition(state, source=S.GRANTED, target=S.CLOSED)
    def close(self) -> None: ...

    @transition(state, source=S.GRANTED, target=S.LAPSED)
    def lapse(self) -> None: ...

    @transition(state, source=S.GRANTED, target=S.CANCELLED)
    def cancel(self) -> None: ...


class Partner(models.Model):
    """A partner of the action and what it does."""

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="partners")
    name = models.CharField("partenaire", max_length=160)
    role = models.CharField("rôle", max_length=300, blank=True, default="")
    confirmed = models.BooleanField("accord obtenu", default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        triggers: ClassVar = [*child_guards()]

    def __str__(self) -> str:
        return self.name


class Milestone(models.Model):
    """A step of the calendar."""

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="milestones")
    label = models.CharField("étape", max_length=200)
    planned_on = models.DateField("date prévue", null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        triggers: ClassVar = [*child_guards()]

    def __str__(self) -> str:
        return self.label


class Indicator(models.Model):
    """What will be counted: planned here, done in the final report."""

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="indicators")
    label = models.CharField("indicateur", max_length=200)
    unit = models.CharField("unité", max_length=40, blank=True, default="")
    baseline = models.CharField("départ", max_length=40, blank=True, default="")
    target = models.CharField("cible", max_length=40, blank=True, default="")
    proof = models.CharField("preuve prévue", max_length=200, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        triggers: ClassVar = [*child_guards()]

    def __str__(self) -> str:
        return self.label


class BudgetLine(models.Model):
    """One line of the provisional budget, in cents. Exactly one product line is the amount asked of the fund."""

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="budget_lines")
    side = models.CharField(max_length=10, choices=Side)
    account = models.CharField("compte", max_length=20)
    label = models.CharField("libellé", max_length=160, blank=True, default="")
    funder = models.CharField("financeur", max_length=160, blank=True, default="")
    status = models.CharField("état", max_length=10, choices=FundingStatus, blank=True, default="")
    amount_cents = models.BigIntegerField("montant")
    is_request = models.BooleanField("demandé au fonds", default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["side", "position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_cents__gte=0, amount_cents__lte=10**13), name="line_amount_sane"),
            models.CheckConstraint(
                condition=Q(is_request=False) | Q(side=Side.PRODUCT), name="line_request_is_product"
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(is_request=True), name="line_one_request_a_file"
            ),
        ]
        triggers: ClassVar = [*child_guards()]

    def __str__(self) -> str:
        return self.label


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def sent(self) -> "AttachmentQuerySet":
        """Without those of an answer that the commune has not sent."""
        return self.filter(Q(piece_request=None) | Q(piece_request__answered_at__isnull=False))


class Attachment(models.Model):
    """A document of the file: which requirement of the call it answers, and the stored file. Same organisation."""

    grants = Grants.OPEN

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="attachments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    code = models.SlugField("pièce", max_length=40)
    title = models.CharField("intitulé", max_length=200, blank=True, default="")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="attachments")
    piece_request = models.ForeignKey(
        "applications.PieceRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now())
    dated_on = models.DateField("date du document", null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce"
        ordering: ClassVar = ["id"]
        triggers: ClassVar = [*child_guards(ATTACHMENT), weight_guard()]

    def __str__(self) -> str:
        return self.title or self.code
