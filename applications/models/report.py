"""The final report of a granted file: what was done beside what was planned, with its proofs and its photos."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_fsm import transition

from accounts.models import Organisation
from applications.models.application import Application
from applications.report_guards import INDICATOR, LINE, moderated, part_guards, report_guards
from applications.states import Moderation, PhotoPeople, ProofKind, ReportState, ReportText, Side
from common.grants import Grants
from common.guards import append_only, no_delete
from common.workflow import StateField, StatefulModel
from documents.models import StoredFile
from journal.guards import state_guards

R = ReportState


class FinalReport(StatefulModel):
    """The head of a report. Its state changes only by `applications.services`; its parts are the tables below.

    `spent_cents` is the eligible spending that is justified (the charges that were paid, voluntary ones apart): the
    database adds it up when the report is sent. `publish_consent` speaks for the whole sheet, each part has its own.
    """

    grants = Grants.NO_DELETE

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="report")
    state = StateField("état", max_length=12, choices=ReportState, default=R.DUE)
    due_on = models.DateField("attendu le")
    spent_cents = models.BigIntegerField("dépenses justifiées", default=0)
    budget_note = models.TextField("explication des écarts", blank=True, default="")
    publish_consent = models.BooleanField("publication de la fiche acceptée", default=False)
    signature_asked_at = models.DateTimeField("signature demandée le", null=True)
    certified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField("envoyé le", null=True)
    document = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField("accepté le", null=True)

    class Meta:
        verbose_name = "bilan"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(spent_cents__gte=0), name="report_spent_not_negative")
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due_on", "id"], name="report_state_due")]
        triggers: ClassVar = [*state_guards(R.DUE), *report_guards(), *no_delete()]

    def __str__(self) -> str:
        return f"Bilan de {self.application.reference}"

    @transition(state, source=R.DUE, target=R.DRAFT)
    def start(self) -> None: ...

    @transition(state, source=[R.DRAFT, R.RETURNED], target=R.SUBMITTED)
    def submit(self, *, signatory: Any) -> None:
        self.certified_by, self.submitted_at, self.document = signatory, Now(), None

    @transition(state, source=R.SUBMITTED, target=R.RETURNED)
    def send_back(self) -> None:
        self.signature_asked_at = None

    @transition(state, source=R.SUBMITTED, target=R.ACCEPTED)
    def accept(self, *, reader: Any) -> None:
        self.accepted_by, self.accepted_at = reader, Now()


class ModeratedPart(models.Model):
    """What the commune lets be published (`publish`), and what the desk says of it (`moderation`)."""

    publish = models.BooleanField("publication de cette partie acceptée", default=False)
    moderation = models.CharField("publication", max_length=15, choices=Moderation, blank=True, default="")
    moderated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    moderated_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ReportSection(ModeratedPart):
    """One of the nine texts of the sheet."""

    grants = Grants.NO_DELETE

    report = models.ForeignKey(FinalReport, on_delete=models.PROTECT, related_name="texts")
    slug = models.CharField("partie", max_length=20, choices=ReportText)
    text = models.TextField("texte", blank=True, default="")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "slug"], name="report_section_once"),
            models.CheckConstraint(
                condition=~Q(moderation=Moderation.PUBLISHABLE) | Q(publish=True), name="report_section_consented"
            ),
        ]
        triggers: ClassVar = [*part_guards(moderated("slug", "text", "publish")), *no_delete()]

    def __str__(self) -> str:
        return self.get_slug_display()


class ReportIndicator(models.Model):
    """One indicator: what the file announced, what was counted. Figures stay as they were typed."""

    grants = Grants.OPEN

    report = models.ForeignKey(FinalReport, on_delete=models.PROTECT, related_name="measures")
    label = models.CharField("indicateur", max_length=200)
    unit = models.CharField("unité", max_length=40, blank=True, default="")
    baseline = models.CharField("départ", max_length=40, blank=True, default="")
    target = models.CharField("cible", max_length=40, blank=True, default="")
    done = models.CharField("réalisé", max_length=40, blank=True, default="")
    comment = models.CharField("commentaire", max_length=300, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        triggers: ClassVar = [*part_guards(INDICATOR)]

    def __str__(self) -> str:
        return self.label


class ReportLine(models.Model):
    """One line of the budget, in cents: planned in the file, done. `added`: a line that nobody had planned.

    The line asked of the fund has no `done_cents`: the aid follows from the charges, it is computed.
    """

    grants = Grants.OPEN

    report = models.ForeignKey(FinalReport, on_delete=models.PROTECT, related_name="lines")
    side = models.CharField(max_length=10, choices=Side)
    account = models.CharField("compte", max_length=20)
    label = models.CharField("libellé", max_length=160, blank=True, default="")
    funder = models.CharField("financeur", max_length=160, blank=True, default="")
    planned_cents = models.BigIntegerField("prévu", default=0)
    done_cents = models.BigIntegerField("réalisé", null=True)
    is_request = models.BooleanField("aide du fonds", default=False)
    added = models.BooleanField("non prévue", default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["side", "position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(planned_cents__gte=0, planned_cents__lte=10**13)
                & (Q(done_cents__isnull=True) | Q(done_cents__gte=0, done_cents__lte=10**13)),
                name="report_line_amounts_sane",
            ),
            models.CheckConstraint(
                condition=Q(added=False) | Q(planned_cents=0, is_request=False), name="report_line_added_not_planned"
            ),
            models.CheckConstraint(
                condition=Q(is_request=False) | Q(done_cents__isnull=True), name="report_line_aid_is_computed"
            ),
        ]
        triggers: ClassVar = [*part_guards(LINE)]

    def __str__(self) -> str:
        return self.label or self.account


class ReportDocument(models.Model):
    """A document that justifies: an invoice, a signed statement, an attendance sheet. Same organisation."""

    grants = Grants.OPEN

    report = models.ForeignKey(FinalReport, on_delete=models.PROTECT, related_name="documents")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("sorte", max_length=10, choices=ProofKind)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "justificatif"
        ordering: ClassVar = ["id"]
        triggers: ClassVar = [*part_guards(files=True)]

    def __str__(self) -> str:
        return self.get_kind_display()


class ReportPhoto(ModeratedPart):
    """A photo of the action, without what the camera wrote in it. It leaves with caption, description and consent only."""

    grants = Grants.OPEN

    report = models.ForeignKey(FinalReport, on_delete=models.PROTECT, related_name="photos")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    caption = models.CharField("légende", max_length=200, blank=True, default="")
    alternative = models.CharField("description", max_length=300, blank=True, default="")
    credit = models.CharField("auteur de la photo", max_length=120, blank=True, default="")
    people = models.CharField("personnes", max_length=10, choices=PhotoPeople, blank=True, default="")
    rights = models.BooleanField("droit de publier", default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "photo"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(moderation=Moderation.PUBLISHABLE) | Q(publish=True), name="report_photo_consented"
            )
        ]
        triggers: ClassVar = [
            *part_guards(
                moderated(
                    "organisation_id", "file_id", "caption", "alternative", "credit", "people", "rights", "publish"
                ),
                files=True,
            )
        ]

    def __str__(self) -> str:
        return self.caption or self.file.name


class ReportRemark(models.Model):
    """Why a report, or one of its parts, came back: from the desk, or from the commune's own signatory."""

    grants = Grants.APPEND_ONLY

    report = models.ForeignKey(FinalReport, on_delete=models.PROTECT, related_name="remarks")
    part = models.CharField("partie", max_length=20, blank=True, default="")
    text = models.TextField("remarque")
    from_desk = models.BooleanField(default=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "remarque sur un bilan"
        verbose_name_plural = "remarques sur les bilans"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="report_remark_says_something")]
        triggers: ClassVar = [*append_only()]

    def __str__(self) -> str:
        return self.text[:60]
