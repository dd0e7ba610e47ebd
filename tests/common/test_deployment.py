"""compose.yaml cannot be started here; what it must never lose is read from it."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from common.supervisor import keys
from common.supervisor.postgres import APPLICATION_TIMEOUTS, Postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def test_only_migrate_knows_the_owner(services: dict[str, Any]) -> None:
    knowing = {
        name for name, service in services.items() if any("OWNER" in key for key in service.get("environment", {}))
    }
    assert knowing == {"migrate", "postgres"}


def test_the_parts_are_all_there(services: dict[str, Any]) -> None:
    assert set(services) == {"proxy", "web", "worker", "beat", "migrate", "postgres", "redis", "clamav"}
    assert services["web"]["deploy"]["replicas"] == services["worker"]["deploy"]["replicas"] == 2
    assert "deploy" not in services["beat"]


def test_database_queue_and_scanner_are_not_published(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["back"]


def test_what_web_needs_is_in_its_environment(services: dict[str, Any]) -> None:
    needed = {"SECRET_KEY", "BASE_URL", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "ANTIVIRUS"}
    assert needed <= set(services["web"]["environment"])
    assert services["web"]["environment"]["FI_MODE"] == "production"


def test_the_image_runs_as_nobody_special() -> None:
    assert "\nUSER fonds\n" in (ROOT / "Dockerfile").read_text()


def test_the_script_of_roles_runs_and_agrees_with_the_embedded_server(tmp_path: Path) -> None:
    script = (ROOT / "deploy" / "postgres" / "roles.sh").read_text()
    statements = script.partition("<<'SQL'\n")[2].partition("\nSQL")[0]
    server = Postgres(
        folder=tmp_path / "postgres", log=tmp_path / "log", secrets=keys.load_or_create(tmp_path), ephemeral=True
    )
    server.start()
    try:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            embedded = _roles(connection)
            connection.execute("DROP DATABASE fi")
            connection.execute("DROP ROLE fi_app")
            connection.execute("DROP ROLE fi_owner")
            for statement in (
                statements.replace(":'owner_password'", "'a'").replace(":'app_password'", "'b'").split(";")
            ):
                if statement.strip():
                    connection.execute(statement.encode())
            assert _roles(connection) == embedded
            assert len(embedded) == 2
            assert sorted(embedded[0][3] or embedded[1][3]) == sorted(
                f"{name}={value}" for name, value in APPLICATION_TIMEOUTS.items()
            )
    finally:
        server.stop()


def _roles(connection: psycopg.Connection[Any]) -> list[Any]:
    return connection.execute(
        "SELECT rolname::text, rolcreatedb, rolsuper, rolconfig FROM pg_roles WHERE rolname ~ '^fi_' ORDER BY 1"
    ).fetchall()
