"""Paths are in French, route names in English. Every pattern is declared in tests/test_access.py."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from common.views import csp_report

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("fund.urls")),
    path("", include("accounts.urls")),
    path("", include("documents.urls")),
    # Before applications: its last pattern takes any section of a file.
    path("", include("payments.urls")),
    path("", include("applications.urls")),
    path("", include("reviews.urls")),
    path("", include("reports.urls")),
    path("", include("notifications.urls")),
    path("journal/", include("journal.urls")),
    path("compte/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("rapport-csp/", csp_report, name="csp_report"),
]
if "demo" in settings.INSTALLED_APPS:
    urlpatterns.append(path("demo/", include("demo.urls")))

handler404 = "django.views.defaults.page_not_found"
