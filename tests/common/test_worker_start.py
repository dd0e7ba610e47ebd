"""The worker too refuses a database that could not refuse."""

import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_not_start_as_the_owner(owner_connection: psycopg.Connection[Any]) -> None:
    info = owner_connection.info
    url = f"postgres://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    started = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool=solo", "--loglevel=WARNING"],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert started.returncode != 0
    assert "must not connect as the owner" in started.stdout + started.stderr
