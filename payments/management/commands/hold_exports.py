from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common.actors import MACHINE
from payments import services


class Command(BaseCommand):
    help = "Hold every export of payments until somebody compares the last batch (after the disks were put back)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("note", help="why, in a sentence")

    def handle(self, *args: Any, **options: Any) -> None:
        services.hold(by=MACHINE, note=options["note"])
        self.stdout.write("Exports are held. Release them at /lots/apres-restauration/.")
