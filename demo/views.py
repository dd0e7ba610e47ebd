"""Pages of the demonstration only: the mails it sent, the catalogue of components. No account is needed."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_safe

from demo import catalogue
from notifications.delivery import AttachmentAltered, read_attachment
from notifications.models import Message
from notifications.states import MessageState

PAGE = 50
# The styles of a mail are inside it; nothing else of it may act.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; frame-ancestors 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"


@login_not_required
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    rows = Message.objects.filter(state=MessageState.SENT).defer("body_text", "body_html").order_by("-sent_at", "-pk")
    to = request.GET.get("a", "").strip()[:120]
    if to:
        rows = rows.filter(
            Q(recipient_email__icontains=to) | Q(recipient_label__icontains=to) | Q(subject_ref__iexact=to)
        )
    number = request.GET.get("page", "1")
    page = max(1, int(number)) if number.isdigit() and len(number) < 6 else 1
    found = list(rows[(page - 1) * PAGE : page * PAGE + 1])
    query = urlencode({"a": to}) + "&" if to else ""
    return render(
        request,
        "demo/mail_list.html",
        {
            "rows": found[:PAGE],
            "to": to,
            "previous_url": f"?{query}page={page - 1}" if page > 1 else "",
            "next_url": f"?{query}page={page + 1}" if len(found) > PAGE else "",
            "waiting": Message.objects.filter(state=MessageState.QUEUED).count(),
        },
    )


@login_not_required
@require_safe
def mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(
        request, "demo/mail_detail.html", {"message": get_object_or_404(Message, pk=pk, state=MessageState.SENT)}
    )


@login_not_required
@require_safe
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as a mail reader shows it: its own page, its own policy, links open elsewhere."""
    message = get_object_or_404(Message, pk=pk, state=MessageState.SENT)
    response = HttpResponse(message.body_html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@login_not_required
@require_safe
def mail_attachment(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    message = get_object_or_404(Message, pk=pk, state=MessageState.SENT)
    try:
        one = message.attachments[index]
        content = read_attachment(one)
    except (IndexError, AttachmentAltered) as error:
        raise Http404 from error
    response = HttpResponse(content, content_type=one["type"])
    response.headers["Content-Disposition"] = content_disposition_header(True, one["name"]) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_not_required
@require_safe
def components(request: HttpRequest) -> HttpResponse:
    return render(request, "components/catalogue.html", catalogue.context())
