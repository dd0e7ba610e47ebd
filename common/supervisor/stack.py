"""The servers that one data folder needs: embedded, unless the environment names others."""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from common.supervisor import keys
from common.supervisor.errors import CannotStart
from common.supervisor.postgres import Postgres
from common.supervisor.redis import Redis

LOCK_SECONDS = 30
MEMORY_WANTED = 2 * 1024**3
REMEMBERED = ("FI_MODE", "SECRET_KEY", "DATA_DIR", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
OWNER_ONLY = ("DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL", "DATABASE_ROLE")


@dataclass
class Stack:
    data_dir: Path
    environment: Mapping[str, str]
    ephemeral: bool = False
    lock_fd: int | None = None
    secrets: dict[str, str] = field(init=False)
    postgres: Postgres | None = field(default=None, init=False)
    redis: Redis | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.secrets = keys.load_or_create(self.data_dir)
        if not self.environment.get("DATABASE_URL"):
            if self.environment.get("DATABASE_OWNER_URL"):
                raise CannotStart("DATABASE_OWNER_URL is set without DATABASE_URL: set both, or neither.")
            self.postgres = Postgres(
                folder=self.data_dir / "postgres",
                log=self.logs / "postgres.log",
                secrets=self.secrets,
                ephemeral=self.ephemeral,
                lock_fd=self.lock_fd,
            )
        if not self.environment.get("REDIS_URL"):
            self.redis = Redis(
                folder=self.data_dir / "redis",
                log=self.logs / "redis.log",
                secrets=self.secrets,
                ephemeral=self.ephemeral,
                lock_fd=self.lock_fd,
            )

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def servers(self) -> list[Postgres | Redis]:
        return [server for server in (self.redis, self.postgres) if server]

    def start(self) -> None:
        for server in self.servers:
            server.start()

    def remove_data(self) -> None:
        if self.postgres:
            self.postgres.remove_data()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def remember(self) -> None:
        """Let commands given beside a running demonstration use its servers."""
        made = {name: self._environment()[name] for name in REMEMBERED if name in self._environment()}
        keys.write_private(self.data_dir / "running.json", json.dumps(made))

    def stop(self) -> None:
        (self.data_dir / "running.json").unlink(missing_ok=True)
        for server in self.servers:
            server.stop()

    def owner_environment(self) -> dict[str, str]:
        """For what migrates and seeds; never for what serves."""
        return self._environment() | {"DATABASE_ROLE": "owner"}

    def application_environment(self) -> dict[str, str]:
        return {name: value for name, value in self._environment().items() if name not in OWNER_ONLY}

    def environment_of_command(self) -> dict[str, str]:
        """Both addresses: the command runs as the application role unless its caller says DATABASE_ROLE=owner."""
        return self._environment()

    @property
    def owner_url(self) -> str | None:
        return self.postgres.owner_url if self.postgres else self.environment.get("DATABASE_OWNER_URL")

    def _environment(self) -> dict[str, str]:
        made = {"FI_MODE": "demo", "SECRET_KEY": self.secrets["secret_key"]} | {
            name: value for name, value in self.environment.items() if value
        }
        made["DATA_DIR"] = str(self.data_dir)
        if self.postgres:
            made["DATABASE_URL"] = self.postgres.application_url
            made["DATABASE_OWNER_URL"] = self.postgres.owner_url
            if self.ephemeral:
                made["DATABASE_SUPERUSER_URL"] = self.postgres.superuser_url
        if self.redis:
            made["REDIS_URL"] = self.redis.url
        return made


def scratch_folder(prefix: str) -> Path:
    """A folder for data one throws away: in memory where there is room (a clone of a database is ten times faster)."""
    in_memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    if in_memory.is_dir() and shutil.disk_usage(in_memory).free > MEMORY_WANTED and os.access(in_memory, os.W_OK):
        return Path(tempfile.mkdtemp(prefix=prefix, dir=in_memory))
    return Path(tempfile.mkdtemp(prefix=prefix))


@contextmanager
def locked(data_dir: Path, *, seconds: float = LOCK_SECONDS) -> Iterator[int]:
    """One supervisor at a time on a data folder.

    The guardians hold the lock too, so that a start right after a `kill -9` waits for the old servers to be gone.
    """
    descriptor = _open_lock(data_dir)
    try:
        deadline = time.monotonic() + seconds
        while not _take(descriptor):
            if supervisor_alive(data_dir) or time.monotonic() > deadline:
                raise CannotStart(
                    f"A supervisor already works on {data_dir}: stop it first (Ctrl-C where it runs), or set DATA_DIR."
                )
            time.sleep(0.1)
        (data_dir / "supervisor.pid").write_text(str(os.getpid()))
        yield descriptor
    finally:
        os.close(descriptor)


def environment_of_running(data_dir: Path, environment: Mapping[str, str]) -> dict[str, str] | None:
    """The environment of the demonstration that runs on this folder, if one does."""
    record = data_dir / "running.json"
    if not record.exists():
        return None
    descriptor = _open_lock(data_dir)
    try:
        if _take(descriptor) or not supervisor_alive(data_dir):
            return None
    finally:
        os.close(descriptor)
    return {**environment, **json.loads(record.read_text())}


def supervisor_alive(data_dir: Path) -> bool:
    try:
        os.kill(int((data_dir / "supervisor.pid").read_text()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _open_lock(data_dir: Path) -> int:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(data_dir / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
