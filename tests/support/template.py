"""A cluster with `test_fi` already migrated, kept under .data as long as nothing that shapes it changes.

Migrating takes some fifteen seconds, copying the cluster a fraction of one. The key is made of every file that may shape
the schema; in doubt, `rm -rf .data/test-cluster`. Not used where PostgreSQL runs as another user (see the supervisor):
its data are elsewhere then.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from common.supervisor.postgres import choose_runner

if TYPE_CHECKING:
    from tests.support.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".data" / "test-cluster"
CLUSTERS_KEPT = 3
APPS = ("accounts", "applications", "common", "config", "demo", "documents", "fund", "journal", "notifications")
APPS_ABOVE = ("payments", "reports", "reviews")
WITHOUT_A_SAY = (
    *("views", "forms", "admin", "urls", "templatetags", "tasks", "services", "policies", "management", "resources"),
    *("middleware", "content", "supervisor", "components", "notifications"),
)


def fingerprint() -> str:
    digest = hashlib.sha256()
    for path in [
        ROOT / "uv.lock",
        *sorted(path for app in (*APPS, *APPS_ABOVE) for path in (ROOT / app).rglob("*.py")),
    ]:
        inside = path.relative_to(ROOT).parts[1:]
        if not any(part.removesuffix(".py") in WITHOUT_A_SAY for part in inside):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:24]


def restore(data_dir: Path) -> bool:
    """Copy the kept cluster and its passwords into this folder, if there is one for the code as it is."""
    kept = KEPT / fingerprint()
    if not kept.exists() or choose_runner().owner:
        return False
    try:
        shutil.copytree(kept, data_dir, dirs_exist_ok=True)
    except (OSError, shutil.Error):  # another run is clearing old clusters away
        shutil.rmtree(data_dir / "postgres", ignore_errors=True)
        return False
    return True


def save(servers: "Servers") -> None:
    """Keep the embedded cluster as it is now; it is stopped for the time of the copy."""
    if servers.postgres is None or servers.postgres.runner.owner:
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=KEPT, prefix="draft-"))
    servers.postgres.stop()
    try:
        shutil.copytree(servers.postgres.folder, draft / "postgres")
        shutil.copy2(servers.data_dir / "secrets.json", draft)
    finally:
        servers.postgres.start()
    try:
        draft.rename(KEPT / fingerprint())
    except OSError:  # another run kept the same before
        shutil.rmtree(draft)
    for old in sorted(KEPT.iterdir(), key=lambda path: path.stat().st_mtime)[:-CLUSTERS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
