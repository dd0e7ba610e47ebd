"""The code of an authenticator application: a clock half a minute off is forgiven, a code serves once."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache


class ServesOnce:
    """A code is taken during three periods (RFC 6238 § 5.2 and § 6), so it is remembered as long.

    The library remembers it for one period only: a code read over a shoulder would serve again half a minute later.
    """

    user: Any
    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
            if not cache.add(f"totp_used:{self.user.pk}:{code.strip()}", "y", timeout=seconds):
                raise get_adapter().validation_error("incorrect_code")
        return code


class Authenticate(ServesOnce, AuthenticateForm):
    """At sign-in."""


class Reauthenticate(ServesOnce, ReauthenticateForm):
    """Before a grave act."""
