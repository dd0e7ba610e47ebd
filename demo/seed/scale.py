"""N applications more, by set-based SQL, with their entries, ledger lines, decisions, instalments and messages.

For measuring: the texts are short and alike, the figures coherent. Every guard of the database looks at every row.
"""

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import User
from applications.models import Application
from fund.models import Call, Counter
from fund.states import CallState

# Shares of each state out of twenty, and the road to it: (state, how many, verbs and states after draft).
ROADS: tuple[tuple[str, int, tuple[tuple[str, str], ...]], ...] = (
    ("draft", 2, ()),
    ("submitted", 4, (("submit", "submitted"),)),
    ("in_instruction", 4, (("submit", "submitted"), ("start_instruction", "in_instruction"))),
    (
        "awaiting_commune",
        1,
        (("submit", "submitted"), ("start_instruction", "in_instruction"), ("ask_pieces", "awaiting_commune")),
    ),
    (
        "under_review",
        3,
        (("submit", "submitted"), ("start_instruction", "in_instruction"), ("send_to_review", "under_review")),
    ),
    (
        "reviewed",
        2,
        (
            ("submit", "submitted"),
            ("start_instruction", "in_instruction"),
            ("send_to_review", "under_review"),
            ("finish_review", "reviewed"),
        ),
    ),
    (
        "granted",
        2,
        (
            ("submit", "submitted"),
            ("start_instruction", "in_instruction"),
            ("send_to_review", "under_review"),
            ("finish_review", "reviewed"),
            ("grant", "granted"),
        ),
    ),
    ("withdrawn", 2, (("submit", "submitted"), ("withdraw", "withdrawn"))),
)
COST, ASKED = 800_000, 400_000  # cents

PLAN = """
CREATE TEMP TABLE planned ON COMMIT DROP AS
WITH picked AS (
    SELECT i, nextval(pg_get_serial_sequence('applications_application', 'id')) AS id,
        (%(slots)s::text[])[1 + (i * 7 + %(seed)s) %% 20] AS state,
        (SELECT array_agg(id ORDER BY id) FROM accounts_organisation) AS organisations,
        (%(themes)s::text[])[1 + (i / 3) %% array_length(%(themes)s::text[], 1)] AS theme
    FROM generate_series(1, %(count)s) AS i
)
SELECT i, id, state, theme, organisations[1 + (i * 31) %% array_length(organisations, 1)] AS organisation_id,
    CASE WHEN state <> 'draft' THEN %(number)s + row_number() OVER (PARTITION BY state <> 'draft' ORDER BY i) END AS rank,
    %(opens)s::timestamptz + make_interval(secs =>
        (i::bigint * 37) %% extract(epoch FROM %(until)s::timestamptz - %(opens)s::timestamptz)::bigint) AS at,
    NULL::text AS number
FROM picked;
"""

