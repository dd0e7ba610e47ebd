from django.urls import URLPattern, URLResolver, path

from demo import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("courriels/", views.mail_list, name="demo_mail_list"),
    path("courriels/<int:pk>/", views.mail_detail, name="demo_mail_detail"),
    path("courriels/<int:pk>/html/", views.mail_html, name="demo_mail_html"),
    path("courriels/<int:pk>/pieces/<int:index>/", views.mail_attachment, name="demo_mail_attachment"),
    path("composants/", views.components, name="demo_components"),
]
