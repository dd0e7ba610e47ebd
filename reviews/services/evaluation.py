"""Files given to evaluators, their grids, the close of an evaluation. Files move through `applications.services`."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.states import Role
from applications import policies
from applications import services as applications
from applications.models import Application
from applications.services.instruction import locked_for_desk
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from common.typography import counted
from fund.models import Criterion
from journal.services import advance, begin, locked
from reviews.averages import average_of, results
from reviews.models import Review, Score
from reviews.neutrality import neutral_evaluators, why_not
from reviews.notifications import ReviewAssigned, ReviewReminder
from reviews.services.declarations import must_have_declared
from reviews.states import MAX_SCORE, ReviewState

S = ApplicationState
REMINDER_DAYS = 2
OPEN_REVIEWS = (ReviewState.ASSIGNED, ReviewState.STARTED)
# criterion id -> (note from 0 to 5, or None for « non applicable »; comment)
Notes = Mapping[int, tuple[int | None, str]]


@transaction.atomic
def open_review(
    application_pk: int, *, evaluators: Sequence[int], due_on: date, by: Any, version: int | None = None
) -> Application:
    """Send a complete file with its opinion to review and give it to these evaluators."""
    if not evaluators:
        raise DomainError("Choisissez au moins un évaluateur.")
    check_has_opinion(Application(pk=application_pk))
    application = applications.send_to_review(application_pk, by=by, version=version)
    for evaluator_pk in sorted(set(evaluators)):
        _assign(application, evaluator_pk, due_on=due_on, by=by)
    return application


def check_has_opinion(application: Application) -> None:
    if not hasattr(application, "opinion"):
        raise DomainError("Rendez d’abord l’avis d’instruction et le montant proposé.")


@transaction.atomic
def assign(application_pk: int, *, evaluator: int, due_on: date, by: Any) -> Review:
    """Give a file under review to one evaluator more: never of its commune, never with a declared interest."""
    application = locked_for_desk(application_pk, by=by)
    if not policies.can_instruct(by, application):
        raise NotAllowed("Votre rôle ne permet pas de confier une évaluation.")
    _must_be_under_review(application)
    return _assign(application, evaluator, due_on=due_on, by=by)


@transaction.atomic
def assign_several(application_pk: int, *, evaluators: Sequence[int], due_on: date, by: Any) -> list[Review]:
    """Give a file under review to several evaluators more, all or none."""
    return [assign(application_pk, evaluator=pk, due_on=due_on, by=by) for pk in sorted(set(evaluators))]


@transaction.atomic
def assign_evenly(
    application_pks: Sequence[int], *, per_file: int, due_on: date, by: Any, cap: int = 20
) -> dict[int, list[Review]]:
    """Share files between the evaluators: each gets `per_file` neutral ones, the least loaded first, `cap` at most each.

    Files that already have enough are left as they are. Raises DomainError when nobody neutral is left for a file.
    """
    given: dict[int, list[Review]] = {}
    for pk in sorted(application_pks):
        application = locked_for_desk(pk, by=by)
        if not policies.can_instruct(by, application):
            raise NotAllowed("Votre rôle ne permet pas de confier une évaluation.")
        _must_be_under_review(application)
        has = application.reviews.exclude(state=ReviewState.RECUSED).count()
        wanted = max(0, per_file - has)
        free = [user for user in neutral_evaluators(application) if user.open_reviews < cap]
        if len(free) < wanted:
            raise DomainError(
                f"Il manque {counted(wanted - len(free), 'évaluateur')} sans intérêt dans le dossier {application.reference}, "
                f"avec moins de {cap} grilles à rendre."
            )
        free.sort(key=lambda user: (user.open_reviews, user.pk))
        given[pk] = [_assign(application, user.pk, due_on=due_on, by=by) for user in free[:wanted]]
    return given


def _assign(application: Application, evaluator_pk: int, *, due_on: date, by: Any) -> Review:
    evaluator = User.objects.filter(pk=evaluator_pk).first()
    if evaluator is None or not evaluator.has_role(Role.EVALUATOR):
        raise DomainError("Cette personne n’est pas évaluatrice.")
    refusal = why_not(evaluator, application)
    if refusal:
        raise DomainError(refusal)
    if due_on <= timezone.localdate():
        raise DomainError("La date de retour des évaluations est à venir.")
    found = results([application.pk]).get(application.pk)
    wide = found is not None and found.is_wide
    review = Review(application=application, evaluator=evaluator, assigned_by=by, due_on=due_on, second_reading=wide)
    begin(review, by=by, verb="assign", data={"application": application.number})
    ReviewAssigned(review).queue()
    return review


@transaction.atomic
def save_scores(review_pk: int, *, notes: Notes, comment: str = "", by: Any, version: int | None = None) -> Review:
    """Keep a grid as it is being filled in (nothing is final)."""
    review = _own_open_review(review_pk, by=by, version=version)
    _write_notes(review, notes, comment)
    if review.state == ReviewState.ASSIGNED:
        advance(review, review.start, by=by)
    else:
        review.version += 1
        review.save(update_fields=["comment", "version"])
    return review


@transaction.atomic
def submit_review(
    review_pk: int, *, by: Any, version: int | None = None, notes: Notes | None = None, comment: str = ""
) -> Review:
    """Hand in a grid: every criterion scored or said not applicable, a comment under the note of the call. It does not change any more."""
    review = _own_open_review(review_pk, by=by, version=version)
    if notes is not None:
        _write_notes(review, notes, comment)
    lacking = what_lacks(review)
    if lacking:
        raise DomainError("Il reste à compléter : " + " ; ".join(lacking) + ".")
    advance(review, review.submit, by=by, data={"average": average_of(review)})
    return review


def what_lacks(review: Review) -> list[str]:
    """What a grid needs before it is handed in, in words, in the order of the criteria."""
    scores = {score.criterion_id: score for score in Score.objects.filter(review=review)}
    lacking, limit = [], review.application.call.comment_under
    for criterion in Criterion.objects.filter(call_id=review.application.call_id):
        score = scores.get(criterion.pk)
        if score is None:
            lacking.append(f"« {criterion.label} » n’est pas noté")
        elif score.value is not None and score.value < limit and not score.comment.strip():
            lacking.append(f"« {criterion.label} » est noté sous {limit} : dites pourquoi")
    if scores and all(score.value is None for score in scores.values()):
        lacking.append("au moins un critère doit recevoir une note")
    return lacking


def _own_open_review(review_pk: int, *, by: Any, version: int | None) -> Review:
    seen = Application.objects.visible_to(by).exclude(organisation__in=by.organisation_ids())
    if not Review.objects.visible_to(by).filter(pk=review_pk, application__in=seen).exists():
        raise NotAllowed("Cette évaluation ne vous est pas confiée.")
    review = locked(Review.objects.select_related("application__call"), review_pk)
    must_have_declared(by, review.application.call_id)
    if review.state == ReviewState.RECUSED:
        raise NotAllowed("Vous vous êtes déporté de ce dossier : votre grille n’y compte plus.")
    if review.state not in OPEN_REVIEWS:
        raise DomainError("Cette évaluation est déjà rendue : elle ne change plus.")
    if review.application.state != S.UNDER_REVIEW:
        raise DomainError("L’évaluation de ce dossier est close. Rien n’a été enregistré.")
    if version is not None and review.version != version:
        raise Stale("Cette grille a été enregistrée depuis une autre fenêtre. Rechargez la page pour la voir.")
    return review


def _write_notes(review: Review, notes: Notes, comment: str) -> None:
    criteria = set(Criterion.objects.filter(call_id=review.application.call_id).values_list("pk", flat=True))
    known = {score.criterion_id: score for score in Score.objects.filter(review=review)}
    for criterion_id, (value, words) in notes.items():
        if criterion_id not in criteria:
            raise DomainError("Ce critère n’est pas celui de l’appel.")
        if value is not None and not 0 <= value <= MAX_SCORE:
            raise DomainError(f"Une note va de 0 à {MAX_SCORE}.")
        score = known.get(criterion_id) or Score(review=review, criterion_id=criterion_id)
        score.value, score.comment = value, words.strip()
        score.save()
    review.comment = comment.strip()


@transaction.atomic
def finish_review(application_pk: int, *, by: Any, version: int | None = None, reason: str = "") -> Application:
    """Close the evaluation of a file: when every grid is in, or before with a reason."""
    application = locked_for_desk(application_pk, by=by)
    if not policies.is_fund_manager(by, application):
        raise NotAllowed("Le gestionnaire du fonds clôt l’évaluation.")
    states = list(application.reviews.exclude(state=ReviewState.RECUSED).values_list("state", flat=True))
    late = sum(state != ReviewState.SUBMITTED for state in states)
    if (late or not states) and not reason.strip():
        missing = f"{counted(late, 'grille')} {'ne sont pas rendues' if late > 1 else 'n’est pas rendue'}"
        what = missing if late else "Aucune grille n’est confiée"
        raise DomainError(f"{what} : dites pourquoi l’évaluation est close sans les attendre.")
    _check_second_reading(application, reason)
    return applications.finish_review(
        application_pk,
        by=by,
        version=version,
        reason=reason.strip(),
        data={"submitted": len(states) - late, "missing": late, "average": average_of_file(application)},
    )


def _check_second_reading(application: Application, reason: str) -> None:
    """Far apart, the grids need one more; a reason stands for it only when nobody neutral is left to read."""
    found = results([application.pk]).get(application.pk)
    if found is None or not found.is_wide:
        return
    if application.reviews.filter(second_reading=True, state=ReviewState.SUBMITTED).exists():
        return
    nobody = not neutral_evaluators(application)
    if nobody and reason.strip():
        return
    asked = (
        "dites pourquoi l’évaluation est close, personne n’étant libre de la relire"
        if nobody
        else "confiez le dossier à une personne de plus"
    )
    raise DomainError(
        f"Les grilles s’écartent de {found.spread_shown} points, plus de {found.limit} : une seconde lecture"
        f" est attendue avant de clore\u202f; {asked}."
    )


def remind_evaluators() -> int:
    """Queue what is due: two days before the day a grid is expected, then the day after it. Each once, however often this
    runs; nothing to who stepped aside, or once the evaluation is closed. How many."""
    today = timezone.localdate()
    waiting = Review.objects.filter(
        state__in=OPEN_REVIEWS, application__state=S.UNDER_REVIEW, due_on__lte=today + timedelta(days=REMINDER_DAYS)
    ).select_related("application__organisation", "application__call__fund", "evaluator", "assigned_by")
    told = 0
    for review in waiting.order_by("pk"):
        if review.due_on is None or review.due_on == today:
            continue
        if Application.objects.visible_to(review.evaluator).filter(pk=review.application_id):
            ReviewReminder(review, late=review.due_on < today).queue()
            told += 1
    return told


def average_of_file(application: Application) -> str | None:
    found = results([application.pk]).get(application.pk)
    return found.shown if found else None


def _must_be_under_review(application: Application) -> None:
    if application.state != S.UNDER_REVIEW:
        label = S(application.state).label.lower()
        raise DomainError(f"Le dossier {application.reference} est « {label} » : il n’est pas en évaluation.")
