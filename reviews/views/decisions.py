"""Recording, withdrawing and signing decisions; the list of those that wait."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.states import Role
from applications import letter_previews, policies
from applications import services as applications
from applications.letter_data import draft_data, known_data, text_of
from applications.models import Application, ChangeRequest, Decision
from applications.models.change import OPEN
from applications.notifications.desk import letter_mail
from applications.services.decisions import DECIDABLE, already_decided, check_amount
from applications.services.letter_texts import newest
from applications.states import DecisionKind, DecisionState
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.paging import newest_first
from reviews.averages import results
from reviews.forms import DecisionForm, ReasonForm, SignLetterForm
from reviews.views.access import desk_page, file_of
from reviews.views.acts import as_read
from reviews.views.appeals import waiting_appeals
from reviews.views.file import available_cents
from reviews.views.letter_texts import as_pdf
from reviews.waiting_list import waiting_lists

RELATED = (
    "application__organisation",
    "application__call__fund",
    "application__instructor",
    "recorded_by",
    "signed_by",
    "delegation__giver",
    "text",
)


@require_http_methods(["GET", "POST"])
@desk_page
def desk_decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write the decision; read what it does, in figures; record it."""
    application = file_of(request.user, public_id, "call__fund", "organisation", "opinion__written_by")
    if policies.has_helped(request.user, application):
        raise NotAllowed("Vous avez saisi ce dossier pour la commune : une autre personne décide.")
    if not policies.can_record_decision(request.user, application):
        raise Http404
    form = DecisionForm(
        request.POST or None, version=application.version, application=application, initial=_proposed(application)
    )
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("suite") == "enregistrer":
                decision = _record(application, form, request.user)
                messages.success(request, f"Décision enregistrée : {_words(decision)}. Elle attend sa signature.")
                return redirect("desk_file", public_id)
            return render(request, "reviews/decision_confirm.html", _confirm(application, form))
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    decidable = application.state in DECIDABLE[DecisionKind.GRANT]
    context = {
        "application": application,
        "form": form,
        "opinion": getattr(application, "opinion", None),
        "result": results([application.pk]).get(application.pk),
        "available": available_cents(application),
        "most": min(application.requested_cents, application.allowed_cents),
        "already": "" if decidable else already_decided(application),
    }
    return render(request, "reviews/decide.html", context, status=422 if form.errors else 200)


def _proposed(application: Application) -> dict[str, Any]:
    opinion = getattr(application, "opinion", None)
    if opinion is None or not opinion.proposed_cents:
        return {}
    return {"kind": DecisionKind.GRANT, "amount_cents": opinion.proposed_cents}


def _record(application: Application, form: DecisionForm, by: Any) -> Decision:
    data = form.cleaned_data
    given = {"reasons": data["reasons"], "grounds": form.grounds(), "version": data["version"]}
    return applications.decide(application.pk, data["kind"], amount_cents=data["amount_cents"] or 0, by=by, **given)


def _confirm(application: Application, form: DecisionForm) -> dict[str, Any]:
    """The consequences in figures; DomainError when it would be refused anyway."""
    data, kind = form.cleaned_data, DecisionKind(form.cleaned_data["kind"])
    if application.state not in DECIDABLE[kind]:
        raise DomainError(already_decided(application))
    cents = data["amount_cents"] or 0
    available = available_cents(application)
    if kind == DecisionKind.GRANT:
        check_amount(application, application.call, cents, form.whole_reasons())
        if cents > available:
            raise DomainError(f"Il reste {euros(available)} dans l’enveloppe : on ne peut engager {euros(cents)}.")
        verb = f"Engager {euros(cents)}"
        consequences = [
            (f"{euros(cents)} seront engagés\u202f; il restera {euros(available - cents)} dans l’enveloppe.", ""),
        ]
    else:
        verb = "Inscrire sur la liste d’attente" if kind == DecisionKind.WAITLIST else "Enregistrer le refus"
        consequences = [(f"Aucun argent n’est engagé\u202f; il reste {euros(available)} dans l’enveloppe.", "")]
    consequences.append(
        (
            "La commune ne sait rien avant la signature du chef de service\u202f; jusque-là, la décision peut être retirée.",
            "",
        )
    )
    return {
        "application": application,
        "form": form,
        "kind": kind,
        "verb": verb,
        "reasons": form.whole_reasons(),
        "consequences": consequences,
    }


def _words(decision: Decision) -> str:
    if decision.kind == DecisionKind.GRANT:
        return f"accord de {euros(decision.amount_cents)}"
    return decision.get_kind_display().lower()


# --- Signature -------------------------------------------------------------------------------------------------


def decisions_seen(user: Any) -> Any:
    """Decisions on the files this person may see."""
    seen = Application.objects.on_desk_of(user).sent()
    return Decision.objects.filter(application__in=seen).select_related(*RELATED)


