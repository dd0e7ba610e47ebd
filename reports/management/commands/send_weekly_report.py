from typing import Any

from django.core.management.base import BaseCommand

from reports.services import send_weekly_report


class Command(BaseCommand):
    help = "Make and queue the weekly report that is due, if it has not been (the beat does it every Monday at 7)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Queued." if send_weekly_report() else "Already made, or nothing to report on.")