STEPS = (
    "UPDATE planned SET number = %(prefix)s || '-' || %(year)s || '-' ||"
    " CASE WHEN rank < 10000 THEN lpad(rank::text, 4, '0') ELSE rank::text END WHERE rank IS NOT NULL",
    "CREATE INDEX ON planned (state)",
    """
    CREATE TEMP TABLE roads (state text, version int, verb text, before text, after text) ON COMMIT DROP
    """,
    "INSERT INTO roads SELECT * FROM unnest(%(r_state)s::text[], %(r_version)s::int[], %(r_verb)s::text[],"
    " %(r_before)s::text[], %(r_after)s::text[])",
    """
    INSERT INTO journal_entry (chain, sequence, kind, verb, subject_type, subject_id, subject_version, from_state, to_state,
        actor_id, actor_label, reason, data, request_id, occurred_at, hash)
    SELECT 'applications.application:' || p.id, 0, 'state', r.verb, 'applications.application', p.id, r.version, r.before,
        r.after, %(actor)s, %(actor_label)s, '', '{}', '', p.at + r.version * interval '1 hour', ''
    FROM planned p JOIN roads r ON r.state = p.state ORDER BY p.id, r.version
    """,
    """
    INSERT INTO applications_application (id, version, call_id, organisation_id, state, number, public_id, created_by_id,
        created_at, updated_at, theme, title, stakes, diagnostic, success, description, resources, governance, obstacles,
        open_questions, action_type, phase, publics, grounds, domains, commitments, requested_cents, total_cost_cents,
        eligible_cost_cents, own_share_cents, allowed_cents, submitted_at, submitted_by_id, snapshot, snapshot_sha256,
        instructor_id, due_on, suspended_days, content_version, search_text)
    SELECT p.id, (SELECT max(r.version) FROM roads r WHERE r.state = p.state), %(call)s, p.organisation_id, p.state, p.number,
        md5(%(seed)s || '-' || p.i)::uuid, %(actor)s, p.at, p.at, p.theme, 'Action de mesure n° ' || p.i,
        'Enjeu de l’action de mesure n° ' || p.i, '', '', 'Description de l’action de mesure n° ' || p.i, '', '', '', '',
        'formation', 'internal', '{agents}', '{}', '{}', '{}', %(asked)s, %(cost)s, %(cost)s, %(cost)s - %(asked)s,
        %(asked)s, s.at, s.by, s.snapshot, coalesce(encode(sha256(convert_to(s.text, 'UTF8')), 'hex'), ''),
        CASE WHEN p.state NOT IN ('draft', 'submitted', 'withdrawn') THEN %(instructor)s::bigint END,
        ((s.at + interval '60 days') AT TIME ZONE 'Europe/Paris')::date, 0, 1, lower('action de mesure ' || p.i || ' ' || p.theme)
    FROM planned p LEFT JOIN LATERAL (
        SELECT p.at AS at, %(actor)s::bigint AS by, t.text, t.text::jsonb AS snapshot
        FROM (SELECT '{"format":1,"number":"' || p.number || '"}' AS text) t WHERE p.number IS NOT NULL
    ) s ON true
    """,
    """
    INSERT INTO applications_piecerequest (application_id, asked_by_id, asked_at, items, reason, due_on, answer)
    SELECT p.id, %(instructor)s, p.at, '["Devis"]', 'Pièce de mesure', %(today)s::date + 10, '' FROM planned p
    WHERE p.state = 'awaiting_commune'
    """,
    # Money: credits for the measure, one commitment a grant.
    """
    INSERT INTO fund_movement (envelope_id, operation, verb, from_account, to_account, amount_cents, subject, label,
        actor_id, actor_label, occurred_at)
    SELECT %(envelope)s, md5('vote' || %(count)s || random())::uuid, 'vote', 'voted', 'available', count(*) * %(asked)s,
        'BUDGET-' || %(year)s, 'Crédits de mesure', %(actor)s, %(actor_label)s, %(opens)s
    FROM planned WHERE state = 'granted' HAVING count(*) > 0
    """,
    """
    WITH made AS (
        INSERT INTO fund_movement (envelope_id, operation, verb, from_account, to_account, amount_cents, subject, label,
            actor_id, actor_label, occurred_at)
        SELECT %(envelope)s, md5('commit' || p.id)::uuid, 'commit', 'available', 'committed', %(asked)s, p.number,
            'Action de mesure', %(manager)s, %(manager_label)s, p.at FROM planned p WHERE p.state = 'granted'
        RETURNING id, subject
    )
    SELECT nextval(pg_get_serial_sequence('applications_decision', 'id')) AS id, p.id AS application_id,
        p.organisation_id, m.id AS movement_id, p.at
    INTO TEMP TABLE decided FROM made m JOIN planned p ON p.number = m.subject
    """,
    """
    INSERT INTO journal_entry (chain, sequence, kind, verb, subject_type, subject_id, subject_version, from_state, to_state,
        actor_id, actor_label, reason, data, request_id, occurred_at, hash)
    SELECT 'applications.decision:' || d.id, 0, 'state', r.verb, 'applications.decision', d.id, r.version, r.before, r.after,
        r.actor, 'Reprise', '', '{}', '', d.at + r.version * interval '1 hour', ''
    FROM decided d CROSS JOIN (VALUES (1, 'create', '', 'recorded', %(manager)s), (2, 'sign', 'recorded', 'signed', %(head)s),
        (3, 'notify', 'signed', 'notified', NULL)) AS r (version, verb, before, after, actor) ORDER BY d.id, r.version
    """,
    """
    INSERT INTO applications_decision (id, version, application_id, state, kind, amount_cents, requested_cents, allowed_cents,
        reasons, recorded_by_id, recorded_at, signed_by_id, signed_at, act_number, act_date, notified_at, movement_id)
    SELECT d.id, 3, d.application_id, 'notified', 'grant', %(asked)s, 0, 0, '', %(manager)s, d.at, %(head)s, d.at,
        'M-' || d.id, (d.at AT TIME ZONE 'Europe/Paris')::date, d.at, d.movement_id FROM decided d
    """,
    """
    SELECT nextval(pg_get_serial_sequence('payments_instalment', 'id')) AS id, d.id AS decision_id,
        d.application_id, d.organisation_id, d.at, n.position,
        CASE n.position WHEN 1 THEN 'advance' ELSE 'balance' END AS kind
    INTO TEMP TABLE planned_instalments FROM decided d CROSS JOIN generate_series(1, 2) AS n (position)
    """,
    """
    INSERT INTO journal_entry (chain, sequence, kind, verb, subject_type, subject_id, subject_version, from_state, to_state,
        actor_id, actor_label, reason, data, request_id, occurred_at, hash)
    SELECT 'payments.instalment:' || t.id, 0, 'state', 'plan', 'payments.instalment', t.id, 1, '', 'planned', NULL,
        'Reprise', '', '{}', '', t.at, '' FROM planned_instalments t
    """,
    """
    INSERT INTO payments_instalment (id, version, decision_id, application_id, organisation_id, state, kind, position,
        amount_cents, mandate, return_reason)
    SELECT t.id, 1, t.decision_id, t.application_id, t.organisation_id, 'planned', t.kind, t.position, %(asked)s / 2, '', ''
    FROM planned_instalments t
    """,
    """
    INSERT INTO notifications_message (dedup_key, kind, recipient_id, recipient_email, recipient_label, subject_ref, subject,
        body_text, body_html, attachments, awaits, message_id, state, attempts, last_answer, sent_at)
    SELECT 'measure:' || p.number, 'application_submitted', %(actor)s, 'mesure@commune.demo', 'Mesure', p.number,
        'Accusé de réception ' || p.number, 'Message de mesure.', '', '[]', '', '<measure-' || p.id || '@demo.invalid>',
        'sent', 1, '', p.at
    FROM planned p WHERE p.number IS NOT NULL
    """,
    "DROP TABLE decided, planned_instalments",
)


