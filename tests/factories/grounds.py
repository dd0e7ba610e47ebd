"""Reasons of the list."""

from typing import Any

from applications import services
from applications.models import Ground
from fund.models import Fund
from tests.factories.accounts import a_fund_manager
from tests.factories.fund import a_fund


def a_reason(use: str = "refusal", code: str = "R1", **changes: Any) -> Ground:
    given = {
        "label": "Hors objet",
        "words": "L’action ne vise pas la lutte contre les discriminations.",
        "rule": "article 2 du règlement",
        **changes,
    }
    by = given.pop("by", None) or a_fund_manager()
    if not Fund.objects.exists():
        a_fund()
    return services.add_ground(code=code, use=use, by=by, **given)
