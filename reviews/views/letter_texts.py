"""The texts of the letters of a call: read by the desk, written by the manager, seen with a real file before they serve."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.states import Role
from applications import letter_previews, services
from applications.letter_data import text_of
from applications.letter_texts import FIELDS, MOST, SORTS, check
from applications.models import Application, LetterText
from applications.states import LetterKind
from common.errors import DomainError, NotAllowed
from fund.models import Call
from reviews.views.access import desk_page

SHOWN = 50  # files offered for the preview, the newest first


class TextForm(forms.Form):
    use_required_attribute = False
    seen = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="Texte",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text="Une ligne vide sépare deux paragraphes ; « # » commence un titre, « - » un élément de liste ; **entre deux "
        "étoiles**, en gras. Les champs entre accolades sont remplis pour chaque dossier.",
        error_messages={"required": "Écrivez le texte, ou revenez au texte standard."},
    )
    why = forms.CharField(
        label="Ce qui change", max_length=200, required=False, help_text="Pour l’historique des versions."
    )
    file = forms.ChoiceField(label="Dossier pour l’aperçu", required=False)

    def __init__(self, data: Any = None, *, files: list[Application], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(str(one.pk), f"{one.number}, {one.organisation.name}") for one in files]
        self.fields["file"].choices = choices or [("", "aucun dossier envoyé pour l’instant")]  # type: ignore[attr-defined]


@require_safe
@desk_page
def letter_text_list(request: HttpRequest) -> HttpResponse:
    calls = list(Call.objects.order_by("-year", "-pk"))
    slug = request.GET.get("appel", "")
    call = next((one for one in calls if one.slug == slug), calls[0] if calls and not slug else None)
    if call is None and slug:
        raise Http404
    newest: dict[str, LetterText] = {}
    for one in LetterText.objects.filter(call=call).select_related("written_by").order_by("number"):
        newest[one.kind] = one
    rows = [{"kind": LetterKind(kind), "version": newest.get(kind)} for kind in SORTS]
    context = {"calls": calls, "call": call, "rows": rows, "manages": _manages(request.user)}
    return render(request, "reviews/letter_texts/list.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def letter_text(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The text in force and its versions. What is written may be seen as a letter (`suite=apercu`) before it is kept."""
    call = get_object_or_404(Call.objects.select_related("fund"), slug=slug)
    if kind not in SORTS:
        raise Http404
    manages = _manages(request.user)
    if request.method == "POST" and not manages and request.POST.get("suite") != "apercu":
        raise NotAllowed("Le gestionnaire du fonds écrit les textes des lettres.")
    files = list(_files(call, request.user)[:SHOWN])
    versions = list(LetterText.objects.filter(call=call, kind=kind).select_related("written_by"))
    last = versions[0] if versions else None
    form = TextForm(request.POST or None, files=files, initial=_shown(request, kind, versions))
    if request.method == "POST":
        answer = _answer(request, call, kind, form, files)
        if answer is not None:
            return answer
    context = {
        "call": call,
        "kind": LetterKind(kind),
        "sort": SORTS[kind],
        "fields": [(f"{{{name}}}", FIELDS[name].label) for name in SORTS[kind].fields],
        "form": form,
        "versions": versions,
        "last": last,
        "standard": last is None or not last.text,
        "manages": manages,
        "files": files,
    }
    return render(request, "reviews/letter_texts/edit.html", context, status=422 if form.errors else 200)


def _shown(request: HttpRequest, kind: str, versions: list[LetterText]) -> dict[str, Any]:
    """The text in force, or the older version that is taken again (`?version=`)."""
    last = versions[0] if versions else None
    wanted = request.GET.get("version", "")
    taken = next((one for one in versions if str(one.number) == wanted), last)
    return {"seen": last.number if last else 0, "text": text_of(taken, kind)}


def _answer(
    request: HttpRequest, call: Call, kind: str, form: TextForm, files: list[Application]
) -> HttpResponse | None:
    """What was asked is done; None when the form has to be read again."""
    what = request.POST.get("suite", "")
    if what == "standard":
        form.fields["text"].required = False
    if not form.is_valid():
        return None
    text = "" if what == "standard" else form.cleaned_data["text"]
    try:
        if what == "apercu":
            return _preview(request, kind, text, form.cleaned_data["file"], files)
        made = services.write_letter_text(
            call.pk, kind=kind, text=text, why=form.cleaned_data["why"], seen=form.cleaned_data["seen"], by=request.user
        )
    except DomainError as refusal:
        form.add_error("text", str(refusal))
        return None
    said = (
        "Le texte standard est de nouveau en service" if not made.text else f"La version {made.number} est en service"
    )
    messages.success(request, f"{said} pour les lettres à venir ; celles déjà signées ne changent pas.")
    return redirect("letter_text", call.slug, kind)


def _preview(request: HttpRequest, kind: str, text: str, chosen: str, files: list[Application]) -> HttpResponse:
    check(kind, text)
    application = next((one for one in files if str(one.pk) == chosen), None)
    if application is None:
        raise DomainError("Il n’y a pas encore de dossier envoyé à cet appel : l’aperçu se fait avec un vrai dossier.")
    return as_pdf(letter_previews.of_file(kind, application, text, by=request.user), f"apercu-{kind}.pdf")


def as_pdf(content: bytes, name: str) -> HttpResponse:
    """Shown in the browser, kept nowhere."""
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _files(call: Call, user: Any) -> Any:
    found = Application.objects.on_desk_of(user).sent().filter(call=call).exclude(number=None)
    return found.select_related("organisation", "call__fund", "instructor").order_by("-pk")


def _manages(user: Any) -> bool:
    return bool(user.has_role(Role.FUND_MANAGER))
