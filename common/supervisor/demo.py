"""`make demo`: servers, migrations, demonstration, then web, worker and beat until somebody says stop."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from common.supervisor import contents, guardian
from common.supervisor.errors import CannotStart
from common.supervisor.service import Service
from common.supervisor.stack import Stack, locked
from common.supervisor.watch import Log, Watched

ROOT = Path(__file__).resolve().parents[2]
MANAGE = (sys.executable, "manage.py")
WEB_SECONDS = 60
TICK = 0.2
OUR_FOLDERS = ("redis", "files", "beat")


class Stopped(Exception):
    """Somebody asked us to stop, by Ctrl-C or SIGTERM."""


class Demo:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.data_dir = data_dir_of(environment)
        self.host = environment.get("BIND_ADDRESS") or "127.0.0.1"
        self.port = port_of(environment)
        self.reset = environment.get("RESET", "") not in ("", "0")
        self.log = Log(self.data_dir / "logs" / "supervisor.log")

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/"

    def run(self) -> None:
        """Returns when asked to stop; by then nothing runs any more."""
        try:
            self._run()
        except Stopped:
            pass

    def _run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stopped)
        if "MAKELEVEL" in self.environment:
            guardian.die_with_parent(signal.SIGTERM)
        refuse_busy_port(self.host, self.port)
        with locked(self.data_dir) as lock:
            stack = Stack(self.data_dir, self.environment, lock_fd=lock)
            self._wipe_if_asked(stack)
            watched: list[Watched] = []
            try:
                self._serve(stack, watched)
            except Stopped:
                print("\nStopping…", flush=True)
                raise
            finally:
                _ignore_signals()
                self._stop(stack, watched)

    def _serve(self, stack: Stack, watched: list[Watched]) -> None:
        started = time.monotonic()
        print("Starting the servers…", flush=True)
        stack.start()
        stack.remember()
        self._prepare(stack)
        # The web alone first: it answers sooner when worker and beat do not compete for the processors.
        web, *others = (Watched(service) for service in self._services(stack))
        watched.append(web)
        web.start()
        self._wait_for_the_web(web.service)
        for one in others:
            watched.append(one)
            one.start()
        self.log(f"ready on {self.address} after {time.monotonic() - started:.1f} s")
        self._announce(stack, time.monotonic() - started)
        watched += [Watched.running(server.service) for server in stack.servers if server.service]
        while True:
            for one in watched:
                one.look_after(self.log)
            time.sleep(TICK)

    def _prepare(self, stack: Stack) -> None:
        """Migrations, demonstration, static files, list of accounts: only what the last start has not done already."""
        self._wipe_external_if_asked(stack)
        stamp, now = self.data_dir / "prepared", fingerprint()
        known = stamp.exists() and stamp.read_text() == now
        if known and stack.postgres and not contents.is_empty(stack.postgres.owner_url):
            return
        stamp.unlink(missing_ok=True)
        self._migrate(stack)
        self._seed_if_empty(stack)
        print("Collecting static files…", flush=True)
        self._manage(stack.application_environment(), "collectstatic", "--no-input", "--clear")
        self._manage(stack.application_environment(), "demo_accounts")
        stamp.write_text(now)

    def _stop(self, stack: Stack, watched: list[Watched]) -> None:
        """What takes requests first, then what works, then what both stand on."""
        ours = [one.service for one in watched if one.service.name in ("web", "beat", "worker")]
        for service in ours:
            service.ask_to_stop()
        for service in ours:
            service.stop()
        stack.stop()
        self.log("stopped")

    def _services(self, stack: Stack) -> list[Service]:
        environment = stack.application_environment() | {
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        beat_folder = self.data_dir / "beat"
        beat_folder.mkdir(exist_ok=True)
        python = sys.executable
        commands = {
            "web": [
                *(python, "-m", "granian", "--interface", "wsgi", "--host", self.host, "--port", str(self.port)),
                *("--workers", "1", "--blocking-threads", "8", "--no-ws", "--respawn-failed-workers"),
                "config.wsgi:application",
            ],
            "worker": [python, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"],
            "beat": [
                *(python, "-m", "celery", "-A", "config", "beat", "--loglevel", "INFO"),
                *("--schedule", str(beat_folder / "schedule"), "--pidfile", ""),
            ],
        }
        return [
            Service(
                name=name,
                command=command,
                log=stack.logs / f"{name}.log",
                environment=environment,
                folder=ROOT,
                grace=15,
                lock_fd=stack.lock_fd,
            )
            for name, command in commands.items()
        ]

    def _output_of(self, command: str) -> Path:
        return self.data_dir / "logs" / f"{command}.log"

    def _manage(self, environment: Mapping[str, str], *arguments: str) -> None:
        output = self._output_of(arguments[0])
        with output.open("wb") as file:
            done = subprocess.run(
                [*MANAGE, *arguments],
                cwd=ROOT,
                env=dict(environment),
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            said = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
            raise CannotStart(
                "\n".join([*said, f"`manage.py {arguments[0]}` failed; its whole output is in {output}."])
            )

    def _migrate(self, stack: Stack) -> None:
        if stack.owner_url:
            print("Migrating…", flush=True)
            self._manage(stack.owner_environment(), "migrate", "--no-input")
            return
        try:
            self._manage(stack.application_environment(), "migrate", "--check")
        except CannotStart:
            raise CannotStart("This database is not migrated: set DATABASE_OWNER_URL beside DATABASE_URL.") from None

    def _seed_if_empty(self, stack: Stack) -> None:
        if not stack.owner_url or not contents.is_empty(stack.owner_url):
            return
        print("Loading the demonstration…", flush=True)
        self._manage(stack.owner_environment(), "seed_demo", "--seed", "1")
        contents.mark_as_seeded(stack.owner_url)

    def _wait_for_the_web(self, web: Service) -> None:
        deadline = time.monotonic() + WEB_SECONDS
        while time.monotonic() < deadline:
            if not web.running:
                break
            if answers(f"http://127.0.0.1:{self.port}/healthz"):
                return
            time.sleep(0.1)
        raise CannotStart(f"{web.last_lines()}\nThe web server did not answer; its log is {web.log}.")

    def _announce(self, stack: Stack, seconds: float) -> None:
        print(f"\nReady in {seconds:.0f} s: {self.address}\n", flush=True)
        print(self._output_of("demo_accounts").read_text(encoding="utf-8"), flush=True)
        mail = "sent by EMAIL_URL" if self.environment.get("EMAIL_URL") else f"{self.address}demo/courriels/"
        print(f"Mail: {mail}\nLogs: {stack.logs}\nStop with Ctrl-C.", flush=True)

    def _wipe_if_asked(self, stack: Stack) -> None:
        if not self.reset:
            return
        if self.environment.get("DATABASE_URL"):
            if not self.environment.get("DATABASE_OWNER_URL"):
                raise CannotStart(
                    "RESET=1 needs DATABASE_OWNER_URL when DATABASE_URL is set: only the owner can empty it."
                )
            contents.refuse_what_is_no_demo(self.environment["DATABASE_OWNER_URL"])
        if stack.postgres:
            stack.postgres.remove_data()
        for folder in OUR_FOLDERS:
            shutil.rmtree(self.data_dir / folder, ignore_errors=True)

    def _wipe_external_if_asked(self, stack: Stack) -> None:
        if self.reset and stack.postgres is None and stack.owner_url:
            contents.empty_schema(stack.owner_url)


def data_dir_of(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("DATA_DIR") or ROOT / ".data").resolve()


def port_of(environment: Mapping[str, str]) -> int:
    wanted = environment.get("PORT") or "8000"
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"PORT must be a number between 1 and 65535, not {wanted!r}.")
    return int(wanted)


def refuse_busy_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise CannotStart(f"Port {port} is reserved to root: choose another one, `make demo PORT=8001`.") from None
        except OSError:
            raise CannotStart(
                f"Port {port} is already in use: choose another one, `make demo PORT={port + 1}`."
            ) from None


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def fingerprint() -> str:
    """Changes with any file that what is prepared could depend on."""
    digest = hashlib.sha256()
    folders = [folder for folder in sorted(ROOT.iterdir()) if folder.is_dir() and folder.name[0] != "."]
    for path in [ROOT / "uv.lock", *(path for folder in folders for path in sorted(folder.rglob("*")))]:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _ignore_signals() -> None:
    """A second Ctrl-C must not leave servers behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def run() -> None:
    Demo(os.environ).run()
