from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("instruction/<uuid:public_id>/", lambda r, public_id: HttpResponse("x"), name="desk_file"),
    path("evaluations/<int:pk>/", lambda r, pk: HttpResponse("x"), name="review_grid"),
]
