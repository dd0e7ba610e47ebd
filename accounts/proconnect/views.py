"""The two pages of the way to ProConnect and back; 404 while it is not configured."""

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse

from accounts.proconnect.protocol import ProConnectOAuth2Adapter


@login_not_required
def login(request: HttpRequest) -> HttpResponse:
    return _answer(OAuth2LoginView, request)


@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    return _answer(OAuth2CallbackView, request)


def _answer(view: type, request: HttpRequest) -> HttpResponse:
    adapter = ProConnectOAuth2Adapter(request)
    try:
        response: HttpResponse = view.adapter_view(adapter)(request)  # type: ignore[attr-defined]
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except OAuth2Error as error:  # it did not even say where to go
        return render_authentication_error(request, adapter.get_provider(), exception=error)
    return response
