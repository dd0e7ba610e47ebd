from typing import Any

from django.apps import AppConfig
from django.db.models import Q

from accounts.states import READING_ROLES


def own_reports(user: Any) -> Q:
    """The periodic reports (issued to no organisation) are for the staff who read files."""
    from reports.services import periodic_reports

    return periodic_reports(user) if user.has_role(*READING_ROLES) else Q(pk__in=[])


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Rapports"

    def ready(self) -> None:
        from documents import visibility

        visibility.register(own_reports)
