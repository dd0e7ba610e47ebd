"""The house keeps its own rules: tests that watch what is built, so that a later part cannot forget them."""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.template import engines
from django.urls import URLPattern, URLResolver, get_resolver

from common import grants
from common.guards import Guard
from common.workflow import StatefulModel
from notifications.mail import Mail
from reports import invariants

ROOT = Path(__file__).resolve().parents[1]
OURS = (
    *("accounts", "applications", "common", "config", "demo", "documents", "fund", "journal", "notifications"),
    *("payments", "reports", "reviews"),
)
# Library paths are in English; so are these of ours, for machines.
MACHINE_PATHS = ("healthz", "readyz", "csp", "static", "accounts", "admin", "i18n", "metrics")


def models_of_ours() -> list[Any]:
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in OURS]


def sources(*, but: tuple[str, ...] = ("migrations",)) -> Iterator[tuple[Path, ast.Module]]:
    for app in OURS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not set(but) & set(path.relative_to(ROOT).parts):
                yield path.relative_to(ROOT), ast.parse(path.read_text())


# --- Tables ---------------------------------------------------------------------------------------------------------


def test_every_model_says_what_the_application_role_may_do() -> None:
    declared = grants.declared()
    silent = [model._meta.label for model in models_of_ours() if model._meta.db_table not in declared]
    assert not silent


@pytest.mark.django_db
def test_real_grants_are_the_declared_ones() -> None:
    assert invariants.excess_grants() == []
    undeclared = {"django_migrations"} | set(connection.introspection.table_names())
    undeclared -= set(grants.declared())
    assert not undeclared


@pytest.mark.django_db
def test_no_guard_can_be_attached_by_the_application_role() -> None:
    """On a temporary table of its own, a guard would run as the owner: it wrote the counters of the ledger that way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype"
            " AND has_function_privilege(current_user, oid, 'EXECUTE')"
        )
        assert cursor.fetchall() == []


KEPT = {"no_delete", "no_delete_truncate"}
# What may be forgotten has a guard of its own, which says when.
FORGOTTEN = {"accounts.JoinRequest": {"forgotten", "no_truncate"}}


@pytest.mark.django_db
def test_every_thing_with_a_state_has_its_guards() -> None:
    wanted = {"born", "arrows", "journalled_birth", "journalled_change", "no_delete", "no_delete_truncate"}
    lacking = {}
    with connection.cursor() as cursor:
        for model in models_of_ours():
            if not issubclass(model, StatefulModel) or model._meta.proxy:
                continue
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [model._meta.db_table],
            )
            found = {re.sub(r"^pgtrigger_(.*)_[0-9a-f]{5}$", r"\1", name) for (name,) in cursor.fetchall()}
            needed = wanted - KEPT | FORGOTTEN[model._meta.label] if model._meta.label in FORGOTTEN else wanted
            if not needed <= found:
                lacking[model._meta.label] = needed - found
    assert not lacking


@pytest.mark.django_db
def test_every_guard_runs_as_the_owner_and_sees_real_tables_only() -> None:
    names = {
        trigger.get_pgid(model)  # type: ignore[arg-type]
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, Guard)
    }
    assert len(names) > 60
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.prosecdef, p.proconfig, pg_get_userbyid(p.proowner)"
            " = (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()), t.tgenabled::text"
            " FROM pg_proc p LEFT JOIN pg_trigger t ON t.tgfoid = p.oid WHERE p.proname = ANY (%s)",
            [list(names)],
        )
        rows = cursor.fetchall()
    assert {row[0] for row in rows} == names
    weak = [row for row in rows if row[1:] != (True, ["search_path=pg_catalog, public, pg_temp"], True, "O")]
    assert not weak


def test_no_trigger_of_ours_can_be_set_aside() -> None:
    """A stock trigger of pgtrigger asks a session variable first; only pghistory's own may, on tables kept by grants."""
    stock = [
        f"{model._meta.label}.{trigger.name}"
        for model in models_of_ours()
        for trigger in getattr(model._meta, "triggers", ())
        if not isinstance(trigger, Guard)
        and not type(trigger).__module__.startswith("pghistory")
        and getattr(model, "pgh_tracked_model", None) is None
    ]
    assert not stock


