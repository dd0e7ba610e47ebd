"""The append-only record of every change of state, decision, movement of money, right and sensitive read."""

from datetime import datetime

from django.db import models

from common.grants import Grants
from common.guards import append_only, no_delete
from journal.guards import entry_guards, seal_guards


class Kind(models.TextChoices):
    STATE = "state", "Changement d’état"
    CONTENT = "content", "Contenu"
    MONEY = "money", "Argent"
    RIGHT = "right", "Droit"
    READ = "read", "Lecture sensible"
    MESSAGE = "message", "Message"


class Entry(models.Model):
    """One line of the journal, chained by SHA-256 with the line before it on the same chain (one chain a subject).

    `sequence`, `hash`, `recorded_at` and `transaction_id` are written by the database. Nobody changes or removes it.
    """

    grants = Grants.APPEND_ONLY

    chain = models.CharField(max_length=120)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    verb = models.CharField("action", max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    subject_version = models.PositiveIntegerField(null=True)
    from_state = models.CharField("de", max_length=30, blank=True, default="")
    to_state = models.CharField("à", max_length=30, blank=True, default="")
    actor_id = models.BigIntegerField("auteur (numéro)", null=True)
    actor_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True, default="")
    data = models.JSONField("données", default=dict)
    request_id = models.CharField(max_length=64, blank=True, default="")
    occurred_at = models.DateTimeField("survenu le (reprise)", null=True)
    recorded_at = models.DateTimeField("inscrit le", null=True, editable=False)
    transaction_id = models.BigIntegerField(null=True, editable=False)
    hash = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        verbose_name = "inscription au journal"
        verbose_name_plural = "journal"
        constraints = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="journal_entry_chain_sequence"),
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "subject_version"],
                condition=models.Q(kind="state"),
                name="journal_entry_one_per_version",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="state") | models.Q(subject_version__isnull=False) & ~models.Q(to_state=""),
                name="journal_entry_state_is_complete",
            ),
            models.CheckConstraint(condition=~models.Q(verb=""), name="journal_entry_has_verb"),
        ]
        indexes = [
            models.Index(fields=["actor_id", "-id"], name="journal_entry_actor"),
        ]
        triggers = [*entry_guards(), *append_only()]

    def __str__(self) -> str:
        return f"{self.chain} n° {self.sequence} : {self.verb}"

    @property
    def at(self) -> datetime | None:
        """When it happened: what was brought in from the past says its own date."""
        return self.occurred_at or self.recorded_at


class Head(models.Model):
    """Where each chain ends; written by the database only. A chain alone does not see a cut tail."""

    grants = Grants.READ_ONLY

    chain = models.CharField(max_length=120, primary_key=True)
    sequence = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "tête de chaîne"
        verbose_name_plural = "têtes de chaîne"
        triggers = [*no_delete()]

    def __str__(self) -> str:
        return f"{self.chain} : {self.sequence}"


class Seal(models.Model):
    """The heads changed since the last seal, chained, made every night and sent out of the machine."""

    grants = Grants.APPEND_ONLY

    number = models.PositiveIntegerField(unique=True, default=0, editable=False)
    sealed_at = models.DateTimeField(null=True, editable=False)
    heads = models.JSONField(default=list, editable=False)
    hash = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        verbose_name = "scellé"
        verbose_name_plural = "scellés"
        triggers = [*seal_guards(), *append_only()]

    def __str__(self) -> str:
        return f"Scellé n° {self.number}"


class IdempotencyKey(models.Model):
    """A form that was posted: the same key answers the same thing again, and does nothing (TRUST I-11)."""

    grants = Grants.APPEND_ONLY

    actor_id = models.BigIntegerField()
    operation = models.CharField(max_length=60)
    key = models.UUIDField()
    request_hash = models.CharField(max_length=64)
    response = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "clé d’idempotence"
        verbose_name_plural = "clés d’idempotence"
        constraints = [
            models.UniqueConstraint(fields=["actor_id", "operation", "key"], name="idempotency_key_once"),
        ]
        triggers = [*append_only()]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
