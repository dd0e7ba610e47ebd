"""The desk of finance, the list behind its figures, and every list as a file."""

from django.db.models import Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.paging import newest_first
from payments import list_exports
from payments.desk import desk_page
from payments.due_forms import DueForm
from payments.dues import STAGES
from payments.finance_lists import LISTS
from payments.views.access import require_staff


@require_safe
def finance_desk(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    context = desk_page(request.user)
    context["lists"] = [(name, one.title) for name, one in LISTS.items() if one.sees(request.user)]
    return render(request, "payments/desk.html", context)


@require_safe
def due_list(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    form = DueForm(request.GET)
    rows = form.rows(request.user)
    page = newest_first(rows.select_related("application", "organisation", "decision"), request.GET)
    for one in page.rows:
        one.stage_words = STAGES[one.stage]
    total = rows.order_by().aggregate(cents=Sum("amount_cents", default=0))["cents"]
    context = {"form": form, "page": page, "count": rows.count(), "total": total}
    return render(request, "payments/due_list.html", context)


@require_safe
def finance_export(request: HttpRequest, name: str, format: str) -> HttpResponseBase:
    """The list as its page filters it; nothing is written."""
    require_staff(request)
    chosen = LISTS.get(name)
    if chosen is None or format not in list_exports.TYPES or not chosen.sees(request.user):
        raise Http404
    rows = chosen.rows(request.user, request.GET)
    kind, filename = list_exports.TYPES[format], f"{name}-{timezone.localdate():%Y-%m-%d}.{format}"
    answer: HttpResponseBase
    if format == "xlsx":
        made = list_exports.as_xlsx(chosen.columns, rows, chosen.title)
        return FileResponse(made, as_attachment=True, filename=filename, content_type=kind)
    if format == "ods":
        answer = HttpResponse(list_exports.as_ods(chosen.columns, rows, chosen.title), content_type=kind)
    else:
        answer = StreamingHttpResponse(list_exports.csv_pieces(chosen.columns, rows), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
