"""How allauth fits us: nobody signs up alone, and its mails go through the outbox like all others."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.template.loader import render_to_string

from notifications.services import queue


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """An account is made by an invitation, never from nothing."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth renders with its own templates (templates/account/email/); we queue, the relay sends."""
        context = {"request": self.request, **context} if self.request else context
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", context, self.request).split())
        body = render_to_string(f"{template_prefix}_message.txt", context, self.request)
        user = context.get("user")
        queue(
            kind=template_prefix.rsplit("/", 1)[-1],
            key=None,
            recipient_id=getattr(user, "pk", None),
            recipient_email=email,
            recipient_label=str(user or ""),
            subject=subject,
            text=body,
        )
