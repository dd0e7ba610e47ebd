"""Celery and every schedule. Redis only wakes workers; what must happen stands in PostgreSQL."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from celery.worker.consumer.gossip import Gossip
from celery.worker.consumer.mingle import Mingle

from common import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
broker.install()
# Workers have nothing to tell each other, and what they tell each other breaks when Redis goes away (celery/kombu#582).
Gossip.compatible_transports = Mingle.compatible_transports = set()

app = Celery("fonds")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL", ""),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 1800,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A request that wakes a worker must not wait for a Redis that is down: one try, no pause.
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
    broker_connection_max_retries=None,  # a worker waits for Redis as long as it takes
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=10,
    worker_hijack_root_logger=False,
    task_time_limit=600,
    task_publish_retry=False,
    timezone="Europe/Paris",
    beat_schedule={
        "relay the outbox": {"task": "notifications.tasks.relay", "schedule": 60.0},
        "open and close calls": {"task": "fund.tasks.open_and_close_calls", "schedule": 20.0},
        "scan waiting files": {"task": "documents.tasks.scan_waiting", "schedule": 60.0},
        "make letters of changes": {"task": "applications.tasks.make_missing_change_letters", "schedule": 60.0},
        "make letters about files": {"task": "applications.tasks.make_missing_file_letters", "schedule": 60.0},
        "make missing letters": {"task": "applications.tasks.make_missing_letters", "schedule": 60.0},
        "make missing receipts": {"task": "applications.tasks.make_missing_receipts", "schedule": 60.0},
        "make missing letters of acts": {"task": "payments.tasks.make_missing_act_letters", "schedule": 60.0},
        "make missing statements": {"task": "payments.tasks.make_missing_statements", "schedule": 60.0},
        "make missing reports": {"task": "applications.tasks.make_missing_reports", "schedule": 60.0},
        "make missing minutes": {"task": "reviews.tasks.make_missing_minutes", "schedule": 60.0},
        "run unfinished works": {"task": "reviews.tasks.run_unfinished_jobs", "schedule": 60.0},
        "keep the reports": {"task": "applications.tasks.keep_reports", "schedule": crontab(minute=15)},
        "queue due reminders": {"task": "applications.tasks.remind_before_closing", "schedule": crontab(minute=5)},
        "say which requests to join wait": {"task": "accounts.tasks.remind_of_waiting", "schedule": crontab(minute=15)},
        "forget who never confirmed": {
            "task": "accounts.tasks.forget_unconfirmed",
            "schedule": crontab(hour=3, minute=20),
        },
        "forget old kept texts": {
            "task": "applications.tasks.forget_kept_texts",
            "schedule": crontab(hour=3, minute=40),
        },
        "remind of outside opinions": {
            "task": "reviews.tasks.remind_outside_opinions",
            "schedule": crontab(hour=7, minute=50),
        },
        "remind of grids": {"task": "reviews.tasks.remind_of_grids", "schedule": crontab(hour=7, minute=55)},
        "tell that waiting files may be aided": {
            "task": "reviews.tasks.tell_of_money_back",
            "schedule": crontab(minute=25),
        },
        "queue the weekly report": {"task": "reports.tasks.weekly_report", "schedule": crontab(minute=10)},
        "report the reconciliation": {
            "task": "payments.tasks.daily_reconciliation",
            "schedule": crontab(hour=7, minute=30),
        },
        "warn of awards about to lapse": {
            "task": "payments.tasks.warn_of_lapse",
            "schedule": crontab(hour=7, minute=40),
        },
        "seal the journal": {"task": "reports.tasks.nightly_seal", "schedule": crontab(hour=2, minute=0)},
        "read the stored files": {"task": "reports.tasks.nightly_inventory", "schedule": crontab(hour=4, minute=0)},
        "check the invariants": {"task": "reports.tasks.nightly_invariants", "schedule": crontab(hour=3, minute=0)},
    },
)
app.autodiscover_tasks()


@worker_init.connect
def refuse_unsafe_database(**kwargs: object) -> None:
    """A worker stops at once on a database that could not refuse (see common/startup.py)."""
    from common import startup

    startup.refuse_unsafe_database()
