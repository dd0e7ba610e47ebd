"""Services that come back, and the log that says so."""

import time
from datetime import datetime
from pathlib import Path

from common.supervisor.service import Service

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
HEALTHY_AFTER = 60.0


class Watched:
    """A service that is started again when it dies, after a pause that doubles up to half a minute."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pause = FIRST_PAUSE
        self.started_at = 0.0
        self.restart_at: float | None = None

    @classmethod
    def running(cls, service: Service) -> "Watched":
        """One that was started by somebody else."""
        watched = cls(service)
        watched.started_at = time.monotonic()
        return watched

    def start(self) -> None:
        self.service.start()
        self.started_at = time.monotonic()
        self.restart_at = None

    def look_after(self, say: "Log") -> None:
        if self.service.running:
            return
        now = time.monotonic()
        if self.restart_at is None:
            if now - self.started_at > HEALTHY_AFTER:
                self.pause = FIRST_PAUSE
            say(f"{self.service.name} ended with code {self.service.exit_code()}; again in {self.pause:.0f} s")
            self.restart_at = now + self.pause
            self.pause = min(2 * self.pause, LONGEST_PAUSE)
        elif now >= self.restart_at:
            self.service.stop()
            self.start()


class Log:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {line}\n")
