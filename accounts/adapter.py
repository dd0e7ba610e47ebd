"""How allauth fits us: nobody signs up alone, and its mails go through the outbox like all others."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.proconnect.leaving import keep_for_leaving
from accounts.proconnect.protocol import ID_TOKEN
from notifications.services import queue


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """An account is made by an invitation, never from nothing."""
        return False

    def logout(self, request: HttpRequest) -> None:
        """Where ProConnect let the person in, what its own sign-out asks for goes to the session that follows."""
        id_token = request.session.get(ID_TOKEN)
        super().logout(request)
        if id_token:
            keep_for_leaving(request, id_token)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("proconnect_leave") if ID_TOKEN in request.session else super().get_logout_redirect_url(request)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """By the address of the account itself: an account may have no row among allauth's addresses."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Attempts are counted per account and address: whoever hammers an account does not lock its holder out."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{self.get_client_ip(request)}"

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
