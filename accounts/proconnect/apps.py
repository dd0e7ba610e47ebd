from django.apps import AppConfig


class ProConnectConfig(AppConfig):
    name = "accounts.proconnect"
    label = "proconnect"
    verbose_name = "ProConnect"
