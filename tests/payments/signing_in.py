"""A client signed in as somebody, who said again a minute ago who they are (or did not)."""

import time

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from accounts.models import User


def signed_in(user: User, *, confirmed: bool = True, seconds_ago: int = 60) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    if confirmed:
        session = client.session
        said = {"method": "password", "at": time.time() - seconds_ago, "reauthenticated": True}
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [said]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client
