"""Make sure a Chromium is here for the tests: the system's, else apt's as root, else Playwright's own download."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def works(program: str) -> bool:
    """A snap's launcher may be on the path without a browser behind it."""
    answer = subprocess.run([program, "--version"], capture_output=True, check=False)
    return answer.returncode == 0


def system_browser() -> str | None:
    for name in NAMES:
        program = shutil.which(name)
        if program and works(program):
            return program
    return None


def playwright_browser() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = playwright.chromium.executable_path
    return program if Path(program).exists() and works(program) else None


def install_by_apt() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing chromium with apt…", flush=True)
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL, "check": False}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
    subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], **quiet)  # type: ignore[call-overload]


def install_by_playwright() -> None:
    print("Downloading Playwright's chromium…", flush=True)
    with_libraries = ["--with-deps"] if os.geteuid() == 0 else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"], check=False)


def main() -> int:
    for install in (lambda: None, install_by_apt, install_by_playwright):
        install()
        if system_browser() or playwright_browser():
            return 0
    print(
        "The tests need a browser and none could be had: run `sudo apt install chromium`, then this command again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
