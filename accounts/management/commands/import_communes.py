from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import import_communes
from common.actors import MACHINE


class Command(BaseCommand):
    help = (
        "Bring the communes of a CSV file into the directory. A dry run unless --apply; a wrong file is refused whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="write; without it, only say what would change")
        parser.add_argument("--derive-siret", action="store_true", help="propose each SIRET, marked to be checked")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} : {error.strerror}") from error
        report = import_communes(content, by=MACHINE, apply=options["apply"], derive_siret=options["derive_siret"])
        if report.is_refused:
            for problem in report.problems:
                self.stderr.write(str(problem))
            raise CommandError(f"Fichier refusé en entier : {len(report.problems)} problème(s). Rien n’a été changé.")
        for line, name, differences in report.changed:
            for column, before, after in differences:
                self.stdout.write(f"ligne {line}, {name} : {column} « {before} » → « {after} »")
        done = "faits" if report.applied else "à faire (essai : ajoutez --apply pour écrire)"
        self.stdout.write(
            f"{len(report.created)} ajouts, {len(report.changed)} changements, {report.unchanged} sans changement : {done}."
        )
