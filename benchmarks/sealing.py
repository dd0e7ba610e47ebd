"""Sealing a batch of N lines, as finance does: the lines are added, then sealed, each euro through the ledger.

DATABASE_ROLE=owner python -m benchmarks.sealing prepare 1000, then, as the application role, python -m benchmarks.sealing seal
"""

import json
import os
import resource
import sys
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Organisation, User  # noqa: E402
from demo.seed.past import bank_of  # noqa: E402
from payments import services  # noqa: E402
from payments.models import Instalment  # noqa: E402

# The road of an instalment: version, verb, state before and after, the columns of who and when.
ROAD = (
    (2, "request", "planned", "requested", "requested"),
    (3, "certify", "requested", "certified", "certified"),
    (4, "approve", "certified", "approved", "approved"),
)
ENTRIES = """
INSERT INTO journal_entry (chain, sequence, kind, verb, subject_type, subject_id, subject_version, from_state, to_state,
    actor_id, actor_label, reason, data, request_id, occurred_at, hash)
SELECT 'payments.instalment:' || t.id, 0, 'state', %(verb)s, 'payments.instalment', t.id, %(version)s, %(before)s, %(after)s,
    %(by)s, 'Reprise', '', '{}', '', now(), '' FROM ready t ORDER BY t.id
"""
PICK = """
CREATE TEMP TABLE ready ON COMMIT DROP AS
SELECT i.id, i.organisation_id FROM payments_instalment i JOIN applications_application a ON a.id = i.application_id
WHERE i.state = 'planned' AND i.kind = 'advance' AND a.title LIKE 'Action de mesure%%' ORDER BY i.id LIMIT %(lines)s
"""


def people() -> dict[str, User]:
    names = {
        "signataire@aubagne.demo": "requested",
        "instructrice@metropole.demo": "certified",
        "approbation.finances@metropole.demo": "approved",
        "prepa.finances@metropole.demo": "preparer",
        "cheffe.service@metropole.demo": "cheffe_service",
    }
    return {names[user.email]: user for user in User.objects.filter(email__in=names)}


@transaction.atomic
def prepare(lines: int) -> int:
    """Bring up to `lines` planned advances of the measure to « approved », each of an organisation with a verified account."""
    who, at = people(), timezone.now() - timedelta(days=10)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(PICK, {"lines": lines})
        for version, verb, before, after, column in ROAD:
            said: dict[str, str | int] = {
                "verb": verb,
                "version": version,
                "before": before,
                "after": after,
                "by": who[column].pk,
            }
            cursor.execute(ENTRIES, said)
            cursor.execute(
                f"UPDATE payments_instalment i SET state = %(after)s, version = %(version)s, {column}_by_id = %(by)s,"
                f" {column}_at = now() FROM ready t WHERE t.id = i.id",
                said,
            )
        cursor.execute("SELECT count(*), array_agg(DISTINCT organisation_id) FROM ready")
        count, organisations = cursor.fetchone()
    scene: Any = SimpleNamespace(writer=lambda organisation: who["requested"], people=who)
    for organisation in Organisation.objects.filter(pk__in=organisations).order_by("pk"):
        bank_of(scene, organisation, at=at)
    return int(count)


def seal() -> dict[str, Any]:
    """Seconds to add every approved advance to a new batch, then to seal it; the memory both took."""
    by = people()["preparer"]
    wanted = list(
        Instalment.objects.filter(state="approved", application__title__startswith="Action de mesure").values_list(
            "pk", flat=True
        )
    )
    resting = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    batch = services.create_batch(by=by)
    start = time.perf_counter()
    services.add_lines(batch.pk, wanted, by=by)
    added = time.perf_counter()
    sealed = services.seal_batch(batch.pk, by=by)
    end = time.perf_counter()
    mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resting) // 1024
    return {
        "lines": sealed.line_count,
        "added": round(added - start, 2),
        "sealed": round(end - added, 2),
        "mib": mib,
        "bytes": len(sealed.content),
    }


if __name__ == "__main__":
    print(json.dumps(prepare(int(sys.argv[2])) if sys.argv[1] == "prepare" else seal()))
