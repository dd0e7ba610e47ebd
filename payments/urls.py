from django.urls import URLPattern, URLResolver, path

from payments.views import banks, batches, commune, exporting, instalments, returns, rules

urlpatterns: list[URLPattern | URLResolver] = [
    # The commune
    path("dossiers/<uuid:public_id>/versements/", commune.application_payments, name="application_payments"),
    path("dossiers/<uuid:public_id>/compte-bancaire/", commune.application_bank, name="application_bank"),
    path("versements/<int:pk>/demander/", commune.instalment_request, name="instalment_request"),
    # The desk and the finance
    path("versements/", instalments.instalment_list, name="instalment_list"),
    path("versements/<int:pk>/", instalments.instalment_detail, name="instalment_detail"),
    path("versements/<int:pk>/certifier/", instalments.instalment_certify, name="instalment_certify"),
    path("versements/<int:pk>/viser/", instalments.instalment_endorse, name="instalment_endorse"),
    path("versements/regles/", rules.payment_rules, name="payment_rules"),
    path("versements/<int:pk>/approuver/", instalments.instalment_approve, name="instalment_approve"),
    path(
        "versements/<int:pk>/renvoyer-commune/",
        instalments.instalment_return_to_commune,
        name="instalment_return_to_commune",
    ),
    path(
        "versements/<int:pk>/renvoyer-service/",
        instalments.instalment_return_to_desk,
        name="instalment_return_to_desk",
    ),
    path("coordonnees-bancaires/", banks.bank_list, name="bank_list"),
    path("coordonnees-bancaires/<int:pk>/", banks.bank_detail, name="bank_detail"),
    path("coordonnees-bancaires/<int:pk>/afficher/", banks.bank_reveal, name="bank_reveal"),
    path("coordonnees-bancaires/<int:pk>/verifier/", banks.bank_verify, name="bank_verify"),
    path("coordonnees-bancaires/<int:pk>/refuser/", banks.bank_refuse, name="bank_refuse"),
    path("lots/", batches.batch_list, name="batch_list"),
    path("lots/nouveau/", batches.batch_create, name="batch_create"),
    path("lots/<int:pk>/", batches.batch_detail, name="batch_detail"),
    path("lots/<int:pk>/ajouter/", batches.batch_add, name="batch_add"),
    path("lots/<int:pk>/retirer/<int:line>/", batches.batch_remove, name="batch_remove"),
    path("lots/<int:pk>/sceller/", batches.batch_seal, name="batch_seal"),
    path("lots/<int:pk>/transmettre/", batches.batch_transmit, name="batch_transmit"),
    path("lots/<int:pk>/export/<slug:format>/", batches.batch_export, name="batch_export"),
    path("lots/<int:pk>/annuler/<int:line>/", returns.line_cancel, name="line_cancel"),
    path("annulations/<int:pk>/fichier/", returns.contrary_export, name="contrary_export"),
    path("lots/format/", exporting.export_layout, name="export_layout"),
    path("lots/apres-restauration/", exporting.export_hold, name="export_hold"),
    path("retours/", returns.return_list, name="return_list"),
    path("retours/<int:pk>/", returns.return_detail, name="return_detail"),
    path("retours/<int:pk>/colonnes/", returns.return_map, name="return_map"),
    path("retours/<int:pk>/appliquer/", returns.return_apply, name="return_apply"),
    path("retours/<int:pk>/ecarter/", returns.return_discard, name="return_discard"),
    path("ecarts/<int:pk>/", returns.difference_settle, name="difference_settle"),
    path("rapprochement/", returns.reconciliation, name="reconciliation"),
]
