"""What the reports held loosely goes to the tables of their parts; what was planned is copied from their files."""

from django.db import migrations

TEXTS = """
INSERT INTO applications_reportsection (report_id, slug, text, publish, moderation)
SELECT r.id, m.slug, coalesce(r.sections ->> m.name, ''), r.publish_consent, ''
FROM applications_finalreport r CROSS JOIN (VALUES
    (1, 'motivations', 'motivations'), (2, 'funders', 'financeurs'), (3, 'description', 'description'),
    (4, 'publics', 'publics'), (5, 'partners', 'partenaires'), (6, 'strong_points', 'points-forts'),
    (7, 'difficulties', 'difficultes'), (8, 'results', 'resultats'), (9, 'contact', 'contact')) m (rank, name, slug)
ORDER BY r.id, m.rank
"""
MEASURES = """
INSERT INTO applications_reportindicator (report_id, label, unit, baseline, target, done, comment, position)
SELECT r.id, left(coalesce(i.value ->> 'label', ''), 200), left(coalesce(i.value ->> 'unit', ''), 40), '',
    left(coalesce(i.value ->> 'planned', ''), 40), left(coalesce(i.value ->> 'done', ''), 40), '', i.rank - 1
FROM applications_finalreport r, jsonb_array_elements(r.indicators) WITH ORDINALITY AS i (value, rank)
"""
LINES = """
INSERT INTO applications_reportline
    (report_id, side, account, label, funder, planned_cents, done_cents, is_request, added, position)
SELECT r.id, b.side, b.account, b.label, b.funder, b.amount_cents, NULL, b.is_request, false, b.position
FROM applications_finalreport r JOIN applications_budgetline b ON b.application_id = r.application_id
"""


class Migration(migrations.Migration):
    dependencies = (("applications", "0009_final_report"),)
    operations = (
        migrations.RunSQL(TEXTS, migrations.RunSQL.noop),
        migrations.RunSQL(MEASURES, migrations.RunSQL.noop),
        migrations.RunSQL(LINES, migrations.RunSQL.noop),
        # What was inserted is checked now: a table with checks to come cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="finalreport", name="indicators"),
        migrations.RemoveField(model_name="finalreport", name="sections"),
    )
