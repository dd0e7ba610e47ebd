from celery import shared_task

from fund import services


@shared_task
def open_and_close_calls() -> list[str]:
    """Every 20 seconds: calls open and close by their dates."""
    return services.open_and_close_due_calls()
