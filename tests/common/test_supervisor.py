"""Embedded servers and their supervisor: they start, they come back, and nothing outlives whoever asked for them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from common.supervisor import contents, demo, keys
from common.supervisor.errors import CannotStart
from common.supervisor.guardian import children_of
from common.supervisor.postgres import Postgres
from common.supervisor.service import Service
from common.supervisor.stack import Stack, locked
from common.supervisor.watch import Log, Watched

ROOT = Path(__file__).resolve().parents[2]
# A supervisor with both servers and a service whose child leaves its process group, as PostgreSQL's backends do.
SUPERVISOR = """
import os, sys, time
from pathlib import Path
from common.supervisor.service import Service
from common.supervisor.stack import Stack, locked
folder = Path(sys.argv[1])
with locked(folder) as lock:
    stack = Stack(folder, {"PATH": os.environ["PATH"]}, ephemeral=True, lock_fd=lock)
    stack.start()
    stray = "import os, time; os.fork() or os.setsid(); os.fork(); time.sleep(600)"
    Service(name="stray", command=[sys.executable, "-c", stray], log=folder / "stray.log", lock_fd=lock).start()
    time.sleep(0.5)
    print("ready", flush=True)
    time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(what: object, seconds: float) -> None:
    assert callable(what)
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_supervisor(
    supervisor: subprocess.Popen[str], how: signal.Signals, tmp_path: Path
) -> None:
    descendants = children_of({supervisor.pid})
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in descendants]
    assert {"postgres", "redis-server"} <= set(names)
    assert len(descendants) > 10
    supervisor.send_signal(how)
    supervisor.wait(10)
    wait_until(lambda: not any(alive(pid) for pid in descendants), seconds=15)
    # Data to be thrown away (in memory, mostly) go with the servers.
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "redis").exists()


def test_nothing_outlives_a_killed_guardian(tmp_path: Path) -> None:
    service = Service(name="sleeper", command=["sleep", "600"], log=tmp_path / "log")
    service.start()
    assert service.pid is not None
    wait_until(lambda: children_of({service.pid}), seconds=5)
    (child,) = children_of({service.pid})
    wait_until(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n", seconds=5)
    os.kill(service.pid, signal.SIGKILL)
    wait_until(lambda: not alive(child), seconds=5)
    service.stop()


def test_postgres_does_not_outlive_a_killed_guardian(tmp_path: Path) -> None:
    """Entering a user namespace clears the signal of the parent's death, unless it is asked for afterwards."""
    server = Postgres(
        folder=tmp_path / "postgres", log=tmp_path / "log", secrets=keys.load_or_create(tmp_path), ephemeral=True
    )
    server.start()
    assert server.service is not None
    assert server.service.pid is not None
    descendants = children_of({server.service.pid})
    assert len(descendants) > 5
    os.kill(server.service.pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in descendants), seconds=15)
    server.stop()


