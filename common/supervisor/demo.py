"""`make demo`: servers, migrations, demonstration, then web, worker and beat until somebody says stop."""

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
from datetime import datetime
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql

from common.supervisor import guardian
from common.supervisor.errors import CannotStart
from common.supervisor.service import Service
from common.supervisor.stack import Stack, locked

ROOT = Path(__file__).resolve().parents[2]
MANAGE = (sys.executable, "manage.py")
SEEDED = "Demonstration of the fund, loaded by make demo"
WEB_SECONDS = 60
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
HEALTHY_AFTER = 60.0
TICK = 0.2
OUR_FOLDERS = ("redis", "files", "beat")


class Stopped(Exception):
    """Somebody asked us to stop, by Ctrl-C or SIGTERM."""


class Watched:
    """A service that is started again when it dies, after a pause that doubles up to half a minute."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pause = FIRST_PAUSE
        self.started_at = 0.0
        self.restart_at: float | None = None

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
        self._wipe_external_if_asked(stack)
        self._migrate(stack)
        self._seed_if_empty(stack)
        self._collect_static_files(stack)
        watched += [Watched(service) for service in self._services(stack)]
        for one in watched:
            one.start()
        self._wait_for_the_web(watched[0].service)
        self.log(f"ready on {self.address} after {time.monotonic() - started:.1f} s")
        self._announce(stack, time.monotonic() - started)
        for server in (stack.postgres, stack.redis):
            if server and server.service:
                watched.append(Watched(server.service))
                watched[-1].started_at = time.monotonic()
        while True:
            for one in watched:
                one.look_after(self.log)
            time.sleep(TICK)

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

    def _manage(self, environment: Mapping[str, str], *arguments: str, quiet: bool = True) -> None:
        log = self.data_dir / "logs" / f"{arguments[0]}.log"
        done = subprocess.run(
            [*MANAGE, *arguments],
            cwd=ROOT,
            env=dict(environment),
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            check=False,
        )
        if quiet:
            log.write_bytes(done.stdout)
        if done.returncode != 0:
            said = done.stdout.decode(errors="replace").strip().splitlines()[-12:] if quiet else []
            raise CannotStart("\n".join([*said, f"`manage.py {arguments[0]}` failed; its whole output is in {log}."]))

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
        if not stack.owner_url or not is_empty(stack.owner_url):
            return
        print("Loading the demonstration…", flush=True)
        self._manage(stack.owner_environment(), "seed_demo", "--seed", "1")
        mark_as_seeded(stack.owner_url)

    def _collect_static_files(self, stack: Stack) -> None:
        """Only after a change: compressing them takes seconds."""
        newest = str(max(path.stat().st_mtime_ns for path in static_sources()))
        stamp = self.data_dir / "static" / ".collected"
        if stamp.exists() and stamp.read_text() == newest:
            return
        print("Collecting static files…", flush=True)
        self._manage(stack.application_environment(), "collectstatic", "--no-input", "--clear")
        stamp.write_text(newest)

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
        self._manage(stack.application_environment(), "demo_accounts", quiet=False)
        mail = "sent by EMAIL_URL" if self.environment.get("EMAIL_URL") else f"{self.address}demo/courriels/"
        print(f"\nMail: {mail}\nLogs: {stack.logs}\nStop with Ctrl-C.", flush=True)

    def _wipe_if_asked(self, stack: Stack) -> None:
        if not self.reset:
            return
        if self.environment.get("DATABASE_URL"):
            if not self.environment.get("DATABASE_OWNER_URL"):
                raise CannotStart(
                    "RESET=1 needs DATABASE_OWNER_URL when DATABASE_URL is set: only the owner can empty it."
                )
            refuse_what_is_no_demo(self.environment["DATABASE_OWNER_URL"])
        if stack.postgres:
            stack.postgres.remove_data()
        for folder in OUR_FOLDERS:
            shutil.rmtree(self.data_dir / folder, ignore_errors=True)

    def _wipe_external_if_asked(self, stack: Stack) -> None:
        if self.reset and stack.postgres is None and stack.owner_url:
            empty_schema(stack.owner_url)


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


def static_sources() -> list[Path]:
    folders = [ROOT / "static", *ROOT.glob("*/static"), ROOT / "uv.lock"]
    return [path for folder in folders for path in ([folder] if folder.is_file() else [folder, *folder.rglob("*")])]


def is_empty(owner_url: str) -> bool:
    """Nobody has an account: neither a demonstration nor a real platform lives here."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM accounts_user)").fetchone()
    return row is not None and not row[0]


def mark_as_seeded(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(connection.info.dbname), sql.Literal(SEEDED))
        )


def refuse_what_is_no_demo(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database'), to_regclass('public.django_migrations') IS NULL"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    if row is None or not (row[0] == SEEDED or row[1]):
        raise CannotStart(
            "RESET=1 refused: this database was not loaded by make demo; empty it yourself if you mean it."
        )


def empty_schema(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _ignore_signals() -> None:
    """A second Ctrl-C must not leave servers behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def run() -> None:
    Demo(os.environ).run()
