"""The verbs that may be asked of several files at once, by their code (registered when the app is ready)."""

from reviews.bulk.base import KINDS, Asked, JobForm, Kind, Ready, register

__all__ = ["KINDS", "Asked", "JobForm", "Kind", "Ready", "register"]
