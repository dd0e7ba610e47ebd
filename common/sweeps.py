"""What a lost task left undone is done again by the clock."""

from collections.abc import Callable, Iterable

import structlog

log = structlog.get_logger(__name__)


def make_each(pks: Iterable[int], make: Callable[[int], object], failure: str, subject: str) -> None:
    """Make each; one that cannot be made must not hold back the others. `failure` and `subject` name it in the log."""
    for pk in pks:
        try:
            make(pk)
        except Exception:
            log.exception(failure, **{subject: pk})