def changes_waiting(user: Any) -> Any:
    """The changes of awarded actions that wait for an answer or a signature, on the files this person may see."""
    seen = Application.objects.on_desk_of(user).sent()
    found = ChangeRequest.objects.filter(application__in=seen, state__in=OPEN)
    return found.select_related("application__organisation", "asked_by").order_by("pk")


@require_safe
@desk_page
def decision_list(request: HttpRequest) -> HttpResponse:
    """Those to sign first; then those signed, newest first."""
    seen = decisions_seen(request.user)
    waiting = list(seen.filter(state=DecisionState.RECORDED).order_by("pk")[:200])
    done = newest_first(
        seen.filter(state__in=(DecisionState.SIGNED, DecisionState.NOTIFIED, DecisionState.REVOKED)).select_related(
            "letter"
        ),
        request.GET,
    )
    context = {
        "waiting": waiting,
        "waiting_cents": sum(one.amount_cents for one in waiting),
        "done": done,
        "appeals": list(waiting_appeals(request.user)[:100]),
        "changes": list(changes_waiting(request.user)[:100]),
        "signs": policies.power_to_sign(request.user)[0],
        "decides": request.user.has_role(Role.FUND_MANAGER),  # type: ignore[union-attr]
    }
    return render(request, "reviews/decisions.html", context)


@require_safe
@desk_page
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Call by call, who is next and what fits in what is left."""
    user: Any = request.user
    context = {"lists": waiting_lists(user), "decides": user.has_role(Role.FUND_MANAGER)}
    return render(request, "reviews/waiting_list.html", context)


@require_http_methods(["GET", "POST"])
@desk_page
def decision_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the letter, give the act, sign."""
    decision = get_object_or_404(decisions_seen(request.user), pk=pk)
    may_sign, delegation = policies.power_to_sign(request.user)
    may_sign = may_sign and decision.recorded_by_id != request.user.pk
    if request.method == "POST" and not may_sign:
        raise NotAllowed(
            "La décision est signée par la direction du service, et par une autre personne que celle qui l’a enregistrée."
        )
    text = decision.text or newest(decision.application.call_id, decision.letter_kind)
    initial = {"act_date": timezone.localdate(), "text": str(text.pk) if text else ""}
    form = SignLetterForm(request.POST or None, version=decision.version, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            applications.sign_decision(pk, **form.cleaned_data, by=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"Décision signée. La lettre de {decision.application.number} part avec son courriel."
            )
            return redirect("decision_list")
    mail = letter_mail(decision)
    context = {
        "decision": decision,
        "application": decision.application,
        "form": form,
        "may_sign": may_sign and decision.state == DecisionState.RECORDED,
        "delegation": delegation,
        "may_withdraw": decision.state == DecisionState.RECORDED
        and policies.can_record_decision(request.user, decision.application),
        "letter": letter_shown(decision, text_of(text, decision.letter_kind)),
        "people": as_read(mail)["people"],
        "words": _words(decision),
    }
    return render(request, "reviews/decision_sign.html", context, status=422 if form.errors else 200)


def letter_shown(decision: Decision, text: str) -> dict[str, Any]:
    """What the letter will say, or says; a text that asks what the file has not is told, and stops nothing here."""
    try:
        return draft_data(decision, text)
    except DomainError as refusal:
        return {**known_data(decision), "refused": str(refusal)}


@require_safe
@desk_page
def decision_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter of a decision that waits for its signature, as a PDF that says it is only a preview."""
    decision = get_object_or_404(decisions_seen(request.user), pk=pk, state=DecisionState.RECORDED)
    text = text_of(newest(decision.application.call_id, decision.letter_kind), decision.letter_kind)
    return as_pdf(letter_previews.of_decision(decision, text), f"apercu-{decision.application.number}.pdf")


@require_http_methods(["GET", "POST"])
@desk_page
def decision_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    decision = get_object_or_404(decisions_seen(request.user), pk=pk)
    if not policies.can_record_decision(request.user, decision.application):
        raise Http404
    form = ReasonForm(
        request.POST or None,
        version=decision.version,
        label="Pourquoi la décision est retirée",
        hint="Le journal le garde ; la commune n’en sait rien, puisque rien n’était signé.",
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        applications.withdraw_recorded(pk, reason=data["reason"], by=request.user, version=data["version"])
        messages.success(
            request, f"Décision retirée ; le dossier {decision.application.number} peut être décidé de nouveau."
        )
        return redirect("desk_file", decision.application.public_id)
    context = {
        "decision": decision,
        "application": decision.application,
        "form": form,
        "words": _words(decision),
        "consequences": _undone(decision),
    }
    return render(request, "reviews/decision_withdraw.html", context, status=422 if form.errors else 200)


def _undone(decision: Decision) -> list[str]:
    told = ["Le dossier redevient « évalué » : une autre décision pourra être enregistrée."]
    if decision.amount_cents:
        left = available_cents(decision.application) + decision.amount_cents
        told.insert(
            0, f"{euros(decision.amount_cents)} reviennent dans l’enveloppe : {euros(left)} seront disponibles."
        )
    return told
