"""The verifier: reads every chain and every seal again and says what does not hold."""

from django.db import connection

from journal import sql

FINDINGS = {
    "altered entry (hash does not match its content)": f"""
        SELECT chain || ' n° ' || sequence FROM (
            SELECT e.*, lag(e.hash, 1, '') OVER (PARTITION BY e.chain ORDER BY e.sequence) AS previous_hash
            FROM journal_entry e
        ) e WHERE e.hash <> {sql.sha256(sql.entry_text("e", "e.previous_hash"))}""",
    "removed entry (hole in a chain)": """
        SELECT chain || ' before n° ' || sequence FROM (
            SELECT chain, sequence, lag(sequence, 1, 0) OVER (PARTITION BY chain ORDER BY sequence) AS previous
            FROM journal_entry
        ) e WHERE sequence <> previous + 1""",
    "cut tail (the head is further than the last entry)": """
        SELECT h.chain FROM journal_head h
        LEFT JOIN (SELECT chain, max(sequence) AS last FROM journal_entry GROUP BY chain) e USING (chain)
        WHERE e.last IS DISTINCT FROM h.sequence""",
    "rewritten head (its hash is not the last entry's)": """
        SELECT h.chain FROM journal_head h JOIN journal_entry e ON e.chain = h.chain AND e.sequence = h.sequence
        WHERE e.hash <> h.hash""",
    "entry without a head": """
        SELECT DISTINCT e.chain FROM journal_entry e LEFT JOIN journal_head h USING (chain) WHERE h.chain IS NULL""",
    "altered seal": f"""
        SELECT 'seal ' || s.number FROM (
            SELECT s.*, lag(s.hash, 1, '') OVER (ORDER BY s.number) AS previous_hash FROM journal_seal s
        ) s WHERE s.hash <> {sql.sha256(sql.seal_text("s", "s.previous_hash"))}""",
    "removed seal": """
        SELECT 'before seal ' || number FROM (
            SELECT number, lag(number, 1, 0) OVER (ORDER BY number) AS previous FROM journal_seal
        ) s WHERE number <> previous + 1""",
    "entry rewritten after its seal": """
        SELECT 'seal ' || s.number || ', ' || (head ->> 0)
        FROM journal_seal s CROSS JOIN LATERAL jsonb_array_elements(s.heads) AS head
        LEFT JOIN journal_entry e ON e.chain = head ->> 0 AND e.sequence = (head ->> 1)::int
        WHERE e.hash IS DISTINCT FROM head ->> 2""",
}


def verify(limit: int = 20) -> dict[str, list[str]]:
    """Finding -> where (at most `limit` each); empty when the whole journal holds."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for name, query in FINDINGS.items():
            cursor.execute(f"{query} LIMIT {limit}")
            places = [row[0] for row in cursor.fetchall()]
            if places:
                found[name] = places
    return found


# The same for one chain, cheap enough for a page: finding in French -> query that counts.
CHAIN_FINDINGS = {
    "une inscription a été modifiée": f"""
        SELECT sequence FROM (
            SELECT e.*, lag(e.hash, 1, '') OVER (ORDER BY e.sequence) AS previous_hash
            FROM journal_entry e WHERE e.chain = %(chain)s
        ) e WHERE e.hash <> {sql.sha256(sql.entry_text("e", "e.previous_hash"))}""",
    "une inscription a été retirée": """
        SELECT sequence FROM (
            SELECT sequence, lag(sequence, 1, 0) OVER (ORDER BY sequence) AS previous
            FROM journal_entry WHERE chain = %(chain)s
        ) e WHERE sequence <> previous + 1""",
    "la fin de la chaîne a été coupée ou réécrite": """
        SELECT coalesce(h.sequence, 0) FROM (SELECT %(chain)s AS chain) c
        LEFT JOIN journal_head h USING (chain)
        LEFT JOIN journal_entry e ON e.chain = c.chain AND e.sequence = h.sequence
        WHERE e.hash IS DISTINCT FROM h.hash OR h.chain IS NULL
            OR EXISTS (SELECT 1 FROM journal_entry x WHERE x.chain = c.chain AND x.sequence > h.sequence)""",
    "une inscription a été réécrite après son scellé": """
        SELECT (head ->> 1)::int
        FROM journal_seal s CROSS JOIN LATERAL jsonb_array_elements(s.heads) AS head
        LEFT JOIN journal_entry e ON e.chain = head ->> 0 AND e.sequence = (head ->> 1)::int
        WHERE head ->> 0 = %(chain)s AND e.hash IS DISTINCT FROM head ->> 2""",
}


def verify_chain(chain: str) -> dict[str, list[int]]:
    """Finding (in French, for the page) -> numbers in the chain; empty when the chain holds."""
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        for name, query in CHAIN_FINDINGS.items():
            cursor.execute(f"{query} LIMIT 20", {"chain": chain})
            places = [row[0] for row in cursor.fetchall()]
            if places:
                found[name] = places
    return found
