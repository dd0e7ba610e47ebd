from common.admin import show
from reviews.models import Review

show(Review, "id", "application", "state", "version", "assigned_at", "submitted_at", related=("application",))
