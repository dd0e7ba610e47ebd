from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"
    verbose_name = "Dossiers"

    def ready(self) -> None:
        from applications.files import files_of
        from documents import visibility

        visibility.register(files_of)
