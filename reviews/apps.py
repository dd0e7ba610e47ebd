from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Instruction et évaluation"

    def ready(self) -> None:
        from applications import visibility
        from reviews import policies
        from reviews.bulk import deciding, instructing  # noqa: F401 - they register their verbs

        visibility.register(widen=policies.assigned_to, narrow=policies.without_declared_interest)