def test_no_migration_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- Code -----------------------------------------------------------------------------------------------------------


def test_state_is_assigned_by_transitions_only() -> None:
    """`state` of a thing that has a life is protected; the past is written by the demonstration, as the owner."""
    found = []
    for path, tree in sources(but=("migrations", "seed")):
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                states = (one for one in targets if isinstance(one, ast.Attribute) and one.attr == "state")
                found += [f"{path}:{node.lineno}" for _state in states]
    # A message, a look-up and a row of a work are no StatefulModel; the filters of a list have a state to look for.
    elsewhere = (
        "notifications/",
        "applications/queue.py",
        "accounts/services/lookup.py",
        "accounts/tasks.py",
        "reviews/services/jobs.py",
    )
    allowed = {path for path in found if path.startswith(elsewhere)}
    assert not set(found) - allowed


def test_nothing_updates_a_state_behind_the_transitions() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources(but=("migrations", "seed"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("update", "bulk_update", "update_or_create")
        and any(keyword.arg == "state" for keyword in node.keywords)
        # A message and a line of payment are no StatefulModel: their own guards say what may become of them.
        and not str(path).startswith(("notifications/", "payments/services/taking_back.py"))
    ]
    assert not found


def test_what_is_kept_is_never_deleted() -> None:
    """`.delete()` is called on rows of open tables only; the database refuses the rest anyway."""
    kept = {model.__name__ for model in models_of_ours() if getattr(model, "grants", "") != grants.Grants.OPEN}
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "delete":
                names = {name.id for name in ast.walk(node.func.value) if isinstance(name, ast.Name)}
                if names & kept:
                    found.append(f"{path}:{node.lineno} {names & kept}")
    assert not found


def verbs() -> Iterator[tuple[str, Any]]:
    """Every public function of an app's services."""
    for app in OURS:
        for name in (f"{app}.services", *_below(f"{app}.services")):
            try:
                module = importlib.import_module(name)
            except ModuleNotFoundError:
                continue
            for attribute, function in vars(module).items():
                if inspect.isfunction(function) and not attribute.startswith("_") and function.__module__ == name:
                    yield f"{name}.{attribute}", function


def _below(package: str) -> list[str]:
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError:
        return []
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(getattr(module, "__path__", []))]


