from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone


class Command(BaseCommand):
    help = "Write the demonstration into an empty base (as the owner: DATABASE_ROLE=owner)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day give the same rows")
        parser.add_argument(
            "--today", type=date.fromisoformat, default=None, help="day of the demonstration (AAAA-MM-JJ)"
        )
        parser.add_argument("--scale", type=int, default=0, help="add this many applications, by set-based SQL")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing, successfully, when the base holds a fund"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from demo.seed import seed
        from demo.seed.run import NotEmpty
        from fund.models import Fund

        if settings.DATABASE_ROLE != "owner":
            raise CommandError("The past is written by the owner only: set DATABASE_ROLE=owner.")
        today = options["today"] or timezone.localdate()
        if not (options["if_empty"] or options["scale"]) or not Fund.objects.exists():
            try:
                seed(today=today, number=options["seed"])
            except NotEmpty as error:
                raise CommandError(str(error)) from error
            self.stdout.write("The demonstration is ready.")
        if options["scale"]:
            from demo.seed.scale import grow

            grow(options["scale"], seed=options["seed"], today=today)
            self.stdout.write(f"{options['scale']} applications more.")
