"""The files of a sealed batch of many lines, each made in a process of its own: seconds and peak memory, as JSON.

python -m benchmarks.batch_files 10000
"""

import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

FORMATS = ("csv", "xlsx", "pes", "sepa", "pdf")
LISTED = 2_000  # the list to sign goes no further


def content_of(lines: int) -> dict[str, Any]:
    from payments.finance_pages import SAMPLE

    rows = []
    for position in range(1, lines + 1):
        papers = [{"id": f"LOT2026007L{position}P1", "fichier": f"LOT2026007L{position}P1.pdf"}]
        rows.append(SAMPLE | {"ligne": position, "dossier": f"FI-2026-{position:05d}", "justificatifs": papers})
    total = sum(row["montant"] for row in rows)
    people = {"prepare_par": "Isabelle Courbet", "scelle_par": "Paul Estrine"}
    return {"lot": "LOT-2026-007", **people, "nombre": lines, "total": total, "lignes": rows}


def make(format: str, data: dict[str, Any]) -> bytes:
    from payments import files, layout, pes, sepa

    at = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
    if format == "csv":
        return files.as_csv(data, layout.default())
    if format == "xlsx":
        return files.as_xlsx(data, layout.default())
    if format == "pes":
        return pes.as_pes(data, sealed_on=at.date())
    if format == "sepa":
        return sepa.as_sepa(data, sealed_at=at)
    return a_list(data, at)


def a_list(data: dict[str, Any], at: datetime) -> bytes:
    from fund.models import Fund
    from payments.services.exports import list_of

    return list_of(
        data, fund=Fund(name="Fonds d’initiative", authority_name="Métropole"), sealed_at=at, sha256="0" * 64
    )


def one(format: str, lines: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.conf import settings

    settings.SEPA = {
        "holds_account": True,
        "name": "Fonds",
        "iban": "FR7630001007941234567890185",
        "bic": "BDFEFRPPCCT",
    }
    data = content_of(lines)
    resting = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    content = make(format, data)
    seconds = time.perf_counter() - start
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resting) // 1024
    return {"format": format, "lines": lines, "seconds": round(seconds, 2), "mib": peak, "bytes": len(content)}


def measure(lines: int, environment: dict[str, str]) -> list[dict[str, Any]]:
    """Each in its own process: the peak of one says nothing of another."""
    found = []
    for format in FORMATS:
        command = [
            sys.executable,
            "-m",
            "benchmarks.batch_files",
            str(min(lines, LISTED) if format == "pdf" else lines),
            format,
        ]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 2:
        print(json.dumps(one(sys.argv[2], int(sys.argv[1]))))
    else:
        print(json.dumps(measure(int(sys.argv[1]), dict(os.environ)), indent=1))