def test_a_start_right_after_kill_9_waits_for_the_old_servers(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    descendants = children_of({supervisor.pid})
    supervisor.kill()
    supervisor.wait(10)
    with locked(tmp_path):
        assert not any(alive(pid) for pid in descendants)


def test_two_supervisors_on_one_folder_are_one_too_many(supervisor: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="already works on"), locked(tmp_path):
        pass


def test_a_stubborn_service_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    service = Service(name="deaf", command=[sys.executable, "-c", deaf], log=tmp_path / "log", grace=0.5)
    service.start()
    wait_until(lambda: (tmp_path / "log").read_text() == "deaf\n", seconds=5)
    started = time.monotonic()
    service.stop()
    assert 0.4 < time.monotonic() - started < 5
    assert not service.running


def test_a_dead_service_comes_back_and_the_log_says_so(tmp_path: Path) -> None:
    watched = Watched(Service(name="short", command=["false"], log=tmp_path / "short.log"))
    say = Log(tmp_path / "supervisor.log")
    watched.pause = 0.1
    watched.start()
    first = watched.service.pid
    wait_until(lambda: watched.service.exit_code() == 1, seconds=5)

    def came_back() -> bool:
        watched.look_after(say)
        return watched.service.pid not in (None, first)

    wait_until(came_back, seconds=5)
    watched.service.stop()
    assert watched.pause == 0.2
    assert "short ended with code 1; again in" in (tmp_path / "supervisor.log").read_text()


def test_data_and_passwords_survive_a_second_start(tmp_path: Path) -> None:
    secrets = keys.load_or_create(tmp_path)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert keys.load_or_create(tmp_path) == secrets
    for attempt in range(2):
        server = Postgres(folder=tmp_path / "postgres", log=tmp_path / "log", secrets=secrets, ephemeral=True)
        server.start()
        with psycopg.connect(server.owner_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (attempt integer)")
            connection.execute("INSERT INTO kept VALUES (%s)", [attempt])
            rows = connection.execute("SELECT count(*) FROM kept").fetchone()
        server.stop()
        assert rows == (attempt + 1,)


def test_the_two_roles_are_what_they_should_be(tmp_path: Path) -> None:
    server = Postgres(
        folder=tmp_path / "postgres", log=tmp_path / "log", secrets=keys.load_or_create(tmp_path), ephemeral=True
    )
    server.start()
    try:
        with psycopg.connect(server.application_url) as connection:
            roles = connection.execute(
                "SELECT rolname::text, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname ~ '^fi_'"
            ).fetchall()
            owner = connection.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = 'fi'").fetchone()
            limits = [connection.execute(f"SHOW {name}").fetchone() for name in ("lock_timeout", "statement_timeout")]
        assert sorted(roles) == [("fi_app", False, False, False), ("fi_owner", False, True, False)]
        assert owner == ("fi_owner",)
        assert limits == [("3s",), ("15s",)]
        wrong = server.application_url.replace(server.secrets["fi_app"], "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
    finally:
        server.stop()


def test_a_busy_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as refusal:
            demo.refuse_busy_port("127.0.0.1", port)
    assert str(refusal.value) == f"Port {port} is already in use: choose another one, `make demo PORT={port + 1}`."


@pytest.mark.parametrize("value", ["eight", "0", "70000"])
def test_a_meaningless_port_is_refused(value: str) -> None:
    with pytest.raises(CannotStart, match="PORT must be"):
        demo.port_of({"PORT": value})


def test_what_serves_never_sees_the_owner(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgres://fi_app@db/fi",
        "DATABASE_OWNER_URL": "postgres://fi_owner@db/fi",
        "REDIS_URL": "redis://r",
    }
    started = demo.Demo(given | {"DATA_DIR": str(tmp_path)})
    stack = Stack(tmp_path, given)
    for service in started._services(stack):
        assert service.environment is not None
        assert not [name for name, value in service.environment.items() if "owner" in f"{name}{value}".lower()]
    assert stack.owner_environment()["DATABASE_ROLE"] == "owner"


def test_an_owner_without_an_application_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="set both, or neither"):
        Stack(tmp_path, {"DATABASE_OWNER_URL": "postgres://fi_owner@db/fi"})


def test_reset_spares_a_database_that_is_no_demonstration(tmp_path: Path) -> None:
    server = Postgres(
        folder=tmp_path / "postgres", log=tmp_path / "log", secrets=keys.load_or_create(tmp_path), ephemeral=True
    )
    server.start()
    try:
        contents.refuse_what_is_no_demo(server.owner_url)
        with psycopg.connect(server.owner_url) as connection:
            connection.execute("CREATE TABLE django_migrations (id integer)")
        with pytest.raises(CannotStart, match="RESET=1 refused"):
            contents.refuse_what_is_no_demo(server.owner_url)
        contents.mark_as_seeded(server.owner_url)
        contents.refuse_what_is_no_demo(server.owner_url)
        contents.empty_schema(server.owner_url)
        with psycopg.connect(server.owner_url) as connection:
            assert connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,)
    finally:
        server.stop()
