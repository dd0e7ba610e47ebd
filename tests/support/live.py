"""The platform as it runs: granian, a Celery worker and beat in processes of their own, on the test's database."""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import redis
from django.db import connection

from common.supervisor.service import Service, free_port
from tests.support.mail import SmtpSink

ROOT = Path(__file__).resolve().parents[2]
OWNER_ONLY = ("DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL", "DATABASE_ROLE", "DJANGO_ALLOW_ASYNC_UNSAFE")
START_SECONDS = 60


class LiveStack:
    """`url` answers; mails of the worker land in `smtp`. A fault test kills and starts `web`, `worker` and `beat`."""

    def __init__(self, smtp: SmtpSink, logs: Path) -> None:
        self.smtp = smtp
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        python, environment = sys.executable, self._environment()

        def service(name: str, *arguments: str) -> Service:
            return Service(
                name=name,
                command=[python, "-m", *arguments],
                log=logs / f"{name}.log",
                environment=environment,
                folder=ROOT,
                grace=15,
            )

        self.web = service(
            "web",
            *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--blocking-threads", "8", "--no-ws", "config.wsgi:application"),
        )
        self.worker = service("worker", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO")
        self.beat = service(
            "beat", *("celery", "-A", "config", "beat", "--schedule", str(logs / "beat-schedule"), "--pidfile", "")
        )

    def __enter__(self) -> "LiveStack":
        redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
        for service in (self.web, self.worker, self.beat):
            service.start()
        self.wait_for_the_web()
        self.wait_for_the_worker()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        services = (self.beat, self.web, self.worker)
        for service in services:
            service.ask_to_stop()
        for service in services:
            service.stop()
            if error is not None:
                print(f"--- the last lines of {service.name}\n{service.last_lines(40)}")

    def wait_for_the_worker(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "ready." not in self.worker.last_lines(200):
            if not self.worker.running or time.monotonic() > deadline:
                raise AssertionError(f"the worker did not start:\n{self.worker.last_lines(40)}")
            time.sleep(0.1)

    def wait_for_the_web(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if not self.web.running or time.monotonic() > deadline:
                    raise AssertionError(f"the web did not start:\n{self.web.last_lines(40)}") from None
            time.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        """The application role on the test's database, and no way to the owner."""
        database = connection.settings_dict
        inherited = {name: value for name, value in os.environ.items() if name not in OWNER_ONLY}
        return inherited | {
            "DATABASE_URL": (
                f"postgres://{database['USER']}:{quote(database['PASSWORD'], safe='')}"
                f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
            ),
            "PORT": str(self.port),
            "EMAIL_URL": self.smtp.url,
        }
