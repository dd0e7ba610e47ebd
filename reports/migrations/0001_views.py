"""Read-only views for operators and auditors (docs/operations.md). security_invoker: they give no right of the owner's."""

from django.db import migrations

VIEWS = {
    "v_ledger": """
        SELECT m.id, b.year, m.recorded_at, m.occurred_at, m.verb, m.from_account, m.to_account, m.amount_cents,
               m.subject, m.label, m.reverses_id, m.actor_id, m.actor_label, m.operation
        FROM fund_movement m JOIN fund_envelope e ON e.id = m.envelope_id
        JOIN fund_budgetline l ON l.id = e.line_id JOIN fund_budget b ON b.id = l.budget_id""",
    "v_payment_lines": """
        SELECT p.id, bt.number AS batch, bt.state AS batch_state, bt.sealed_at, a.number AS application,
               o.name AS organisation, i.kind AS instalment, p.amount_cents, p.state AS line_state,
               i.state AS instalment_state, p.decision_recorded_by_id, p.certified_by_id, p.iban_verified_by_id,
               p.approved_by_id, p.prepared_by_id, i.mandate, i.paid_on
        FROM payments_paymentline p JOIN payments_batch bt ON bt.id = p.batch_id
        JOIN payments_instalment i ON i.id = p.instalment_id
        JOIN applications_application a ON a.id = i.application_id
        JOIN accounts_organisation o ON o.id = p.organisation_id""",
    "v_journal": """
        SELECT id, recorded_at, occurred_at, chain, sequence, kind, verb, from_state, to_state, actor_id, actor_label,
               reason, data, request_id, hash
        FROM journal_entry""",
    "v_outbox": """
        SELECT id, created_at, kind, recipient_email, subject_ref, subject, state, attempts, next_attempt_at, sent_at,
               last_answer
        FROM notifications_message""",
    "v_envelopes": """
        SELECT b.year, l.label, l.amount_cents AS budgeted, s.voted, s.available, s.reserved, s.committed, s.ordered,
               s.paid, s.recovered
        FROM fund_envelope e JOIN fund_budgetline l ON l.id = e.line_id JOIN fund_budget b ON b.id = l.budget_id
        LEFT JOIN fund_envelopebalance s ON s.envelope_id = e.id""",
}


class Migration(migrations.Migration):
    dependencies = (
        ("applications", "0003_tenants"),
        ("payments", "0002_tenants"),
        ("notifications", "0001_initial"),
        ("journal", "0001_initial"),
    )
    operations = tuple(
        migrations.RunSQL(f"CREATE VIEW {name} WITH (security_invoker = true) AS {query}", f"DROP VIEW {name}")
        for name, query in VIEWS.items()
    )
