"""Tell a worker that there is something to do, now rather than at the next sweep.

What must be done stands in PostgreSQL; a sweeper finds it within a minute. So nothing here ever fails or makes a
person wait: when Redis does not answer, the first attempt costs a second or two and the next ones, for a while, nothing.
"""

import time
from typing import Any

import structlog
from celery import Task

QUIET_SECONDS = 10.0
log = structlog.get_logger(__name__)
_quiet_until = 0.0


def wake(task: "Task[Any, Any]", *args: Any) -> bool:
    """Publish a task; False when Redis could not be told (the sweeper will do it)."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    try:
        task.apply_async(args=args, retry=False, ignore_result=True)
    except Exception as error:  # kombu, redis and socket errors have no common ancestor
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("redis_does_not_answer", task=task.name, error=str(error)[:200])
        return False
    return True
