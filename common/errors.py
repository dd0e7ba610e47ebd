"""Refusals. A DomainError carries a sentence for the user; views and middleware show it calmly."""


class DomainError(Exception):
    """The rules of the fund refuse this act; the message is in French, for the person who tried."""

    status = 409


class NotAllowed(DomainError):
    """The actor may not do this (policies); nothing was changed."""

    status = 403


class Stale(DomainError):
    """Somebody else changed the object since the user saw it; nothing was changed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "Quelqu’un a modifié ce dossier entre-temps. Rechargez la page pour voir où il en est, puis recommencez si besoin."
        )
