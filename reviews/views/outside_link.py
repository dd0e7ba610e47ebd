"""What a personal link opens, without an account: who asks and what; after a button, the file and the answer.

Reading the address writes nothing: mail programs open links by themselves. The button opens, and is journalled.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from common.clock import database_now
from common.errors import DomainError
from documents.uploads import MAY_SEND, too_heavy
from documents.views import serve
from journal.models import Kind
from journal.services import record
from reviews import dossier, services
from reviews.forms_outside import AnswerForm
from reviews.models import OutsideOpinion
from reviews.outside import is_barred, opinion_of, papers_of, still_waits
from reviews.outside_states import OutsideState
from reviews.services.outside import by_link

OPENED = "outside_opened"


def _opinion(request: HttpRequest, token: str) -> OutsideOpinion | None:
    """The opinion of a link that still says something: waiting, or answered and not past its end."""
    opinion = opinion_of(token)
    if opinion is None or is_barred(request.user, opinion.application):
        return None
    over = opinion.state == OutsideState.ANSWERED and opinion.expires_at <= database_now()
    return None if over else opinion


def _gone(request: HttpRequest, opinion: OutsideOpinion | None, typed: str = "") -> HttpResponse:
    context = {"opinion": opinion, "typed": typed}
    return render(request, "reviews/outside/gone.html", context, status=410)


def _is_open(request: HttpRequest, opinion: OutsideOpinion) -> bool:
    return opinion.nonce in request.session.get(OPENED, [])


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def outside_link(request: HttpRequest, token: str) -> HttpResponse:
    opinion = _opinion(request, token)
    if opinion is None or (not still_waits(opinion) and opinion.state != OutsideState.ANSWERED):
        return _gone(request, opinion)
    if request.method == "POST":
        services.open_outside(opinion.pk, by=by_link(opinion))
        request.session[OPENED] = [*request.session.get(OPENED, []), opinion.nonce][-20:]
        request.session[MAY_SEND] = True
        return redirect("outside_read", token)
    return render(request, "reviews/outside/link.html", {"opinion": opinion, "application": opinion.application})


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def outside_read(request: HttpRequest, token: str) -> HttpResponse:
    """The file beside the question, and the answer."""
    opinion = _opinion(request, token)
    typed = request.POST.get("text", "")[:20000]
    if opinion is None or opinion.state == OutsideState.WITHDRAWN:
        return _gone(request, opinion, typed)
    if not _is_open(request, opinion):
        return _gone(request, opinion, typed) if typed else redirect("outside_link", token)
    if opinion.state == OutsideState.ANSWERED:
        return render(request, "reviews/outside/thanks.html", {"opinion": opinion, "typed": typed})
    if not still_waits(opinion):
        return _gone(request, opinion, typed)
    form = AnswerForm(request.POST or None, request.FILES or None, initial={"signed_name": opinion.contact_name})
    if request.method == "POST" and _answered(request, opinion, form):
        messages.success(request, "Votre avis est enregistré. Merci.")
        return redirect("outside_read", token)
    context = {
        "opinion": opinion,
        "application": opinion.application,
        "content": dossier.content(opinion.application),
        "papers": papers_of(opinion),
        "form": form,
        "token": token,
    }
    return render(request, "reviews/outside/read.html", context, status=422 if form.errors else 200)


def _answered(request: HttpRequest, opinion: OutsideOpinion, form: AnswerForm) -> bool:
    for name in too_heavy(request):
        form.add_error("file", f"« {name} » dépasse 20 Mo. Réduisez-le, puis joignez-le de nouveau.")
    if not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        services.answer_outside(
            opinion.pk,
            nonce=opinion.nonce,
            advice=data["advice"],
            text=data["text"],
            signed_name=data["signed_name"],
            confidential=data["confidential"],
            upload=data["file"],
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


@require_safe
@login_not_required
def outside_paper(request: HttpRequest, token: str, pk: int) -> HttpResponseBase:
    """A document chosen by the desk; journalled."""
    opinion = _opinion(request, token)
    if opinion is None or not still_waits(opinion) or not _is_open(request, opinion):
        raise Http404
    paper = next((one for one in papers_of(opinion) if one.pk == pk), None)
    if paper is None:
        raise Http404
    record(
        opinion,
        by=by_link(opinion),
        verb="read_paper",
        kind=Kind.READ,
        data={"file": paper.file_id},
    )
    return serve(request, paper.file)
