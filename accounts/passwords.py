"""Length by role: 16 characters for the fund's staff, 12 for communes; no composition rule (docs/decisions)."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError


class RoleLengthValidator:
    def _least(self, user: Any) -> int:
        if user is None:
            return settings.PASSWORD_LENGTH
        # `joins_staff` is set by the invitation's form, on somebody who has no account yet.
        staff = user.is_fund_staff if getattr(user, "pk", None) else getattr(user, "joins_staff", False)
        return settings.PASSWORD_LENGTH_STAFF if staff else settings.PASSWORD_LENGTH

    def validate(self, password: str, user: Any = None) -> None:
        least = self._least(user)
        if len(password) < least:
            raise ValidationError(
                f"Il faut au moins {least} caractères. Une phrase que vous retenez convient très bien."
            )

    def get_help_text(self) -> str:
        return (
            f"Au moins {settings.PASSWORD_LENGTH} caractères ({settings.PASSWORD_LENGTH_STAFF} pour les agents de la "
            "métropole). Une phrase que vous retenez convient très bien."
        )
