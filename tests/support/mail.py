"""A real SMTP server that keeps what it receives."""

import logging
import threading
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller

from common.supervisor.service import free_port


class SmtpSink:
    """`messages` in order of arrival; `refusals_left` makes it answer 451 that many times first."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refusals_left = 0
        self._arrived = threading.Condition()
        self.port = free_port()
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> "SmtpSink":
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self._arrived:
            if self.refusals_left:
                self.refusals_left -= 1
                return "451 4.3.0 Not now"
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
            self._arrived.notify_all()
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if address in str(message["To"])]

    def wait_for(self, wanted: Callable[[EmailMessage], bool], seconds: float = 30) -> EmailMessage:
        """The first message that pleases, as soon as it is there."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                for message in self.messages:
                    if wanted(message):
                        return message
                if not self._arrived.wait(max(0.0, deadline - time.monotonic())):
                    subjects = [str(message["Subject"]) for message in self.messages]
                    raise AssertionError(f"no such message within {seconds} s; received: {subjects}")
