from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"
    verbose_name = "Dossiers"

    def ready(self) -> None:
        from applications.files import files_of
        from applications.own_notes import tell_own
        from documents import visibility
        from fund.estimate import tell

        visibility.register(files_of)
        tell(tell_own)
