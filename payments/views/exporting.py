"""The format of the collectivity, and exports after a restore."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.errors import DomainError
from payments import layout, policies, services
from payments.finance_forms import LayoutForm, ReleaseForm
from payments.finance_pages import layout_preview
from payments.views.access import confirm_identity, require, require_staff


@require_http_methods(["GET", "POST"])
def export_layout(request: HttpRequest) -> HttpResponse:
    """Order, headers, widths, dates and numbers; « Voir » shows what it gives before it is kept."""
    require_staff(request)
    require(policies.can_export_batches(request.user), "Le format des fichiers est réglé par les finances.")
    form = LayoutForm(request.POST or None, layout=layout.in_force())
    if request.method == "POST" and form.is_valid() and "voir" not in request.POST:
        services.save_layout(form.chosen(), by=request.user)
        messages.success(request, "Le format est enregistré. Les fichiers déjà faits restent comme ils sont.")
        return redirect("export_layout")
    shown = form.chosen() if form.is_bound and form.is_valid() else layout.in_force()
    context = {"form": form, "preview": layout_preview(shown)}
    return render(request, "payments/layout.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def export_hold(request: HttpRequest) -> HttpResponse:
    """What finance knows is compared with what stands here; equal, exports leave again."""
    if not policies.can_release_exports(request.user):
        raise Http404
    held = services.held()
    form = ReleaseForm(request.POST or None)
    if request.method == "POST":
        confirm_identity(request)
        if form.is_valid():
            try:
                services.release(by=request.user, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "Les exports repartent.")
                return redirect("export_hold")
    context = {"held": held, "form": form}
    return render(request, "payments/hold.html", context, status=422 if form.errors else 200)
