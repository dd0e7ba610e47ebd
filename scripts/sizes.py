"""Show the largest files, functions, views and templates beside the sizes we aim at. Informs, never fails."""

import ast
import subprocess
from pathlib import Path

SHOWN = 8
AIMS = {"file": 400, "test file": 800, "template": 150, "function": 40, "view": 30}


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.html"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [Path(name) for name in names if "/migrations/" not in name and Path(name).exists()]


def is_view(path: Path) -> bool:
    return path.name == "views.py" or "views" in path.parts


def functions(path: Path) -> list[tuple[str, int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            kind = "view" if is_view(path) else "function"
            found.append((kind, node.end_lineno - node.lineno + 1, f"{path}:{node.lineno} {node.name}"))
    return found


def main() -> None:
    rows: list[tuple[str, int, str]] = []
    for path in tracked():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if path.suffix == ".html":
            rows.append(("template", lines, str(path)))
            continue
        rows.append(("test file" if path.parts[0] == "tests" else "file", lines, str(path)))
        if path.parts[0] != "tests":
            rows += functions(path)
    print("\n== sizes (largest first, * over the aim)")
    for kind, aim in AIMS.items():
        largest = sorted((row for row in rows if row[0] == kind), key=lambda row: -row[1])[:SHOWN]
        print(f"{kind}, aim {aim} lines: {sum(row[1] > aim for row in rows if row[0] == kind)} over")
        for _, lines, where in largest:
            print(f"  {lines:5d}{'*' if lines > aim else ' '} {where}")


if __name__ == "__main__":
    main()
