"""Run alone (`python -I pdf_check.py < file.pdf`): prints ok, locked, active or unreadable.

In a process of its own, with a limit on memory and time: a PDF made to exhaust its reader ends this process only.
"""

import contextlib
import io
import sys

MEMORY = 1024 * 1024 * 1024
SECONDS = 10
ACTIVE_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition"}
MAX_DEPTH = 40
HARMLESS_ATTACHMENTS = (".xml",)  # invoices carry their figures as XML (Factur-X)


def limit() -> None:
    try:
        import resource
    except ImportError:
        return
    for what, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # macOS has no limit on addresses
            resource.setrlimit(what, (value, value))


def judge(content: bytes) -> str:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if not len(pdf.pages):
                return "unreadable"
            if any(not name.lower().endswith(HARMLESS_ATTACHMENTS) for name in pdf.attachments):
                return "active"
            return "active" if any(is_active(thing) for thing in pdf.objects) else "ok"
    except pikepdf.PasswordError:
        return "locked"


def is_active(thing: object, depth: int = 0) -> bool:
    """An action that runs something, in this object or in what is written inside it (what it points to comes by itself)."""
    import pikepdf

    if depth > MAX_DEPTH:
        return True
    if isinstance(thing, pikepdf.Array):
        return any(is_active(inner, depth + 1) for inner in thing if not inner_is_elsewhere(inner))
    if not isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        return False
    if "/JS" in thing or str(thing.get("/S", "")) in ACTIVE_ACTIONS:
        return True
    return any(is_active(inner, depth + 1) for inner in thing.values() if not inner_is_elsewhere(inner))


def inner_is_elsewhere(inner: object) -> bool:
    return bool(getattr(inner, "is_indirect", True))


if __name__ == "__main__":
    limit()
    try:
        verdict = judge(sys.stdin.buffer.read())
    except Exception:  # whatever the parser says, the file is not readable
        verdict = "unreadable"
    sys.stdout.write(verdict)