def test_who_acts_is_said_by_name() -> None:
    """`by` is keyword-only wherever it is taken: nobody is ever an actor by position."""
    found = list(verbs())
    assert len(found) > 60
    wrong = [
        name
        for name, function in found
        if "by" in (parameters := inspect.signature(function).parameters)
        and parameters["by"].kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert not wrong


def test_a_verb_that_moves_a_thing_says_who() -> None:
    """A service that calls `advance`, `begin` or `record` takes `by`, unless it is the machine that acts."""
    silent = []
    for name, function in verbs():
        if name.startswith("journal.") or "by" in inspect.signature(function).parameters:
            continue
        source = inspect.getsource(function)
        if re.search(r"\b(advance|begin|record)\(", source) and "MACHINE" not in source:
            silent.append(name)
    assert not silent


def test_every_periodic_task_exists() -> None:
    from config.celery import app

    app.loader.import_default_modules()
    missing = [entry["task"] for entry in app.conf.beat_schedule.values() if entry["task"] not in app.tasks]
    assert not missing


# --- Screens and mails ------------------------------------------------------------------------------------------------


def mails() -> set[type[Mail]]:
    for app in OURS:
        for name in (f"{app}.notifications", *_below(f"{app}.notifications")):
            if importlib.util.find_spec(name):
                importlib.import_module(name)
    found: set[type[Mail]] = set()
    waiting = [Mail]
    while waiting:
        waiting += (children := waiting.pop().__subclasses__())
        found |= {child for child in children if "kind" in vars(child) and child.__module__.split(".")[0] in OURS}
    return found


def test_every_mail_has_its_three_templates() -> None:
    kinds = {mail.kind for mail in mails()}
    assert len(kinds) > 15
    wanted = {f"{kind}{suffix}" for kind in kinds for suffix in (".subject.txt", ".txt", ".html")}
    there = {path.name for path in (ROOT / "templates" / "emails").iterdir()}
    assert wanted <= there, f"missing: {sorted(wanted - there)}"
    parts = {name for name in there if name.startswith("_") or name == "base.html"}
    assert there - parts <= wanted, f"of no mail: {sorted(there - parts - wanted)}"


def templates() -> list[str]:
    root = ROOT / "templates"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", templates())
def test_template_compiles(name: str) -> None:
    engines["django"].get_template(name)


def test_every_file_that_a_template_names_is_there() -> None:
    """A script that is gone is an error 500 where files have their hash in their names."""
    named = {
        (name, file)
        for name in templates()
        for file in re.findall(r"{% static \"([^\"]+)\"", (ROOT / "templates" / name).read_text())
    }
    assert len(named) > 20
    assert [one for one in sorted(named) if finders.find(one[1]) is None] == []


def test_every_template_is_used() -> None:
    """By its name somewhere in the code or in another template; libraries' own and mails by their kind apart."""
    text = "\n".join(
        path.read_text()
        for folder in (*OURS, "templates")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html", ".txt") and "migrations" not in path.parts
    )
    libraries = ("account/", "mfa/", "usersessions/", "allauth/", "django/", "emails/", "socialaccount/", "admin/")
    handlers = ("400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html")

    def used(name: str) -> bool:
        # A component is rendered by its bare name.
        return Path(name).name in text or (name.startswith("components/") and f'"{Path(name).stem}"' in text)

    unused = [
        name for name in templates() if not name.startswith(libraries) and name not in handlers and not used(name)
    ]
    assert not unused


def paths(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path, pattern
        else:
            yield from paths(pattern, path)


def test_paths_are_plain() -> None:
    """Lower case, no accent, ending with a slash: what one can dictate over the telephone."""
    ours = [
        path
        for path, pattern in paths()
        if getattr(pattern.callback, "__module__", "").split(".")[0] in OURS and not path.startswith(MACHINE_PATHS)
    ]
    assert len(ours) > 40
    plain = re.compile(r"^(([a-z0-9-]|<[a-z_]+:[a-z_]+>|\.)+/)*([a-z0-9-]+\.[a-z]+)?$")
    odd = [path for path in ours if not plain.match(path)]
    assert not odd


def test_route_names_are_unique() -> None:
    names = [pattern.name for path, pattern in paths() if pattern.name and not path.startswith(("admin", "accounts"))]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice


def test_the_application_role_is_not_the_owner() -> None:
    url = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    assert url["user"] == settings.DATABASE_APP_ROLE
    assert url["user"] != psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_OWNER_URL"])["user"]


BLOCK = re.compile(r"{% block (\w+) %}((?:(?!{% block ).)*?){% endblock %}", re.DOTALL)
NAMED = re.compile(r"{% (?:url|firstof) [^%]*? as (\w+) %}")


def test_an_address_named_in_one_block_is_used_in_that_block() -> None:
    """What a tag names lives as long as its block: used in another it is empty, and « Annuler » leads nowhere."""
    lost = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        blocks = BLOCK.findall(path.read_text())
        named = {name: set(NAMED.findall(body)) for name, body in blocks}
        for name, body in blocks:
            elsewhere = {one for other, names in named.items() if other != name for one in names} - named[name]
            lost += [f"{path.name}: {one}" for one in elsewhere if f'href="{{{{ {one} }}}}' in body]
            lost += [f"{path.name}: {one}" for one in elsewhere if f"cancel={one}" in body]
    assert not lost
