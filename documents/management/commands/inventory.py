from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import inventory


class Command(BaseCommand):
    help = "Compare what lies in storage with the database: missing, altered and orphan files. Cleans after 30 days."

    def handle(self, *args: Any, **options: Any) -> None:
        found = inventory.take()
        self.stdout.write(
            f"{found.files} files read; {len(found.orphans)} orphans wait, {len(found.deleted)} deleted, "
            f"{len(found.discarded)} unused discarded."
        )
        for word, rows in (("missing", found.missing), ("altered", found.altered)):
            for pk in rows:
                self.stdout.write(f"{word}: file {pk}")
        if not found.is_sound:
            raise CommandError("Some files are missing or altered: restore them from the backup.")
