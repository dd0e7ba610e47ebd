"""A child row cannot point to another organisation's parent: composite foreign keys (TRUST I-29)."""

from django.db import migrations

KEYS = (
    ("payments_instalment", "instalment_application_same_organisation", "application_id", "applications_application"),
    ("payments_paymentline", "line_instalment_same_organisation", "instalment_id", "payments_instalment"),
    ("payments_paymentline", "line_bank_same_organisation", "bank_version_id", "payments_bankversion"),
)


class Migration(migrations.Migration):
    dependencies = (("payments", "0001_initial"), ("applications", "0003_tenants"))
    operations = tuple(
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, organisation_id)"
            f" REFERENCES {parent} (id, organisation_id)",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, column, parent in KEYS
    )
