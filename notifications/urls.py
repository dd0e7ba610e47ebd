from django.urls import URLPattern, URLResolver, path

from notifications import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("messages/", views.message_list, name="message_list"),
    path("messages/<int:pk>/renvoyer/", views.message_send_again, name="message_send_again"),
]
