"""Answering a request: the documents and the answers that were asked, kept as a draft until it is sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import person
from applications import eligibility, policies, services
from applications.forms.answering import AnswerForms
from applications.forms.rows import SPARE
from applications.models import Application, AskedItem, Attachment, PieceRequest
from applications.services.exchange import GONE
from applications.states import ApplicationState
from applications.views import home_parts
from applications.views.document_rows import file_row, same_as_seen, scanning, state_of
from applications.views.fetching import own_file
from common.errors import DomainError, NotAllowed
from documents.names import display_name
from documents.uploads import too_heavy

MORE_ROWS = 12


@require_http_methods(["GET", "POST"])
def pieces_answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One form for all: whatever button is pressed, what is typed is kept and the chosen files are joined."""
    application = own_file(request, public_id)
    asked = services.open_request(application)
    if application.number is None:
        raise Http404
    if asked is None or application.state != ApplicationState.AWAITING_COMMUNE:
        if request.method == "GET":
            return redirect("application_home", public_id)
        raise DomainError(GONE)
    if not policies.writes_for_its_commune(request.user, application):
        raise NotAllowed("Votre rôle dans la commune ne permet pas cette action.")
    if request.method == "GET" and "etat" in request.GET:
        return _state(request, application, asked)
    if request.method == "GET":
        return _page(request, application, asked, AnswerForms(application, asked, spare=_spare(request)), {})
    if request.accepts("application/json") and not request.accepts("text/html"):
        return JsonResponse({"sentence": _join_at_once(request, application, asked)})
    forms = AnswerForms(application, asked, data=request.POST)
    answer = _keep(request, application, asked, forms)
    if isinstance(answer, HttpResponse):
        return answer
    return _page(request, own_file(request, public_id), asked, forms, answer)


def _keep(
    request: HttpRequest, application: Application, asked: PieceRequest, forms: AnswerForms
) -> HttpResponse | dict[str, str]:
    """Keep everything, then do what the button says; otherwise, what was refused, by code of document."""
    refused = _join(request, application, asked)
    valid, values = forms.is_valid(), forms.values()
    text = forms.text.cleaned_data.get("text", asked.answer)
    services.save_answer(application.pk, by=person(request), values=values, text=text)
    if "retirer" in request.POST and request.POST["retirer"].isdecimal():
        services.remove_answer_document(application.pk, int(request.POST["retirer"]), by=person(request))
    if refused or not valid:
        return refused
    if "envoyer" not in request.POST:
        return redirect(request.path + _where(request))
    try:
        services.answer_pieces(application.pk, by=person(request), text=text, values=values)
    except DomainError as refusal:
        if refusal.status == 403:
            raise
        forms.text.add_error(None, str(refusal))
        return {}
    messages.success(request, "Votre réponse est envoyée : la métropole reprend l’instruction.")
    return redirect("application_home", application.public_id)


def _where(request: HttpRequest) -> str:
    """Where to come back on the page; one more row in a table when it was asked."""
    added, joined = request.POST.get("ajouter", ""), request.POST.get("joindre", "")
    if added:
        return f"?lignes={min(_spare(request) + 2, MORE_ROWS)}#{added}"
    return f"#{joined}" if joined.replace("-", "").replace("_", "").isalnum() else "?enregistre=1"


def _spare(request: HttpRequest) -> int:
    asked = request.GET.get("lignes", "")
    return min(int(asked), MORE_ROWS) if asked.isdecimal() and len(asked) < 4 else SPARE


def _join(request: HttpRequest, application: Application, asked: PieceRequest) -> dict[str, str]:
    """Join every file that was chosen, each for its own; what was refused, in words, by code."""
    refused = {}
    heavy = too_heavy(request)
    for item in asked.asked:
        if not item.is_document:
            continue
        chosen = request.FILES.getlist(f"fichiers-{item.code}")
        words = _join_one(request, application, item, chosen, request.POST.get(f"remplace-{item.code}", ""))
        if request.POST.get("joindre") == item.code and not chosen:
            words.append(_heavy(heavy[0]) if heavy else "Choisissez d’abord un fichier.")
        if words:
            refused[item.code] = " ".join(words)
    return refused


