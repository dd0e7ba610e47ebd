"""`make bench`: production-like servers, real sessions, each work beside its floor. FULL=1 adds 100 000 applications."""

import io
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.visitor import Answer, Visitor
from common.supervisor.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PASSWORD = "bienvenue-au-fonds"
SIZES: tuple[int, ...] = (1_000, 10_000, 100_000) if os.environ.get("FULL") else (1_000, 10_000)
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "").split(",") if size) or SIZES  # SIZES=100,200 to try
ROUNDS, WARM_UP = 40, 6
MIB = 1024 * 1024
INSTRUCTOR, SIGNATORY = "instructrice@metropole.demo", "signataire@istres.demo"
MANAGER = "gestionnaire@metropole.demo"


@dataclass
class Result:
    """One work at one size. `value` and `floor` are medians in ms (rows/s for the export); growth from the smallest size."""

    name: str
    size: int
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    queries: int
    bytes: int
    growth: float | None
    bar: str
    holds: bool


@dataclass
class Work:
    """A page, the floor that fetches as many rows, and its bars."""

    name: str
    who: str
    path: Callable[[dict[str, str]], str]
    floor_rows: int
    max_ratio: float
    max_queries: int | None = None
    max_growth: float | None = None

    @property
    def bar(self) -> str:
        parts = [f"≤ {self.max_ratio:g} × floor"]
        parts += [f"≤ {self.max_queries} queries"] if self.max_queries else []
        parts += [f"growth ≤ {self.max_growth:g}"] if self.max_growth else []
        return ", ".join(parts)


def of_the_committee(files: int) -> tuple[Work, ...]:
    """A scenario and a session over this many files: the pages show them all, the screen and the pen one at a time."""
    return (
        Work(
            f"scenario grid, {files} files",
            MANAGER,
            lambda ids: f"/scenarios/{ids[f'scenario_{files}']}/",
            files,
            8,
            20,
        ),
        Work(
            f"committee, agenda of {files} files",
            MANAGER,
            lambda ids: f"/comites/{ids[f'session_{files}']}/",
            files,
            8,
            20,
        ),
        Work(
            f"committee, screen of the room among {files} files",
            MANAGER,
            lambda ids: f"/comites/{ids[f'session_{files}']}/ecran/?dossier={ids[f'item_{files}']}",
            files,
            5,
            22,
        ),
        Work(
            f"committee, pen among {files} files",
            MANAGER,
            lambda ids: f"/comites/{ids[f'session_{files}']}/plume/{ids[f'item_{files}']}/",
            files,
            5,
            22,
        ),
    )


WORKS = (
    Work("queue, first page of 50 rows", INSTRUCTOR, lambda _: "/instruction/", 50, 4, 15, 1.3),
    Work(
        "queue, searched and filtered",
        INSTRUCTOR,
        lambda _: "/instruction/?q=mesure&etat=in_instruction",
        50,
        4,
        15,
        1.3,
    ),
    Work(
        "one file, 40 entries and 10 documents",
        INSTRUCTOR,
        lambda ids: f"/instruction/{ids['file']}/",
        51,
        4,
        25,
    ),
    Work("a form section", "redacteur@istres.demo", lambda ids: f"/dossiers/{ids['draft']}/enjeu/", 1, 3),
    Work("dashboard", MANAGER, lambda _: "/tableau-de-bord/", 50, 4, 20),
    Work("queue, a page in the middle of the list", INSTRUCTOR, lambda ids: ids["deep"], 50, 4, 15, 1.3),
    Work(
        "queue, a search that finds nothing: its counters",
        INSTRUCTOR,
        lambda _: "/instruction/?q=introuvable",
        1,
        5,
        15,
    ),
    *(work for files in (30, 500) for work in of_the_committee(files)),
)


