"""The rules of payment: read by the staff, changed by the fund manager."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from payments import policies, rules, services
from payments.forms import RulesForm
from payments.models import PaymentRules
from payments.views.access import confirm_identity, require, require_staff


@require_http_methods(["GET", "POST"])
def payment_rules(request: HttpRequest) -> HttpResponse:
    require_staff(request)
    may = policies.can_set_rules(request.user)
    standing, coming = rules.in_force(), rules.to_come()
    last = coming or standing
    initial = {name: getattr(last, name) for name in RulesForm.base_fields}
    form = RulesForm(request.POST or None, initial=initial)
    if request.method == "POST":
        require(may, "Les règles de paiement sont fixées par la gestionnaire du fonds.")
        confirm_identity(request)
        if form.is_valid():
            made = services.set_rules(by=request.user, **form.cleaned_data)
            messages.success(request, "Règles enregistrées." if made else "Rien n’a changé.")
            return redirect("payment_rules")
    history = PaymentRules.objects.select_related("made_by")[:50]
    context = {"form": form, "may": may, "standing": standing, "coming": coming, "history": history}
    return render(request, "payments/rules.html", context, status=422 if form.errors else 200)
