from typing import Any

from django.apps import AppConfig


class FundConfig(AppConfig):
    name = "fund"
    verbose_name = "Fonds"

    def ready(self) -> None:
        from notifications import mail

        mail.share(signature)


def signature() -> dict[str, Any]:
    """Every message is signed by the fund."""
    from fund.models import Fund

    return {"fund": Fund.objects.order_by("pk").first()}
