from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"
    verbose_name = "Dossiers"

    def ready(self) -> None:
        from applications import kept as kept_texts
        from applications.files import files_of
        from applications.letters import keep_opening
        from applications.own_notes import tell_own
        from common import kept
        from documents import visibility
        from documents.signals import file_served
        from fund.estimate import tell

        visibility.register(files_of)
        tell(tell_own)
        kept.register(kept_texts.keep)
        file_served.connect(keep_opening, dispatch_uid="applications.keep_opening")
