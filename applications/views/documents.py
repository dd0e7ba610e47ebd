"""The documents of a draft: each one the call asks for, and the others; several at once, each with its own result."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import person
from applications import eligibility, policies, services
from applications.forms.acts import DateDocumentForm, UploadForm
from applications.models import Application
from applications.sections import BY_SLUG
from applications.views import home_parts
from applications.views.document_rows import document_row, document_rows, same_as_seen, waits
from applications.views.drafting import refuse_readers, section_context
from applications.views.fetching import own_file
from common.errors import DomainError
from documents.names import display_name
from documents.uploads import too_heavy


@require_http_methods(["GET", "POST"])
def documents(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Each document the call asks for, with its files; several at once, one may replace another."""
    application = own_file(request, public_id)
    if request.method == "GET" and not policies.can_edit(request.user, application):
        return redirect(home_parts.url("application_review", application) + "#pieces")
    refuse_readers(request, application)
    if request.method == "GET":
        return _page(request, application)
    if "dater" in request.POST:
        return _date(request, application)
    code, error = join_files(request, application)
    if request.accepts("application/json") and not request.accepts("text/html"):
        return JsonResponse({"sentence": error})
    if not error:
        return redirect(f"{request.path}#{code}")
    return _page(request, own_file(request, public_id), errors={code: error})


def _page(
    request: HttpRequest,
    application: Application,
    *,
    errors: dict[str, str] | None = None,
    dates: dict[int, DateDocumentForm] | None = None,
) -> HttpResponse:
    """`errors` by code of document, `dates` the refused forms by attachment."""
    errors, dates = errors or {}, dates or {}
    rows = document_rows(application, errors, dates)
    labels = {row["code"]: row["label"] for row in rows}
    context = section_context(application, BY_SLUG["pieces"]) | {
        "rows": rows,
        "missing": eligibility.missing_documents(application),
        "problems": [*(_problem(code, labels.get(code), words) for code, words in errors.items()), *dates.values()],
        "slow": waits(application),
    }
    status = 422 if errors or dates else 200
    return render(request, "applications/commune/documents.html", context, status=status)


def _problem(code: str, label: str | None, sentence: str) -> tuple[str, str]:
    """Where it is on the page, if it is there, and which document it is about."""
    return (f"id_{code}_uploads", f"{label}. {sentence}") if label else ("", sentence)


def _date(request: HttpRequest, application: Application) -> HttpResponse:
    """The date that a document carries; a date that cannot be is shown again with its reason."""
    paper = next((one for one in application.attachments.all() if str(one.pk) == request.POST["dater"]), None)
    if paper is None:
        raise Http404
    form = DateDocumentForm(request.POST, auto_id=f"id_{paper.pk}_%s")
    if not form.is_valid():
        return _page(request, application, dates={paper.pk: form})
    services.date_document(application.pk, paper.pk, by=person(request), dated_on=form.cleaned_data["dated_on"])
    messages.success(request, "La date du document est enregistrée.")
    return redirect(f"{request.path}#{paper.code}")


def join_files(request: HttpRequest, application: Application) -> tuple[str, str]:
    """Join what was chosen; the code of the document and what was refused, in words. One refused loses no other."""
    form = UploadForm(request.POST, request.FILES)
    code, refused = request.POST.get("code", ""), [_too_heavy(name) for name in too_heavy(request)]
    if not form.is_valid():
        if refused and "uploads" in form.errors and len(form.errors) == 1:
            return code, " ".join(refused)
        return code, " ".join(str(error) for errors in form.errors.values() for error in errors)
    code, replaces = form.cleaned_data["code"], form.cleaned_data["replaces"]
    joined = 0
    for upload in form.cleaned_data["uploads"]:
        try:
            services.attach_document(application.pk, by=person(request), code=code, upload=upload, replaces=replaces)
        except services.AlreadyJoined as already:
            messages.info(request, str(already))
        except DomainError as refusal:
            if refusal.status == 403:
                raise
            refused.append(f"« {display_name(upload.name)} » : {refusal}")
        else:
            joined, replaces = joined + 1, None
    if refused and joined:
        refused.append("L’autre fichier est joint." if joined == 1 else f"Les {joined} autres fichiers sont joints.")
    return code, " ".join(refused)


def _too_heavy(name: str) -> str:
    return f"« {display_name(name)} » dépasse 20 Mo. Réduisez-le (par exemple en enregistrant le PDF en taille réduite), puis joignez-le."


@require_GET
def document_state(request: HttpRequest, public_id: UUID, code: str) -> HttpResponse:
    """The files of one document, asked again while they are scanned; 204 as long as nothing changed (`vu`)."""
    application = own_file(request, public_id)
    row = document_row(application, code)
    if not policies.can_edit(request.user, application) or same_as_seen(row, request.GET.get("vu", "")):
        return HttpResponse(status=204)
    missing = eligibility.missing_documents(application)
    context = {"application": application, "row": row, "removable": True, "alone": True, "missing": missing}
    return render(request, "applications/commune/_papers.html", context)


@require_POST
def document_reuse(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    application = own_file(request, public_id)
    try:
        joined = services.reuse_document(application.pk, pk, by=person(request))
    except services.AlreadyJoined as already:
        messages.info(request, str(already))
        return redirect("application_documents", public_id)
    messages.success(request, f"« {joined.file.name} » est repris.")
    return redirect(home_parts.url("application_documents", application) + f"#{joined.code}")


@require_POST
def document_remove(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    application = own_file(request, public_id)
    services.remove_document(application.pk, pk, by=person(request))
    messages.success(request, "La pièce est retirée du dossier.")
    return redirect("application_documents", public_id)
