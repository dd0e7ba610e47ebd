"""Messages of the outbox."""

from itertools import count
from typing import Any

from notifications.models import Message
from notifications.services import queue

_number = count(1)


def a_message(**fields: Any) -> Message:
    number = next(_number)
    return queue(
        **{
            "kind": "essai",
            "key": f"essai-{number}",
            "recipient_email": f"destinataire{number}@exemple.test",
            "recipient_label": "Claire Moustier",
            "subject": f"Essai n° {number}",
            "text": "Bonjour,\n\nCeci est un essai.",
            "html": "<p>Bonjour,</p><p>Ceci est un essai.</p>",
            **fields,
        }
    )
