"""Health: alive (the process answers) and ready (database, Redis, age of the outbox)."""

import json
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse

OUTBOX_AGE_LIMIT = 900  # seconds; older than this, nobody is sending


def alive() -> tuple[int, dict[str, object]]:
    return 200, {"status": "alive"}


def ready() -> tuple[int, dict[str, object]]:
    """200 when the database answers; Redis down or an old outbox is said, and answers 503 too."""
    data: dict[str, object] = {"database": "down", "redis": "down", "outbox_age_seconds": None}
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM now() - min(created_at))::bigint, 0)"
                " FROM notifications_message WHERE state = 'queued' AND next_attempt_at < now()"
            )
            data |= {"database": "up", "outbox_age_seconds": cursor.fetchone()[0]}
    except DatabaseError:
        return 503, data
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping()
        data["redis"] = "up"
    except redis.RedisError:
        return 503, data
    age: Any = data["outbox_age_seconds"]
    return (200 if age < OUTBOX_AGE_LIMIT else 503), data


def answer(status: int, data: dict[str, object]) -> HttpResponse:
    response = HttpResponse(json.dumps(data), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
