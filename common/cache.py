"""The cache (it counts attempts to sign in): Redis, and while Redis does not answer, the memory of each process.

So a Redis that is down fails no request and lifts no limit: each process goes on counting by itself.
"""

import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

REST_SECONDS = 10.0
log = structlog.get_logger(__name__)


def _patient(name: str) -> Callable[..., Any]:
    def call(self: "PatientRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.resting_until:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except (redis.RedisError, OSError) as error:
                self.resting_until = time.monotonic() + REST_SECONDS
                log.warning("redis_does_not_answer", operation=name, error=str(error)[:200])
        return getattr(self.memory, name)(*args, **kwargs)

    call.__name__ = name
    return call


class PatientRedisCache(RedisCache):
    resting_until = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.memory = LocMemCache("without-redis", {})

    add = _patient("add")
    get = _patient("get")
    set = _patient("set")
    touch = _patient("touch")
    delete = _patient("delete")
    get_many = _patient("get_many")
    has_key = _patient("has_key")
    incr = _patient("incr")
    set_many = _patient("set_many")
    delete_many = _patient("delete_many")
    clear = _patient("clear")
