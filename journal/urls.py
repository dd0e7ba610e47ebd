from django.urls import URLPattern, URLResolver, path

from journal import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.journal, name="journal"),
    path("acces/", views.access_log, name="journal_access"),
    path("<int:pk>/", views.entry_detail, name="journal_entry"),
]
