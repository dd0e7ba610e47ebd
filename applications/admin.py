"""States only: the technical administrator has no right on what a file says."""

from applications.models import Application, Decision
from common.admin import show

show(
    Application,
    "public_id",
    "number",
    "organisation",
    "call",
    "state",
    "version",
    "created_at",
    search=("number",),
    related=("organisation", "call"),
)
show(
    Decision,
    "id",
    "application",
    "state",
    "version",
    "recorded_at",
    "signed_at",
    "notified_at",
    related=("application",),
)
