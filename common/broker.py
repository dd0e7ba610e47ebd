"""Redis as Celery's broker, without the error that ends a worker when Redis goes away.

A worker that holds an unacknowledged task when its connection is lost tries to put the task back, or to acknowledge it,
through a channel that has no connection any more. Kombu (5.7) then raises an AttributeError that nobody expects, and the worker stops for good.
Said as what it is, a lost connection, the worker waits for Redis and goes on; the task is found again by its sweeper.
"""

from typing import Any

import redis
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis


class Channel(kombu_redis.Channel):
    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        """Whatever wants a connection on a channel that has none any more (put back, acknowledge) gets a lost one."""
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("the connection is already gone")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]  # kombu-stubs lack it


class Transport(kombu_redis.Transport):
    Channel = Channel


def install() -> None:
    """`redis://` means this transport from now on."""
    TRANSPORT_ALIASES["redis"] = "common.broker:Transport"
