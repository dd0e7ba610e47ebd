"""Paths of the files: the commune's side here, the desk's side in the second block."""

from django.urls import URLPattern, URLResolver, path, register_converter

from applications.report_parts import TEXT_SLUGS
from applications.sections import SECTIONS
from applications.views import (
    answering,
    appeals,
    assistance,
    changing,
    commune,
    desk_messages,
    documents,
    drafting,
    history,
    letters,
    messages,
    questions,
    renewal,
    report,
    report_files,
    report_sending,
    sending,
    typos,
)


class SectionSlug:
    """Only the sections there are: what is beside them under the same address belongs to other apps."""

    regex = "|".join(section.slug for section in SECTIONS if section.slug not in ("budget", "pieces"))

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ReportPartSlug(SectionSlug):
    """The nine texts of a report."""

    regex = "|".join(TEXT_SLUGS)


register_converter(SectionSlug, "section")
register_converter(ReportPartSlug, "reportpart")

urlpatterns: list[URLPattern | URLResolver] = [
    # The commune
    path("mes-dossiers/", commune.my_applications, name="my_applications"),
    path("mes-dossiers/nouveau/<slug:slug>/", commune.application_create, name="application_create"),
    path("dossiers/<uuid:public_id>/", commune.application_home, name="application_home"),
    path("dossiers/<uuid:public_id>/imprimer/", commune.application_print, name="application_print"),
    path("dossiers/<uuid:public_id>/verifier/", sending.application_review, name="application_review"),
    path("dossiers/<uuid:public_id>/faire-signer/", sending.signature_ask, name="application_ask_signature"),
    path("dossiers/<uuid:public_id>/renvoyer/", sending.signature_return, name="application_return"),
    path("dossiers/<uuid:public_id>/envoyer/", sending.application_submit, name="application_submit"),
    path("dossiers/<uuid:public_id>/envoye/", sending.application_sent, name="application_sent"),
    path("dossiers/<uuid:public_id>/retirer/", sending.application_withdraw, name="application_withdraw"),
    path("dossiers/<uuid:public_id>/repondre/", answering.pieces_answer, name="application_answer_pieces"),
    path("dossiers/<uuid:public_id>/aide/", assistance.application_help, name="application_help"),
    path("dossiers/<uuid:public_id>/aide/finir/", assistance.application_help_end, name="application_help_end"),
    path("dossiers/<uuid:public_id>/repartir/", renewal.application_again, name="application_again"),
    path("dossiers/<uuid:public_id>/relu/<slug:section>/", renewal.section_read, name="application_section_read"),
    path("dossiers/<uuid:public_id>/echanges/", messages.application_messages, name="application_messages"),
    path(
        "dossiers/<uuid:public_id>/echanges/lu/", messages.application_messages_read, name="application_messages_read"
    ),
    path("dossiers/<uuid:public_id>/corrections/", typos.application_typos, name="application_typos"),
    path("dossiers/<uuid:public_id>/courriers/", letters.application_letters, name="application_letters"),
    path("dossiers/<uuid:public_id>/recours/", appeals.application_appeal, name="application_appeal"),
    path("dossiers/<uuid:public_id>/modification/", changing.application_change, name="application_change"),
    path("dossiers/<uuid:public_id>/pieces/", documents.documents, name="application_documents"),
    path(
        "dossiers/<uuid:public_id>/pieces/<int:pk>/retirer/",
        documents.document_remove,
        name="application_document_remove",
    ),
    path(
        "dossiers/<uuid:public_id>/pieces/<int:pk>/reprendre/",
        documents.document_reuse,
        name="application_document_reuse",
    ),
    path(
        "dossiers/<uuid:public_id>/pieces/etat/<slug:code>/",
        documents.document_state,
        name="application_document_state",
    ),
    path("dossiers/<uuid:public_id>/budget/", drafting.budget, name="application_budget"),
    path("dossiers/<uuid:public_id>/budget/calcul/", drafting.budget_figures, name="application_budget_figures"),
    path("dossiers/<uuid:public_id>/historique/", history.application_history, name="application_history"),
    path("dossiers/<uuid:public_id>/historique/<int:pk>/", history.version_restore, name="application_version"),
    path("dossiers/<uuid:public_id>/presence/", history.application_presence, name="application_presence"),
    path("dossiers/<uuid:public_id>/<slug:slug>/oublier/", history.kept_forget, name="application_kept_forget"),
    path(
        "dossiers/<uuid:public_id>/nouvelles-questions/",
        questions.questions_change,
        name="application_change_questions",
    ),
    path("dossiers/<uuid:public_id>/<section:section>/", drafting.section, name="application_section"),
    # The report of a granted file
    path("dossiers/<uuid:public_id>/bilan/", report.report_home, name="report_home"),
    path("dossiers/<uuid:public_id>/bilan/indicateurs/", report.report_measures, name="report_measures"),
    path("dossiers/<uuid:public_id>/bilan/budget/", report.report_budget, name="report_budget"),
    path("dossiers/<uuid:public_id>/bilan/justificatifs/", report_files.report_proofs, name="report_proofs"),
    path(
        "dossiers/<uuid:public_id>/bilan/justificatifs/<int:pk>/retirer/",
        report_files.report_proof_remove,
        name="report_proof_remove",
    ),
    path("dossiers/<uuid:public_id>/bilan/photos/", report_files.report_photos, name="report_photos"),
    path("dossiers/<uuid:public_id>/bilan/photos/<int:pk>/", report_files.report_photo, name="report_photo"),
    path(
        "dossiers/<uuid:public_id>/bilan/photos/<int:pk>/retirer/",
        report_files.report_photo_remove,
        name="report_photo_remove",
    ),
    path("dossiers/<uuid:public_id>/bilan/publication/", report.report_publication, name="report_publication"),
    path("dossiers/<uuid:public_id>/bilan/verifier/", report_sending.report_review, name="report_review"),
    path(
        "dossiers/<uuid:public_id>/bilan/faire-signer/",
        report_sending.report_ask_signature,
        name="report_ask_signature",
    ),
    path("dossiers/<uuid:public_id>/bilan/renvoyer/", report_sending.report_return, name="report_return"),
    path("dossiers/<uuid:public_id>/bilan/envoyer/", report_sending.report_submit, name="report_submit"),
    path("dossiers/<uuid:public_id>/bilan/imprimer/", report_sending.report_print, name="report_print"),
    path("dossiers/<uuid:public_id>/bilan/<reportpart:part>/", report.report_text, name="report_text"),
    # The desk
    path("instruction/saisie/", assistance.desk_help, name="desk_help"),
    path("instruction/saisie/nouvelle/", assistance.desk_help_open, name="desk_help_open"),
    path("instruction/saisie/<int:pk>/prendre/", assistance.desk_help_take, name="desk_help_take"),
    path("instruction/questions/", desk_messages.desk_questions, name="desk_questions"),
    path("instruction/<uuid:public_id>/echanges/", desk_messages.desk_messages, name="desk_messages"),
    path("instruction/<uuid:public_id>/echanges/vu/", desk_messages.desk_messages_done, name="desk_messages_done"),
    path(
        "instruction/<uuid:public_id>/echanges/<int:pk>/brouillon/",
        desk_messages.desk_shared_draft,
        name="desk_shared_draft",
    ),
]
