from common.admin import show
from fund.models import Budget, BudgetLine, Call, Counter, Envelope, EnvelopeBalance, Fund, Movement

show(Fund, "name", "authority_name", "service_name", "contact_email")
show(Budget, "year", "deliberation", "voted_on", "closed_at")
show(BudgetLine, "label", "budget", "kind", "amount_cents", "nature_account", "function_account", related=("budget",))
show(Envelope, "line", related=("line__budget",))
show(
    EnvelopeBalance,
    "envelope",
    "voted",
    "available",
    "reserved",
    "committed",
    "ordered",
    "paid",
    "recovered",
    related=("envelope__line__budget",),
)
show(
    Movement,
    "recorded_at",
    "verb",
    "subject",
    "from_account",
    "to_account",
    "amount_cents",
    "actor_label",
    "reverses",
    search=("subject",),
)
show(Call, "title", "year", "state", "version", "opens_at", "closes_at", "audience", "legal_basis", search=("title",))
show(Counter, "series", "year", "value")
