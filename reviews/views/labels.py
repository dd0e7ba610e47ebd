"""The labels of the fund, and those of one file."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import for_roles
from accounts.states import Role
from applications.models import Application, Label
from applications.services.labels import change_labels, list_label, make_label
from common.errors import DomainError, NotAllowed
from reviews.views.access import desk_page, file_of, file_to_instruct


class NameForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(label="Nouvelle étiquette", max_length=40)


class FileLabelsForm(forms.Form):
    labels = forms.MultipleChoiceField(
        label="Étiquettes de ce dossier", widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, data: Any = None, *, worn: set[int]) -> None:
        super().__init__(data, initial={"labels": [str(pk) for pk in worn]})
        self.worn = worn
        self.offered = Label.objects.filter(Q(retired_at=None) | Q(pk__in=worn))
        field = cast(forms.MultipleChoiceField, self.fields["labels"])
        field.choices = [(str(one.pk), f"{one.name} (retirée)" if one.retired_at else one.name) for one in self.offered]

    def changes(self) -> dict[str, set[int]]:
        ticked = {int(pk) for pk in self.cleaned_data["labels"]}
        return {"put": ticked - self.worn, "take": self.worn - ticked}


@require_http_methods(["GET", "POST"])
@desk_page
def label_list(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    manages = user.has_role(Role.FUND_MANAGER)
    if request.method == "POST" and not manages:
        raise NotAllowed("Le gestionnaire du fonds tient la liste des étiquettes.")
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            label = make_label(form.cleaned_data["name"], by=user)
        except DomainError as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"L’étiquette « {label.name} » peut être mise sur les dossiers.")
            return redirect("label_list")
    seen = Q(on_files__application__in=Application.objects.visible_to(user))
    rows = list(Label.objects.annotate(files=Count("on_files", filter=seen)))
    context = {"rows": rows, "form": form, "manages": manages}
    return render(request, "reviews/labels/list.html", context, status=422 if form.errors else 200)


@require_POST
@for_roles(Role.FUND_MANAGER)
def label_listed(request: HttpRequest, pk: int) -> HttpResponse:
    label = list_label(pk, listed=request.POST.get("liste") == "oui", by=request.user)
    said = "retirée : elle reste où elle est, et ne se met plus" if label.retired_at else "de nouveau proposée"
    messages.success(request, f"L’étiquette « {label.name} » est {said}.")
    return redirect("label_list")


@require_http_methods(["GET", "POST"])
@desk_page
def desk_labels(request: HttpRequest, public_id: UUID) -> HttpResponse:
    read = file_to_instruct if request.method == "POST" else file_of
    application = read(request.user, public_id)
    worn = set(application.file_labels.values_list("label", flat=True))
    form = FileLabelsForm(request.POST if request.method == "POST" else None, worn=worn)
    if request.method == "POST" and form.is_valid():
        try:
            change_labels(application.pk, **form.changes(), by=request.user)
        except DomainError as refusal:
            form.add_error("labels", str(refusal))
        else:
            messages.success(request, "Les étiquettes du dossier sont enregistrées.")
            return redirect("desk_file", public_id)
    context = {"application": application, "form": form, "any": form.offered.exists()}
    return render(request, "reviews/labels/file.html", context, status=422 if form.errors else 200)
