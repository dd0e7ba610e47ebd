from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Instruction et évaluation"

    def ready(self) -> None:
        from applications import visibility
        from reviews import policies

        visibility.register(widen=policies.assigned_to, narrow=policies.without_declared_interest)
