"""What a fresh machine lacks is said in one sentence with the command that mends it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE = """#!/bin/sh
case "$2" in
    *"(3, 11) <= sys.version_info"*) exit {wrong_version} ;;
    *ensurepip*) exit {no_venv} ;;
    *print*) echo 3.12 ;;
esac
"""


def bootstrap(folder: Path, **fake: int) -> subprocess.CompletedProcess[str]:
    """Run the script in an empty project where the only Python is a fake one."""
    (folder / "scripts").mkdir()
    shutil.copy2(ROOT / "scripts" / "bootstrap.sh", folder / "scripts")
    (folder / "uv.lock").write_text("")
    tools = folder / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "cksum", "cat"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    for name in ("python3", "python3.12") if fake else ():
        (tools / name).write_text(FAKE.format(**fake))
        (tools / name).chmod(0o755)
    return subprocess.run(
        [str(folder / "scripts" / "bootstrap.sh"), "run"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("fake", [{}, {"wrong_version": 1, "no_venv": 0}])
def test_no_suitable_python(tmp_path: Path, fake: dict[str, int]) -> None:
    done = bootstrap(tmp_path, **fake)
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or 3.12 is needed: run `apt install python3 python3-venv`")
    assert done.stderr.count("\n") == 1


def test_python_without_venv(tmp_path: Path) -> None:
    done = bootstrap(tmp_path, wrong_version=0, no_venv=1)
    assert done.returncode == 1
    assert done.stderr == (
        "Python 3.12 is here without its venv module: run `apt install python3.12-venv`, then this command again.\n"
    )


def test_a_broken_environment(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    done = bootstrap(tmp_path, wrong_version=0, no_venv=0)
    assert done.returncode == 1
    assert "run `rm -rf .venv`" in done.stderr
