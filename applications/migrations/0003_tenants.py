"""A child row cannot point to another organisation's parent: composite foreign keys (TRUST I-29)."""

from django.db import migrations

KEYS = (
    ("applications_attachment", "attachment_file_same_organisation", "file_id", "documents_storedfile"),
    ("applications_attachment", "attachment_application_same_organisation", "application_id", "applications_application"),
)


class Migration(migrations.Migration):
    dependencies = (("applications", "0002_initial"), ("documents", "0001_initial"))
    operations = tuple(
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, organisation_id)"
            f" REFERENCES {parent} (id, organisation_id)",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, column, parent in KEYS
    )
