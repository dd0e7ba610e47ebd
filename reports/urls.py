from django.urls import URLPattern, URLResolver, path

from reports import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("tableau-de-bord/", views.dashboard, name="dashboard"),
]