def _join_at_once(request: HttpRequest, application: Application, asked: PieceRequest) -> str:
    """The files the page sends by itself while one writes (static/js/uploads.js): what was refused, in words."""
    code = request.POST.get("code", "")
    item = next((one for one in asked.asked if one.is_document and one.code == code), None)
    if item is None:
        return "Cette pièce n’est pas demandée. Pour l’envoyer quand même, écrivez à la métropole."
    chosen, heavy = request.FILES.getlist("uploads"), [_heavy(name) for name in too_heavy(request)]
    if not chosen and not heavy:
        return "Choisissez d’abord un fichier."
    return " ".join([*heavy, *_join_one(request, application, item, chosen, request.POST.get("replaces", ""))])


def _heavy(name: str) -> str:
    return f"« {display_name(name)} » dépasse 20 Mo : réduisez-le, puis joignez-le."


def _join_one(
    request: HttpRequest, application: Application, item: AskedItem, chosen: list[Any], replaces: str
) -> list[str]:
    words = []
    for upload in chosen:
        try:
            services.attach_document(
                application.pk,
                by=person(request),
                code=item.code,
                upload=upload,
                title=item.label,
                replaces=int(replaces) if replaces.isdecimal() and len(replaces) < 18 else None,
            )
        except services.AlreadyJoined as already:
            messages.info(request, str(already))
        except DomainError as refusal:
            if refusal.status == 403:
                raise
            words.append(f"« {display_name(upload.name)} » : {refusal}")
    return words


# --- The page --------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, application: Application, asked: PieceRequest, forms: AnswerForms, refused: dict[str, str]
) -> HttpResponse:
    drafted = forms.application
    wrong = bool(refused) or any(one.errors for one in forms.forms if one.is_bound)
    context: dict[str, Any] = {
        "application": application,
        "asked": asked,
        "forms": forms,
        "rows": [_row(application, asked, item, refused) for item in asked.asked if item.is_document],
        "wrong": wrong,
        "problems": [*forms.forms, *_problems(asked, refused)],
        "late": asked.due_on < timezone.localdate(),
        "saved": "enregistre" in request.GET,
        "home_url": home_parts.url("application_home", application),
    }
    if forms.budget:
        figures = eligibility.money(drafted)
        checks = eligibility.money_checks(application.call, figures)
        context |= {
            "budget": forms.budget,
            "figures": figures,
            "fits": None,
            "most": eligibility.allowed(application.call, figures),
            "to_fix": [check.reason for check in checks if not check.ok],
        }
    return render(request, "applications/commune/answer.html", context, status=422 if wrong else 200)


def _state(request: HttpRequest, application: Application, asked: PieceRequest) -> HttpResponse:
    """The files joined for one document, asked again while they are scanned; 204 as long as nothing changed (`vu`)."""
    item = next((one for one in asked.asked if one.is_document and one.code == request.GET["etat"]), None)
    row = _row(application, asked, item, {}) if item else None
    if row is None or same_as_seen(row, request.GET.get("vu", "")):
        return HttpResponse(status=204)
    return render(request, "applications/commune/_answer_papers.html", {"row": row, "alone": True})


def _problems(asked: PieceRequest, refused: dict[str, str]) -> list[tuple[str, str]]:
    labels = {item.code: item.label for item in asked.asked}
    return [
        (f"fichiers-{code}", f"{labels[code][:1].upper()}{labels[code][1:]}. {sentence}")
        for code, sentence in refused.items()
    ]


def _row(application: Application, asked: PieceRequest, item: AskedItem, refused: dict[str, str]) -> dict[str, Any]:
    files = [one for one in application.attachments.all() if one.code == item.code]
    joined = [one for one in files if one.piece_request_id == asked.pk]
    there = [one for one in files if one.piece_request_id != asked.pk]
    shown = [file_row(one) for one in joined]
    kind, state = state_of(None, joined, shown) if joined else ("you", "À joindre")
    return {
        "item": item,
        "code": item.code,
        "files": [{**one, "replaces": _name(attachment, there)} for one, attachment in zip(shown, joined, strict=True)],
        **scanning(joined, shown, kind),
        "there": there,
        "only": there[0].pk if len(there) == 1 else None,
        "kind": kind,
        "state": state,
        "error": refused.get(item.code, ""),
    }


def _name(attachment: Attachment, there: list[Attachment]) -> str:
    return next((one.file.name for one in there if one.pk == attachment.replaces_id), "")
