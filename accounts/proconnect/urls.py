from django.urls import path

from accounts.proconnect import leaving, views

urlpatterns = [
    path("proconnect/", views.login, name="proconnect_login"),
    path("proconnect/retour/", views.callback, name="proconnect_callback"),
    path("proconnect/sortie/", leaving.leave, name="proconnect_leave"),
    path("proconnect/fin/", leaving.left, name="proconnect_left"),
]
