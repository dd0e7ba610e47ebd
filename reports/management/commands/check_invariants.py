from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import invariants


class Command(BaseCommand):
    help = "Count the violations of every invariant; exit non-zero on any (docs/operations.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="print only what is broken")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for invariant, count, places in invariants.check():
            broken += count
            if count or not options["quiet"]:
                where = f"  ({', '.join(places)})" if places else ""
                self.stdout.write(f"{invariant.code:6} {count:6}  {invariant.sentence}{where}")
        if broken:
            raise CommandError(f"{broken} violations.")
        self.stdout.write("Every invariant holds.")
