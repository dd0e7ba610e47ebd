"""Not what messages say: some carry a link that opens an account."""

from common.admin import show
from notifications.models import Message

show(
    Message,
    "id",
    "kind",
    "recipient_email",
    "subject_ref",
    "state",
    "attempts",
    "created_at",
    "sent_at",
    "next_attempt_at",
    "last_answer",
    search=("recipient_email", "subject_ref"),
)
