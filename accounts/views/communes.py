"""The directory of communes."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from accounts import policies, services
from accounts.access import person
from accounts.forms import CommuneFilters, ContactsForm, ImportForm, OwnContactsForm, PlanForm
from accounts.models import JoinRequest, Organisation
from accounts.states import JoinState
from accounts.views.answering import with_hints
from accounts.views.lookup import lookup_context
from accounts.views.people import back_to, people_of
from accounts.views.team import open_invitations
from common.search import fold
from journal.services import history

KEPT = "directory_import"


@require_safe
def commune_list(request: HttpRequest) -> HttpResponse:
    """Every commune: their number is bounded (92), so there is one page."""
    _readers_only(request)
    form = CommuneFilters(request.GET)
    communes = Organisation.objects.communes()
    if form.is_valid():
        for word in fold(form.cleaned_data["q"]).split():
            communes = communes.filter(sort_name__contains=word)
        if form.cleaned_data["plan"]:
            communes = communes.filter(plan_status=form.cleaned_data["plan"])
    context = {
        "communes": communes,
        "form": form,
        "can_import": policies.can_manage_directory(request.user),
        "waiting_count": JoinRequest.objects.filter(state=JoinState.WAITING).count(),
    }
    return render(request, "accounts/commune_list.html", context)


@require_safe
def commune_detail(request: HttpRequest, siren: str) -> HttpResponse:
    _readers_only(request)
    commune = get_object_or_404(Organisation, siren=siren)
    user = person(request)
    asked = commune.join_requests.filter(state=JoinState.WAITING).select_related("organisation").order_by("pk")
    answers = policies.can_administer(user, commune.pk)
    context = {
        "commune": commune,
        "people": people_of([commune], user)[commune.pk],
        "waiting": with_hints(list(asked)) if answers else [],
        "invitations": open_invitations().filter(organisation=commune) if answers else [],
        "lookup": lookup_context(commune, user),
        "can_edit_plan": policies.can_edit_plan(user),
        "can_edit_contacts": policies.can_manage_directory(user),
        "can_invite": bool(policies.grantable_roles(user, commune.pk)),
        "past": commune.events.order_by("-pgh_id")[:20],  # type: ignore[attr-defined]
        "entries": history(commune).order_by("-sequence")[:30],
        "files_url": _files_address(commune),
    }
    return render(request, "accounts/commune_detail.html", context)


def _files_address(commune: Organisation) -> str:
    """The queue of the app above, known by its name only."""
    try:
        return f"{reverse('queue')}?commune={commune.pk}"
    except NoReverseMatch:
        return ""


def commune_plan(request: HttpRequest, siren: str) -> HttpResponse:
    if not policies.can_edit_plan(request.user):
        raise Http404
    commune = get_object_or_404(Organisation, siren=siren)
    form = PlanForm(request.POST or None, instance=commune)
    if request.method == "POST" and form.is_valid():
        services.save_plan(commune.pk, by=person(request), **form.cleaned_data)
        messages.success(request, "Le plan local est enregistré. L’état précédent reste dans l’historique.")
        return redirect("commune_detail", siren)
    title = "Le plan local"
    context = {"form": form, "commune": commune, "title": title, "back": reverse("commune_detail", args=[siren])}
    return render(request, "accounts/commune_form.html", context)


def commune_contacts(request: HttpRequest, siren: str) -> HttpResponse:
    """By the fund's managers; the commune's administrator corrects address, telephone and SIRET."""
    commune = get_object_or_404(Organisation, siren=siren)
    if not policies.can_edit_contacts(request.user, commune):
        raise Http404
    kind = ContactsForm if policies.can_manage_directory(request.user) else OwnContactsForm
    form = kind(request.POST or None, instance=commune)
    back = back_to(person(request), commune)
    if request.method == "POST" and form.is_valid():
        services.save_contacts(commune.pk, by=person(request), **form.cleaned_data)
        messages.success(request, "Les coordonnées sont enregistrées.")
        return redirect(back)
    context = {"form": form, "commune": commune, "title": "Les coordonnées", "back": back}
    return render(request, "accounts/commune_form.html", context)


def commune_import(request: HttpRequest) -> HttpResponse:
    """A file is tried first; nothing is written before the second click. The file waits in the session."""
    if not policies.can_manage_directory(request.user):
        raise Http404
    if request.method == "POST" and "appliquer" in request.POST:
        return _apply(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    report = None
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        report = services.import_communes(content, by=person(request))
        request.session.pop(KEPT, None)
        if not report.is_refused:
            request.session[KEPT] = content.decode("utf-8-sig")
    return render(request, "accounts/commune_import.html", {"form": form, "report": report})


def _apply(request: HttpRequest) -> HttpResponse:
    text = request.session.pop(KEPT, None)
    if text is None:
        messages.info(request, "Le fichier n’est plus là : choisissez-le de nouveau.")
        return redirect("commune_import")
    report = services.import_communes(text.encode(), by=person(request), apply=True)
    if report.is_refused:
        return render(request, "accounts/commune_import.html", {"form": ImportForm(), "report": report})
    messages.success(request, f"Communes ajoutées : {len(report.created)}. Communes modifiées : {len(report.changed)}.")
    return redirect("commune_list")


def _readers_only(request: HttpRequest) -> None:
    if not policies.can_read_directory(request.user):
        raise Http404
