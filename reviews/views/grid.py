"""The evaluators' pages: what is theirs, the grid, stepping aside; and, for the desk, how the files rank."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import for_roles
from accounts.states import Role
from applications.models import Application
from applications.services import for_reading
from applications.states import ApplicationState
from common.errors import DomainError
from fund.models import Call
from fund.states import CallState
from reviews import dossier, services
from reviews.averages import average_of, points, ranked, results, tenths
from reviews.forms import GridForm
from reviews.models import Review, Score
from reviews.states import ReviewState
from reviews.views.access import desk_page
from reviews.views.acts import conflict_form

S = ApplicationState
evaluator_page = for_roles(Role.EVALUATOR)


def own_reviews(user: Any) -> Any:
    """Theirs, on files they may still see: a declared interest hides the grid, joining the commune too."""
    seen = Application.objects.visible_to(user).sent().exclude(organisation__in=user.organisation_ids())
    return Review.objects.visible_to(user).filter(application__in=seen)


@require_safe
@evaluator_page
def review_list(request: HttpRequest) -> HttpResponse:
    own = own_reviews(request.user).select_related("application__organisation", "application__call")
    to_do = own.filter(state__in=services.OPEN_REVIEWS, application__state=S.UNDER_REVIEW).order_by("due_on", "pk")
    context = {
        "to_do": list(to_do[:200]),
        "done": list(own.filter(state=ReviewState.SUBMITTED).order_by("-submitted_at", "-pk")[:50]),
        "today": timezone.localdate(),
    }
    return render(request, "reviews/mine.html", context)


@require_http_methods(["GET", "POST"])
@evaluator_page
def review_grid(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file, note each criterion, keep it, hand it in."""
    review = get_object_or_404(own_reviews(request.user).select_related("application__call"), pk=pk)
    if not services.has_declared(request.user, review.application.call_id):
        messages.info(
            request, "Dites d’abord si un intérêt vous lie à une commune de cet appel : deux clics s’il n’y en a pas."
        )
        declare = reverse("interest_declare", args=[review.application.call.slug])
        return redirect(f"{declare}?evaluation={review.pk}")
    application = for_reading().select_related("submitted_by").get(pk=review.application_id)
    criteria = list(application.call.criteria.all())
    scores = {score.criterion_id: score for score in Score.objects.filter(review=review)}
    form = GridForm(
        request.POST or None,
        version=review.version,
        criteria=criteria,
        scores=scores,
        initial={"comment": review.comment},
    )
    if request.method == "POST" and form.is_valid():
        try:
            answer = _keep(request, review, form)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            if answer is not None:
                return answer
    closed = review.state not in services.OPEN_REVIEWS or application.state != S.UNDER_REVIEW
    context = {
        "review": review,
        "application": application,
        **dossier.reading(application),
        "form": form,
        "criteria": [(criterion, scores.get(criterion.pk)) for criterion in criteria],
        "closed": closed,
        "outside": list(application.outside_opinions.for_the_committee().select_related("file")),
        "average": average_of(review) if review.state == ReviewState.SUBMITTED else None,
        "others": others_of(review),
    }
    return render(request, "reviews/grid.html", context, status=422 if form.errors else 200)


def others_of(review: Review) -> list[dict[str, Any]]:
    """The grids of the others that are handed in: shown to who has handed in their own, nothing before."""
    if review.state != ReviewState.SUBMITTED:
        return []
    found = Review.objects.filter(application=review.application_id, state=ReviewState.SUBMITTED).exclude(pk=review.pk)
    scored = Prefetch(
        "scores", Score.objects.select_related("criterion").order_by("criterion__position", "criterion_id")
    )
    return [
        {
            "review": one,
            "points": tenths(total)
            if (total := points((s.criterion.weight, s.value) for s in one.scores.all()))
            else "",
            "scores": list(one.scores.all()),
        }
        for one in found.select_related("evaluator").prefetch_related(scored).order_by("submitted_at", "pk")
    ]


def _keep(request: HttpRequest, review: Review, form: GridForm) -> HttpResponse | None:
    given: dict[str, Any] = {
        "notes": form.notes(),
        "comment": form.cleaned_data["comment"],
        "by": request.user,
        "version": form.cleaned_data["version"],
    }
    if request.POST.get("suite") != "rendre":
        services.save_scores(review.pk, **given)
        messages.success(request, "La grille est enregistrée. Vous pourrez la reprendre quand vous voudrez.")
        return redirect("review_grid", review.pk)
    if form.complain(review.application.call.comment_under):
        return None
    services.submit_review(review.pk, **given)
    messages.success(request, "Votre grille est rendue. Merci.")
    return redirect("review_list")


@require_http_methods(["GET", "POST"])
@evaluator_page
def review_conflict(request: HttpRequest, pk: int) -> HttpResponse:
    review = get_object_or_404(own_reviews(request.user).select_related("application__organisation"), pk=pk)
    form = conflict_form(request)
    if request.method == "POST" and form.is_valid():
        services.declare_conflict(review.application_id, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, f"Votre déport du dossier {review.application.number} est enregistré.")
        return redirect("review_list")
    context = {"application": review.application, "form": form, "review": review}
    return render(request, "reviews/conflict.html", context, status=422 if form.errors else 200)


# --- For the desk ----------------------------------------------------------------------------------------------


@require_safe
@desk_page
def review_ranking(request: HttpRequest) -> HttpResponse:
    """Files of a call by points, with their spread and the grids still out."""
    calls = list(Call.objects.exclude(state=CallState.DRAFT).order_by("-year", "-pk")[:20])
    chosen = request.GET.get("appel", "")
    call = next((one for one in calls if str(one.pk) == chosen), calls[0] if calls else None)
    seen = Application.objects.visible_to(request.user).filter(call=call)
    files = {
        one["pk"]: one
        for one in seen.exclude(state__in=(S.DRAFT, S.SUBMITTED, S.IN_INSTRUCTION, S.AWAITING_COMMUNE))
        .order_by("pk")
        .values(
            "pk",
            "number",
            "public_id",
            "title",
            "state",
            "requested_cents",
            "organisation__name",
            "opinion__proposed_cents",
        )[:500]
    }
    counts = _counts(list(files))
    rows = [
        {"rank": one.rank, "tied": one.tied, "result": one.result, **_row(files, counts, one.result.application_id)}
        for one in ranked(results(files).values())
    ]
    noted = {row["pk"] for row in rows}
    waiting = [_row(files, counts, pk) for pk in files if pk not in noted and counts.get(pk)]
    context = {"call": call, "calls": calls, "rows": rows, "waiting": waiting}
    return render(request, "reviews/ranking.html", context)


def _counts(pks: list[int]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = {}
    for application_id, state in Review.objects.filter(application__in=pks).values_list("application_id", "state"):
        one = counts.setdefault(application_id, {"in": 0, "out": 0, "recused": 0})
        one["in" if state == ReviewState.SUBMITTED else "recused" if state == ReviewState.RECUSED else "out"] += 1
    return counts


def _row(files: dict[int, Any], counts: dict[int, Any], pk: int) -> dict[str, Any]:
    return {
        **files[pk],
        "state_label": S(files[pk]["state"]).label,
        "counts": counts.get(pk, {}),
        "commune": files[pk]["organisation__name"],
        "proposed": files[pk]["opinion__proposed_cents"],
    }
