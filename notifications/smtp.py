"""Django's SMTP, on a line that can be cut at any moment, even while it is being opened."""

import smtplib
import socket
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

DJANGO = "django.core.mail.backends.smtp.EmailBackend"


class Backend(EmailBackend):
    """A server that drips its answers byte by byte never meets a timeout: `cut()` ends its conversation from outside."""

    _first_channel: socket.socket | None = None

    @property
    def connection_class(self) -> Any:
        backend = self

        class Line(super().connection_class):  # type: ignore[misc]
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                backend._first_channel = super()._get_socket(host, port, timeout)
                return backend._first_channel

        return Line

    def cut(self) -> None:
        for channel in (getattr(self.connection, "sock", None), self._first_channel):
            try:
                if channel is not None:
                    channel.shutdown(socket.SHUT_RDWR)
            except OSError:  # already closed, or replaced by its encrypted self
                pass


def hang_up(backend: Any) -> None:
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        pass