@transaction.atomic
def grow(count: int, *, seed: int, today: date, call: Call | None = None, only: str = "") -> None:
    """Add `count` applications to the open call (or to `call`, all in the state `only`). Run as the owner.

    Every invariant holds afterwards.
    """
    call = call or Call.objects.select_related("envelope").filter(state=CallState.OPEN).order_by("-year").first()
    if call is None:
        raise ValueError("The demonstration must be there first.")
    counter = Counter.objects.get(series=call.number_prefix, year=call.year)
    people = {user.email: user for user in User.objects.filter(email__endswith="@metropole.demo")}
    actor = User.objects.get(email="signataire@aubagne.demo")
    manager, head = people["gestionnaire@metropole.demo"], people["cheffe.service@metropole.demo"]
    roads = [(state, *step) for state, _share, road in ROADS for step in _versions(road)]
    values: dict[str, Any] = {
        "count": count,
        # A second growth must not draw the same identifiers again.
        "seed": seed + (Application.objects.aggregate(last=Max("pk"))["last"] or 0) * 100,
        "today": today,
        "slots": [only] * 20 if only else [state for state, share, _road in ROADS for _ in range(share)],
        "themes": list(call.themes),
        "number": counter.value,
        "opens": call.opens_at,
        "until": f"{today.isoformat()} 00:00 Europe/Paris",
        "prefix": call.number_prefix,
        "year": call.year,
        "call": call.pk,
        "envelope": call.envelope_id,
        "actor": actor.pk,
        "actor_label": actor.actor_label,
        "manager": manager.pk,
        "manager_label": manager.actor_label,
        "head": head.pk,
        "instructor": people["instructrice@metropole.demo"].pk,
        "asked": ASKED,
        "cost": COST,
        **dict(
            zip(
                ("r_state", "r_version", "r_verb", "r_before", "r_after"),
                map(list, zip(*roads, strict=True)),
                strict=True,
            )
        ),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(PLAN, values)
        for statement in STEPS:
            cursor.execute(statement, values)
        cursor.execute("SELECT coalesce(max(rank), %s) FROM planned", [counter.value])
        Counter.objects.filter(pk=counter.pk).update(value=cursor.fetchone()[0])


def _versions(road: tuple[tuple[str, str], ...]) -> list[tuple[int, str, str, str]]:
    """(version, verb, state before, state after) for each entry of a file's history."""
    states = ["draft", *(state for _verb, state in road)]
    steps = [(1, "create", "", "draft")]
    return steps + [(n + 2, verb, states[n], state) for n, (verb, state) in enumerate(road)]
