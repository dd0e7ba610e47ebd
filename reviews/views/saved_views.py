"""The views of the queue that this person keeps, and those that colleagues share."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import DomainError
from reviews.models import SavedView
from reviews.services.saved_views import change_view, kept, save_view
from reviews.views.access import desk_page

DONE = {
    "partager": "La vue « {} » est partagée avec l’équipe.",
    "reprendre": "La vue « {} » n’est plus partagée.",
    "ouvrir": "La file s’ouvrira sur « {} ».",
    "oublier": "La file s’ouvrira comme avant.",
    "retirer": "La vue « {} » est retirée. Aucun dossier n’est touché.",
}


class ViewForm(forms.Form):
    use_required_attribute = False
    query = forms.CharField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label="Nom de la vue", max_length=60, help_text="Un nom déjà pris par une de vos vues la remplace."
    )
    shared = forms.BooleanField(label="La partager avec l’équipe", required=False)


@require_http_methods(["GET", "POST"])
@desk_page
def view_list(request: HttpRequest) -> HttpResponse:
    """`?de=` is the address of the queue to keep."""
    query = kept(request.POST.get("query", "") or request.GET.get("de", ""))
    form = ViewForm(request.POST if request.method == "POST" else None, initial={"query": query})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            view = save_view(data["name"], query, shared=data["shared"], by=request.user)
        except DomainError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"La vue « {view.name} » est enregistrée.")
            return redirect(f"{reverse('desk_queue')}?{view.query}")
    found = SavedView.objects.visible_to(request.user).select_related("owner")
    mine = [one for one in found if one.owner_id == request.user.pk]
    context = {
        "form": form,
        "query": query,
        "mine": mine,
        "shared": [one for one in found if one.owner_id != request.user.pk],
    }
    return render(request, "reviews/saved_views.html", context, status=422 if form.errors else 200)


@require_POST
@desk_page
def view_change(request: HttpRequest, pk: int) -> HttpResponse:
    act = request.POST.get("geste", "")
    view = change_view(pk, act=act, by=request.user)
    messages.success(request, DONE[act].format(view.name))
    return redirect("view_list")
