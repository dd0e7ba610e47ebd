from django.urls import URLPattern, URLResolver, path

from fund.views import budget, calls, ledger, public, questions, votes

urlpatterns: list[URLPattern | URLResolver] = [
    path("", public.home, name="home"),
    path("appels/", public.call_list, name="call_list"),
    path("appels/<slug:slug>/", public.call_detail, name="call_detail"),
    path("appels/<slug:slug>/calendrier.ics", public.call_calendar, name="call_calendar"),
    path("accessibilite/", public.accessibility, name="accessibility"),
    path("donnees-personnelles/", public.privacy, name="privacy"),
    path("mentions-legales/", public.legal, name="legal"),
    path("donnees-ouvertes/", public.open_data, name="open_data"),
    path("budget/", budget.budget, name="budget"),
    path("budget/nouveau/", budget.budget_create, name="budget_create"),
    path("budget/pluriannuel/", ledger.budget_years, name="budget_years"),
    path("budget/grand-livre/", ledger.ledger, name="ledger"),
    path("budget/<int:year>/lignes/nouvelle/", budget.line_add, name="budget_line_add"),
    path("budget/<int:year>/virement/", votes.budget_transfer, name="budget_transfer"),
    path("budget/<int:year>/report/", votes.budget_carry_over, name="budget_carry_over"),
    path("budget/<int:year>/credits-de-paiement/", votes.budget_payments, name="budget_payments"),
    path("budget/<int:year>/cloture/", votes.budget_close, name="budget_close"),
    path("budget/<int:year>/", budget.budget, name="budget_year"),
    path("budget/lignes/<int:pk>/montant/", budget.line_amend, name="budget_line_amend"),
    path("budget/lignes/<int:pk>/", budget.line_describe, name="budget_line_describe"),
    path("reglages/", budget.fund_settings, name="fund_settings"),
    path("appels-gestion/", calls.call_manage_list, name="call_manage_list"),
    path("appels-gestion/nouveau/", calls.call_create, name="call_create"),
    path("appels-gestion/<slug:slug>/", calls.call_edit, name="call_edit"),
    path("appels-gestion/<slug:slug>/apercu/", calls.call_preview, name="call_preview"),
    path("appels-gestion/<slug:slug>/etape/<slug:step>/", calls.call_step, name="call_step"),
    path("appels-gestion/<slug:slug>/questions/", questions.call_questions, name="call_questions"),
    path("appels-gestion/<slug:slug>/questions/ajouter/", questions.call_question_add, name="call_question_add"),
    path(
        "appels-gestion/<slug:slug>/questions/apercu/", questions.call_questions_preview, name="call_questions_preview"
    ),
    path(
        "appels-gestion/<slug:slug>/questions/en-service/", questions.call_questions_serve, name="call_questions_serve"
    ),
    path("appels-gestion/<slug:slug>/questions/<int:pk>/", questions.call_question_edit, name="call_question_edit"),
    path(
        "appels-gestion/<slug:slug>/questions/<int:pk>/retirer/",
        questions.call_question_remove,
        name="call_question_remove",
    ),
    path("appels-gestion/<slug:slug>/questions/<slug:act>/", questions.call_questions_act, name="call_questions_act"),
    path("appels-gestion/<slug:slug>/<slug:part>/", calls.call_part, name="call_part"),
]
