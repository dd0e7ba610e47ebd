"""Paths of the desk's instruction, of the evaluations and of the decisions."""

from django.urls import URLPattern, URLResolver, path

from reviews.views import acts, changes, decisions, file, grid, queue, report

urlpatterns: list[URLPattern | URLResolver] = [
    path("instruction/", queue.desk_queue, name="desk_queue"),
    path("instruction/export.csv", queue.desk_queue_export, name="desk_queue_export"),
    path("instruction/reponses/<slug:slug>/<slug:kind>/", queue.desk_answers_export, name="desk_answers_export"),
    path("instruction/<uuid:public_id>/", file.desk_file, name="desk_file"),
    path("instruction/<uuid:public_id>/prendre/", acts.desk_take, name="desk_take"),
    path("instruction/<uuid:public_id>/complet/", acts.desk_complete, name="desk_complete"),
    path("instruction/<uuid:public_id>/pieces/", acts.desk_pieces, name="desk_pieces"),
    path("instruction/<uuid:public_id>/delai/", acts.desk_deadline, name="desk_deadline"),
    path("instruction/<uuid:public_id>/irrecevable/", acts.desk_inadmissible, name="desk_inadmissible"),
    path("instruction/<uuid:public_id>/avis/", file.desk_opinion, name="desk_opinion"),
    path(
        "instruction/<uuid:public_id>/avis/consequence/",
        file.desk_opinion_consequence,
        name="desk_opinion_consequence",
    ),
    path("instruction/<uuid:public_id>/evaluation/", acts.desk_review, name="desk_review"),
    path("instruction/<uuid:public_id>/evaluation/clore/", acts.desk_review_finish, name="desk_review_finish"),
    path("instruction/<uuid:public_id>/decision/", decisions.desk_decide, name="desk_decide"),
    path("instruction/<uuid:public_id>/courriers/", changes.desk_letters, name="desk_letters"),
    path("instruction/<uuid:public_id>/modifications/<int:pk>/", changes.desk_change, name="desk_change"),
    path("instruction/<uuid:public_id>/deport/", acts.desk_conflict, name="desk_conflict"),
    path("instruction/<uuid:public_id>/bilan/", report.desk_report, name="desk_report"),
    path("instruction/<uuid:public_id>/bilan/renvoyer/", report.desk_report_return, name="desk_report_return"),
    path("instruction/<uuid:public_id>/bilan/accepter/", report.desk_report_accept, name="desk_report_accept"),
    path("instruction/<uuid:public_id>/bilan/publication/", report.desk_report_moderate, name="desk_report_moderate"),
    path("bilans/", report.report_list, name="report_list"),
    path("decisions/", decisions.decision_list, name="decision_list"),
    path("decisions/<int:pk>/", decisions.decision_sign, name="decision_sign"),
    path("decisions/<int:pk>/retirer/", decisions.decision_withdraw, name="decision_withdraw"),
    path("evaluations/", grid.review_list, name="review_list"),
    path("evaluations/classement/", grid.review_ranking, name="review_ranking"),
    path("evaluations/<int:pk>/", grid.review_grid, name="review_grid"),
    path("evaluations/<int:pk>/deport/", grid.review_conflict, name="review_conflict"),
]
