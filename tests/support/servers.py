"""The servers of one test run: embedded and thrown away, or those that the environment names."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from common.supervisor import keys
from common.supervisor.postgres import Postgres
from common.supervisor.redis import Redis
from common.supervisor.stack import scratch_folder
from tests.support import template


@dataclass
class Servers:
    data_dir: Path
    postgres: Postgres | None = None
    redis: Redis | None = None
    migrated: bool = False

    @property
    def superuser_url(self) -> str | None:
        return self.postgres.superuser_url if self.postgres else os.environ.get("DATABASE_SUPERUSER_URL")

    def stop(self) -> None:
        for server in (self.redis, self.postgres):
            if server:
                server.stop()
        if self.postgres:
            self.postgres.remove_data()
        shutil.rmtree(self.data_dir, ignore_errors=True)


def start() -> Servers:
    """Start what the environment does not name, and name it there, before Django reads its settings."""
    servers = Servers(scratch_folder("fonds-test-"))
    if not os.environ.get("DATABASE_URL"):
        servers.migrated = template.restore(servers.data_dir)
    (servers.data_dir / "static").mkdir(exist_ok=True)
    secrets = keys.load_or_create(servers.data_dir)
    logs = servers.data_dir / "logs"
    if not os.environ.get("DATABASE_URL"):
        servers.postgres = Postgres(
            folder=servers.data_dir / "postgres", log=logs / "postgres.log", secrets=secrets, ephemeral=True
        )
        servers.postgres.start()
        os.environ["DATABASE_URL"] = servers.postgres.application_url
        os.environ["DATABASE_OWNER_URL"] = servers.postgres.owner_url
    elif not os.environ.get("DATABASE_OWNER_URL"):
        raise SystemExit("The tests need DATABASE_OWNER_URL beside DATABASE_URL: they create and migrate test_fi.")
    if not os.environ.get("REDIS_URL"):
        servers.redis = Redis(
            folder=servers.data_dir / "redis", log=logs / "redis.log", secrets=secrets, ephemeral=True
        )
        servers.redis.start()
        os.environ["REDIS_URL"] = servers.redis.url
    os.environ["FI_MODE"] = "test"
    os.environ["DATA_DIR"] = str(servers.data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    os.environ.pop("DATABASE_ROLE", None)
    # Playwright's loop lives in the main thread, where Django would otherwise refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return servers
