"""One service under its guardian: start, watch, stop."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

GUARDIAN = Path(__file__).with_name("guardian.py")
GUARDIAN_MARGIN = 5.0
LOG_KEPT_BELOW = 10 * 1024 * 1024


@dataclass(kw_only=True)
class Service:
    """A command that runs until `stop()`, or until this process is gone in whatever way."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    stop_signal: str = "TERM"
    grace: float = 10.0
    guardian_options: Sequence[str] = ()
    lock_fd: int | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _life: int | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BELOW:
            self.log.replace(self.log.with_suffix(".log.1"))
        guardian_end, self._life = os.pipe()
        passed = (guardian_end,) if self.lock_fd is None else (guardian_end, self.lock_fd)
        lock_option = () if self.lock_fd is None else ("--lock-fd", str(self.lock_fd))
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-I", "-S", str(GUARDIAN)),
                        *("--life-fd", str(guardian_end), *lock_option),
                        *("--stop-signal", self.stop_signal, "--grace", str(self.grace)),
                        *self.guardian_options,
                        "--",
                        *self.command,
                    ],
                    env=None if self.environment is None else dict(self.environment),
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=passed,
                    start_new_session=True,
                )
        finally:
            os.close(guardian_end)

    @property
    def pid(self) -> int | None:
        """The guardian's pid, not the service's own."""
        return self._process.pid if self._process else None

    def exit_code(self) -> int | None:
        """None while the service runs or when it never started."""
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        if self._life is not None:
            with suppress(BrokenPipeError):
                os.write(self._life, b"stop")
            os.close(self._life)
            self._life = None

    def stop(self) -> None:
        self.ask_to_stop()
        if self._process is None:
            return
        try:
            self._process.wait(self.grace + GUARDIAN_MARGIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def last_lines(self, count: int = 15) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 16384))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
