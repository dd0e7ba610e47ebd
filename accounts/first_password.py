"""The link by which somebody who was just let in chooses a first password. Named in the settings, imported by allauth."""

from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.http import base36_to_int


class FirstPasswordTokens(EmailAwarePasswordResetTokenGenerator):
    """As any link of a forgotten password (one hour), but 72 hours for an account that never had one."""

    def check_token(self, user: Any, token: str | None) -> bool:
        if super().check_token(user, token):
            return True
        if user is None or not token or user.has_usable_password():
            return False
        try:
            made_at = base36_to_int(token.split("-", 1)[0])
        except ValueError:
            return False
        age = self._num_seconds(self._now()) - made_at
        same = constant_time_compare(self._make_token_with_timestamp(user, made_at, self.secret), token)
        return same and age <= settings.INVITATION_HOURS * 3600
