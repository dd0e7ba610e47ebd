"""The passwords and keys of one data folder: made once, kept in a file only its owner may read."""

import json
import os
import secrets
from pathlib import Path

NAMES = ("postgres", "fi_owner", "fi_app", "redis", "secret_key")


def load_or_create(data_dir: Path) -> dict[str, str]:
    path = data_dir / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in NAMES if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(48) for name in missing}
        write_private(path, json.dumps(known, indent=2))
    return known


def write_private(path: Path, text: str) -> None:
    """Replace the file at once; nobody else can read it, not even while it is being written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
