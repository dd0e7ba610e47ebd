"""Paths of the files: the commune's side here, the desk's side in the second block."""

from django.urls import URLPattern, URLResolver, path, register_converter

from applications.sections import SECTIONS
from applications.views import (
    assistance,
    commune,
    desk_messages,
    documents,
    drafting,
    history,
    messages,
    renewal,
    sending,
)


class SectionSlug:
    """Only the sections there are: what is beside them under the same address belongs to other apps."""

    regex = "|".join(section.slug for section in SECTIONS if section.slug not in ("budget", "pieces"))

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SectionSlug, "section")

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
    path("dossiers/<uuid:public_id>/repondre/", sending.pieces_answer, name="application_answer_pieces"),
    path("dossiers/<uuid:public_id>/aide/", assistance.application_help, name="application_help"),
    path("dossiers/<uuid:public_id>/aide/finir/", assistance.application_help_end, name="application_help_end"),
    path("dossiers/<uuid:public_id>/repartir/", renewal.application_again, name="application_again"),
    path("dossiers/<uuid:public_id>/relu/<slug:section>/", renewal.section_read, name="application_section_read"),
    path("dossiers/<uuid:public_id>/echanges/", messages.application_messages, name="application_messages"),
    path(
        "dossiers/<uuid:public_id>/echanges/lu/", messages.application_messages_read, name="application_messages_read"
    ),
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
    path("dossiers/<uuid:public_id>/pieces/<int:pk>/dater/", documents.document_date, name="application_document_date"),
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
    path("dossiers/<uuid:public_id>/<section:section>/", drafting.section, name="application_section"),
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
