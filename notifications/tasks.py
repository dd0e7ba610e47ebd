from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from common.wake import wake
from notifications import delivery


@shared_task
def relay() -> None:
    """Send what is due in the outbox: woken by each commit that queues a message, and swept every minute by beat."""
    _, more = delivery.relay()
    if more:
        wake(relay)


@shared_task
def deliver(message_id: int) -> None:
    delivery.deliver(message_id)


@worker_ready.connect
def look_at_once(sender: Any, **kwargs: Any) -> None:
    """A worker that starts does not wait for the next sweep."""
    wake(relay)
