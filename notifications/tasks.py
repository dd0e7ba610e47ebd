from celery import shared_task


@shared_task
def relay() -> None:
    """Send what is due in the outbox."""
