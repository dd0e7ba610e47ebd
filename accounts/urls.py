from django.urls import URLPattern, URLResolver, path

from accounts.views import administration, communes, team

urlpatterns: list[URLPattern | URLResolver] = [
    path("equipe/", team.team, name="team"),
    path("equipe/<slug:siren>/inviter/", team.team_invite, name="team_invite"),
    path("equipe/roles/<int:pk>/retirer/", team.membership_end, name="membership_end"),
    path("invitations/<int:pk>/renvoyer/", team.invitation_resend, name="invitation_resend"),
    path("invitations/<int:pk>/annuler/", team.invitation_revoke, name="invitation_revoke"),
    path("invitation/<str:token>/", team.invitation_accept, name="invitation_accept"),
    path("profil/", team.profile, name="profile"),
    path("comptes/", administration.account_list, name="account_list"),
    path("comptes/inviter/", administration.staff_invite, name="staff_invite"),
    path("comptes/<int:pk>/", administration.account_detail, name="account_detail"),
    path("comptes/<int:pk>/role/", administration.account_grant, name="account_grant"),
    path("comptes/<int:pk>/sessions/", administration.account_end_sessions, name="account_end_sessions"),
    path("comptes/<int:pk>/<slug:act>/", administration.account_close, name="account_close"),
    path("communes/", communes.commune_list, name="commune_list"),
    path("communes/import/", communes.commune_import, name="commune_import"),
    path("communes/<slug:siren>/", communes.commune_detail, name="commune_detail"),
    path("communes/<slug:siren>/plan/", communes.commune_plan, name="commune_plan"),
    path("communes/<slug:siren>/coordonnees/", communes.commune_contacts, name="commune_contacts"),
]