def main() -> int:
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="fonds-bench-") as folder:
        stack = Stack(Path(folder), {k: v for k, v in os.environ.items() if not k.startswith("DATABASE")})
        stack.start()
        try:
            prepare(stack)
            grown = 0
            for size in SIZES:
                manage(stack, "seed_demo", "--scale", str(size - grown))
                grown = size
                analyze(stack)
                results += measure_at(stack, size, results)
            results += batch_files(stack)
            results.append(seal(stack, SIZES[-1] // 10))
        finally:
            stack.stop()
    RESULTS.write_text(
        json.dumps([asdict(one) for one in results], ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    show(results)
    return 0 if all(one.holds for one in results) else 1


def prepare(stack: Stack) -> None:
    manage(stack, "migrate", "--no-input", "-v0")
    manage(stack, "seed_demo", "--seed", "1")
    manage(stack, "collectstatic", "--no-input", "-v0")


def manage(stack: Stack, *arguments: str) -> None:
    run(stack, [sys.executable, "manage.py", *arguments])


def run(stack: Stack, command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=stack.owner_environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def analyze(stack: Stack) -> None:
    """What autovacuum does within minutes of real life."""
    import psycopg

    with psycopg.connect(stack.owner_url or "", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def measure_at(stack: Stack, size: int, before: list[Result]) -> list[Result]:
    made = run(stack, [sys.executable, "-m", "benchmarks.prepare", str(size)])
    ids = json.loads(made.strip().splitlines()[-1])
    with web(stack) as (port, pid):
        people = {work.who for work in WORKS} | {SIGNATORY, INSTRUCTOR}
        visitors = {email: Visitor(port, email, PASSWORD) for email in sorted(people)}
        found = [measure(work, visitors[work.who], ids, size, before) for work in WORKS]
        found.append(submit(visitors[SIGNATORY], ids["draft"], size))
        found.append(export(visitors[INSTRUCTOR], size, pid))
        found.append(workbook(visitors[INSTRUCTOR], size, pid))
    return found


def measure(work: Work, visitor: Visitor, ids: dict[str, str], size: int, before: list[Result]) -> Result:
    """The page and its floor in turn, so that a busy machine slows both."""
    page, floor = [], []
    for round_number in range(WARM_UP + ROUNDS):
        answers = visitor.get(work.path(ids)), visitor.get(f"/plancher/{work.floor_rows}/")
        if any(answer.status != 200 for answer in answers):
            raise SystemExit(f"{work.name}: answered {[answer.status for answer in answers]}")
        if round_number >= WARM_UP:
            page.append(answers[0])
            floor.append(answers[1])
    value, least = milliseconds(page), milliseconds(floor)
    smallest = next((one.value for one in before if one.name == work.name), None)
    growth = round(value / smallest, 2) if smallest else None
    ratio, queries = round(value / least, 2), max(answer.queries for answer in page)
    holds = (
        ratio <= work.max_ratio
        and (work.max_queries is None or queries <= work.max_queries)
        and (work.max_growth is None or growth is None or growth <= work.max_growth)
    )
    return Result(work.name, size, value, "ms", least, ratio, queries, page[-1].size, growth, work.bar, holds)


def milliseconds(answers: list[Answer]) -> float:
    return round(statistics.median(answer.seconds for answer in answers) * 1000, 2)


def submit(visitor: Visitor, draft: str, size: int) -> Result:
    """A complete file is sent, once: it has one life."""
    answer = visitor.post(f"/dossiers/{draft}/envoyer/", {})
    sent = answer.status == 302
    return Result(
        "submission of a complete file",
        size,
        round(answer.seconds * 1000, 2),
        "ms",
        None,
        None,
        answer.queries,
        answer.size,
        None,
        "≤ 35 queries",
        sent and answer.queries <= 35,
    )


def export(visitor: Visitor, size: int, pid: int) -> Result:
    """The whole list as CSV, and the memory it costs the server."""
    visitor.get("/instruction/export.csv")
    resting = memory(pid)
    answer = visitor.get("/instruction/export.csv")
    rows = answer.body.count(b"\n") - 1
    speed = round(rows / answer.seconds)
    more = (memory(pid) - resting) / MIB
    enough = rows >= size * 0.85  # drafts are not in the desk's list
    return Result(
        f"CSV export of the list (memory + {more:.0f} MiB)",
        size,
        speed,
        "rows/s",
        None,
        None,
        answer.queries,
        answer.size,
        None,
        "≥ 5000 rows/s, flat memory",
        enough and speed >= 5000 and more <= 30,
    )


def workbook(visitor: Visitor, size: int, pid: int) -> Result:
    """The whole list as XLSX: its rows are counted in the sheet, its memory in the server."""
    visitor.get("/instruction/export.xlsx")
    resting = memory(pid)
    answer = visitor.get("/instruction/export.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
        rows = book.read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
    speed = round(rows / answer.seconds)
    more = (memory(pid) - resting) / MIB
    return Result(
        f"XLSX export of the list (memory + {more:.0f} MiB)",
        size,
        speed,
        "rows/s",
        None,
        None,
        answer.queries,
        answer.size,
        None,
        "≥ 1000 rows/s, flat memory",
        rows >= size * 0.85 and speed >= 1000 and more <= 30,
    )


def batch_files(stack: Stack) -> list[Result]:
    """The files of a sealed batch of 10 000 lines, made once for ever: seconds, and the memory at the peak."""
    made = run(stack, [sys.executable, "-m", "benchmarks.batch_files", "10000"])
    return [
        Result(
            f"{one['format'].upper()} of a batch (memory + {one['mib']} MiB)",
            one["lines"],
            one["seconds"] * 1000,
            "ms",
            None,
            None,
            0,
            one["bytes"],
            None,
            "≤ 30 s, ≤ 1 GiB",
            one["seconds"] <= 30 and one["mib"] <= 1024,
        )
        for one in json.loads(made)
    ]


def seal(stack: Stack, lines: int) -> Result:
    """As many lines as the largest size has awards, added to a batch then sealed by the application role."""
    run(stack, [sys.executable, "-m", "benchmarks.sealing", "prepare", str(lines)])
    command = [sys.executable, "-m", "benchmarks.sealing", "seal"]
    done = subprocess.run(
        command, cwd=ROOT, env=stack.application_environment(), check=True, capture_output=True, text=True
    )
    one = json.loads(done.stdout.strip().splitlines()[-1])
    seconds = one["added"] + one["sealed"]
    return Result(
        f"seal of a batch, line by line through the ledger (memory + {one['mib']} MiB)",
        one["lines"],
        round(seconds * 1000 / one["lines"], 2),
        "ms/line",
        None,
        None,
        0,
        one["bytes"],
        None,
        "≤ 30 ms a line, ≤ 1 GiB",
        one["lines"] == lines and seconds * 1000 <= 30 * lines and one["mib"] <= 1024,
    )


def memory(pid: int) -> int:
    """Resident bytes of the web server and its workers."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            waiting += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except FileNotFoundError:
            continue
    return total


@contextmanager
def web(stack: Stack) -> Iterator[tuple[int, int]]:
    """granian as in production: one worker, eight threads, the application role, no debug."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = stack.application_environment() | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "8", "--no-ws", "config.wsgi:application"]
    with (stack.logs / "web.log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait(port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The web server did not answer.")


def show(results: list[Result]) -> None:
    columns: list[tuple[str, Callable[[Result], Any]]] = [
        ("work", lambda one: one.name),
        ("size", lambda one: one.size),
        ("value", lambda one: f"{one.value:g} {one.unit}"),
        ("floor", lambda one: one.floor or ""),
        ("ratio", lambda one: one.ratio or ""),
        ("queries", lambda one: one.queries),
        ("bytes", lambda one: one.bytes),
        ("growth", lambda one: one.growth or ""),
        ("bar", lambda one: one.bar),
        ("holds", lambda one: "yes" if one.holds else "NO"),
    ]
    rows = [[title for title, _ in columns]] + [[str(read(one)) for _, read in columns] for one in results]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
