from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Instruction et évaluation"

    def ready(self) -> None:
        from applications import around, visibility
        from common import hidden
        from documents import visibility as documents
        from reviews import committee, committee_papers, outside, outside_door, policies
        from reviews import hidden as interests
        from reviews.bulk import committee as committee_verbs  # noqa: F401 - they register their verbs
        from reviews.bulk import deciding, instructing, labelling, sheet  # noqa: F401 - they register their verbs

        visibility.register(widen=policies.assigned_to, narrow=policies.without_declared_interest)
        visibility.register(widen=committee.invited_to)
        hidden.register(interests.of_declared_interests, interests.below)
        documents.register(outside.outside_files)
        documents.register(committee_papers.minutes_seen)
        around.FOR_THE_DESK += (outside_door.outside_opinions,)
