from django.urls import URLPattern, URLResolver, path

from documents import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("fichiers/<str:key>/", views.file_download, name="file_download"),
]
