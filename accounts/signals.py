"""Signing in and out, passwords and second factors: each stands in the journal, on the person's access chain of the day.

A failed attempt writes the same line whether the address is known or not: the answer takes the same time.
"""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from common.actors import MACHINE
from journal.models import Kind
from journal.services import record_access

BEGAN = "session_began_at"
SEEN = "session_seen_at"


@receiver(user_logged_in)
def on_sign_in(sender: Any, request: Any, user: User, **kwargs: Any) -> None:
    now = int(timezone.now().timestamp())
    request.session[BEGAN] = request.session[SEEN] = now
    record_access("sign_in", by=user, kind=Kind.RIGHT)


@receiver(user_logged_out)
def on_sign_out(sender: Any, request: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None and user.pk:
        record_access("sign_out", by=user, kind=Kind.RIGHT)


@receiver(user_login_failed)
def on_failure(sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    address = str(credentials.get("email") or credentials.get("username") or "").strip()[:254]
    user = User.objects.filter(email__iexact=address).first()
    record_access("sign_in_failed", by=MACHINE, kind=Kind.RIGHT, about=user.pk if user else 0)


@receiver(mfa_signals.authentication_failed)
def on_second_factor_failure(sender: Any, user: User, **kwargs: Any) -> None:
    record_access("second_factor_failed", by=MACHINE, kind=Kind.RIGHT, about=user.pk)


def _record(verb: str) -> Any:
    def write(sender: Any, user: User, **kwargs: Any) -> None:
        authenticator = kwargs.get("authenticator")
        data = {"type": str(authenticator.type)} if authenticator is not None else {}
        record_access(verb, by=user, kind=Kind.RIGHT, data=data)

    return write


# Kept by name: signals hold their receivers weakly.
RECEIVERS = {
    verb: _record(verb)
    for verb in (
        "password_changed", "password_reset", "password_set", "email_changed",
        "second_factor_added", "second_factor_removed", "second_factor_reset",
    )
}  # fmt: skip
account_signals.password_changed.connect(RECEIVERS["password_changed"])
account_signals.password_reset.connect(RECEIVERS["password_reset"])
account_signals.password_set.connect(RECEIVERS["password_set"])
account_signals.email_changed.connect(RECEIVERS["email_changed"])
mfa_signals.authenticator_added.connect(RECEIVERS["second_factor_added"])
mfa_signals.authenticator_removed.connect(RECEIVERS["second_factor_removed"])
mfa_signals.authenticator_reset.connect(RECEIVERS["second_factor_reset"])
