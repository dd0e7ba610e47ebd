"""The canonical text of an entry and of a seal: one expression, used by the triggers and by the verifier."""


def utc(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""


def entry_text(row: str, previous: str) -> str:
    """SQL of the text whose SHA-256 is the entry's hash. `row` is a row alias, `previous` the hash before it."""
    columns = [
        "chain",
        "sequence",
        "kind",
        "verb",
        "subject_type",
        "subject_id",
        "subject_version",
        "from_state",
        "to_state",
        "actor_id",
        "actor_label",
        "reason",
        "data",
        "request_id",
    ]
    parts = [f"{row}.{column}" for column in columns]
    parts += [utc(f"{row}.occurred_at"), utc(f"{row}.recorded_at"), f"{row}.transaction_id", previous]
    return f"jsonb_build_array({', '.join(parts)})::text"


def seal_text(row: str, previous: str) -> str:
    return f"jsonb_build_array({row}.number, {utc(f'{row}.sealed_at')}, {row}.heads, {previous})::text"


def sha256(text: str) -> str:
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"
