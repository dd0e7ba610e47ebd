"""The live platform of the journey: every schedule of beat is a task that the worker knows, and the web is ready."""

import json
import urllib.request

from config.celery import app
from tests.support.live import LiveStack


def test_web_worker_and_beat_work_together(live_stack: LiveStack) -> None:
    with urllib.request.urlopen(f"{live_stack.url}/readyz") as response:
        assert json.load(response) == {"database": "up", "redis": "up", "outbox_age_seconds": 0}
    known = app.control.inspect(timeout=10, limit=1).registered()
    assert known, live_stack.worker.last_lines(40)
    (tasks,) = known.values()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled <= set(tasks)
    assert live_stack.beat.running
