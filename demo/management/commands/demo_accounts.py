from typing import Any

from django.core.management.base import BaseCommand

from demo import accounts


class Command(BaseCommand):
    help = "List the accounts of the demonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        for account in accounts.all():
            where = f" ({account.organisation})" if account.organisation else ""
            self.stdout.write(f"  {account.email:34} {account.role}{where}")
        self.stdout.write(f"  Password of all of them: {accounts.PASSWORD}")
