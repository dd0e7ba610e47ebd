"""Who reads the journal. The roles are named as text: accounts stands above."""

from typing import Any

READERS = ("auditor", "head_of_service")


def reads_journal(user: Any) -> bool:
    return bool(user.is_authenticated and user.has_role(*READERS))
