from typing import Any

from django.core.management.base import BaseCommand, CommandError

from journal.models import Entry, Seal
from journal.verification import verify


class Command(BaseCommand):
    help = "Read every chain and seal of the journal again; exit non-zero when something was altered, removed or cut."

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify()
        for finding, places in found.items():
            self.stdout.write(f"{finding}: {', '.join(places)}")
        if found:
            raise CommandError("The journal does not hold.")
        self.stdout.write(f"The journal holds: {Entry.objects.count()} entries, {Seal.objects.count()} seals.")
