"""Several files at once, before their decision: to a colleague, back to the commune, to the evaluators."""

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone

from accounts import absences
from accounts.models import User
from accounts.states import Role
from applications import services
from applications.models import Application, AskedItem
from applications.services.instruction import (
    check_assignable,
    check_in_instruction,
    check_instructs,
    check_request,
    check_sent_to_review,
)
from applications.states import ItemKind
from common.errors import DomainError
from common.typography import counted
from common.widgets import DateInput
from reviews.bulk.base import Asked, JobForm, Kind, Ready, register
from reviews.neutrality import evaluators, neutral_evaluators, why_not
from reviews.services.evaluation import check_has_opinion, open_review

ANSWER_DAYS, REVIEW_DAYS = 15, 14


def people_who_instruct() -> Any:
    roles = {"memberships__role__in": (Role.INSTRUCTOR, Role.FUND_MANAGER), "memberships__organisation__isnull": True}
    found = User.objects.filter(is_active=True, memberships__ended_at__isnull=True, **roles)
    return found.distinct().order_by("last_name", "first_name", "pk")


class AssignForm(JobForm):
    instructor = forms.ChoiceField(label="Confier à")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["instructor"])
        people = list(people_who_instruct())
        away = absences.away(one.pk for one in people)
        labels = {one.pk: f"{one} ({absences.words(away[one.pk])})" if one.pk in away else str(one) for one in people}
        field.choices = [("", "Choisissez une personne"), *((str(one.pk), labels[one.pk]) for one in people)]

    def asked(self) -> dict[str, Any]:
        return {"instructor": int(self.cleaned_data["instructor"])}


@register
class Assign(Kind):
    code, verb, title = "confier", "Confier à", "Dossiers confiés"
    hint = "Un dossier que personne n’avait pris est pris au nom de cette personne. La commune n’en est pas avertie."
    form = AssignForm

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        check_instructs(application, by=by)
        check_assignable(application)
        if asked.get("instructor") and application.instructor_id == asked["instructor"]:
            raise DomainError("Cette personne instruit déjà ce dossier.")
        return Ready()

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        application = services.assign_instructor(pk, instructor=asked["instructor"], by=by)
        person = cast(User, application.instructor)
        away = absences.away([person.pk]).get(person.pk)
        return f"Confié à {person.get_full_name()}{f' ({absences.words(away)})' if away else ''}."


class PiecesForm(JobForm):
    items = forms.CharField(
        label="Pièces à demander",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Une par ligne, la même pour chaque commune. Le libellé exact d’un document de l’appel le remplace.",
    )
    reason = forms.CharField(label="Pourquoi", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    due_on = forms.DateField(
        label="À envoyer avant le",
        widget=DateInput(),
        initial=lambda: timezone.localdate() + timedelta(days=ANSWER_DAYS),
        help_text="Le délai d’instruction de chaque dossier est arrêté jusqu’à la réponse de la commune.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                check_request(_lines(data["items"]), data["reason"], data["due_on"])
            except DomainError as refusal:
                self.add_error(None, str(refusal))
        return data

    def asked(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {**data, "items": [one.label for one in _lines(data["items"])], "due_on": data["due_on"].isoformat()}


def _lines(text: str) -> list[Any]:
    labels = dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return [AskedItem(ItemKind.DOCUMENT, label, label) for label in labels]


@register
class Pieces(Kind):
    code, verb, title = "pieces", "Demander une pièce", "Demande de pièces"
    form = PiecesForm

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        check_instructs(application, by=by)
        check_in_instruction(application)
        return Ready(to_commune=True)

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        due_on = date.fromisoformat(asked["due_on"])
        services.ask_pieces(pk, items=asked["items"], reason=asked["reason"], due_on=due_on, by=by)
        return "La demande est partie ; le délai est arrêté."


class EvaluateForm(JobForm):
    manner = forms.ChoiceField(
        label="Comment les évaluateurs sont choisis",
        choices=[("partage", "Partagés également"), ("nommes", "Nommés par vous")],
        widget=forms.RadioSelect,
        initial="partage",
    )
    per_file = forms.IntegerField(
        label="Évaluateurs par dossier", min_value=1, max_value=5, initial=2, required=False, help_text="De 1 à 5."
    )
    evaluators = forms.MultipleChoiceField(
        label="Évaluateurs nommés", widget=forms.CheckboxSelectMultiple, required=False
    )
    due_on = forms.DateField(
        label="Grilles attendues avant le",
        widget=DateInput(),
        initial=lambda: timezone.localdate() + timedelta(days=REVIEW_DAYS),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["evaluators"])
        people = list(evaluators())
        field.choices = [(str(one.pk), str(one)) for one in people]
        field.widget.hints = {
            str(one.pk): counted(one.open_reviews, "grille") + " à rendre" for one in people if one.open_reviews
        }
        hints = {"partage": "Les moins chargés d’abord, jamais sur un dossier où ils ont un intérêt."}
        cast(Any, self.fields["manner"].widget).hints = hints

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("manner") == "nommes" and not data.get("evaluators"):
            self.add_error("evaluators", "Choisissez au moins une personne, ou le partage.")
        if data.get("manner") == "partage" and not data.get("per_file") and "per_file" not in self.errors:
            self.add_error("per_file", "Dites combien d’évaluateurs lisent chaque dossier.")
        if data.get("due_on") and data["due_on"] <= timezone.localdate():
            self.add_error("due_on", "La date de retour des évaluations est à venir.")
        return data

    def asked(self) -> dict[str, Any]:
        data = self.cleaned_data
        named = [int(pk) for pk in data["evaluators"]] if data["manner"] == "nommes" else []
        return {"named": named, "per_file": data["per_file"], "due_on": data["due_on"].isoformat()}


@register
class Evaluate(Kind):
    code, verb, title = "evaluer", "Envoyer en évaluation", "Envoi en évaluation"
    hint = "Chaque évaluateur reçoit un courriel par dossier qui lui est confié."
    form = EvaluateForm

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        check_instructs(application, by=by)
        check_has_opinion(application)
        check_in_instruction(application)
        check_sent_to_review(application)
        for person in User.objects.filter(pk__in=asked.get("named", ())):
            if refusal := why_not(person, application):
                raise DomainError(refusal)
        if asked.get("per_file") and not asked.get("named"):
            _least_loaded(application, asked["per_file"])
        return Ready(to_others=len(asked.get("named", ())) or asked.get("per_file", 2))

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        application = Application.objects.select_related("organisation").get(pk=pk)
        self.preflight(application, by=by, asked={})
        chosen = asked["named"] or _least_loaded(application, asked["per_file"])
        open_review(pk, evaluators=chosen, due_on=date.fromisoformat(asked["due_on"]), by=by)
        names = User.objects.filter(pk__in=chosen).order_by("last_name", "pk")
        return "Confié à " + ", ".join(one.get_full_name() for one in names) + "."


def _least_loaded(application: Application, wanted: int) -> list[int]:
    free = sorted(neutral_evaluators(application), key=lambda one: (one.open_reviews, one.pk))
    if len(free) < wanted:
        raise DomainError(
            f"Il manque {counted(wanted - len(free), 'évaluateur')} sans intérêt dans le dossier {application.reference}."
        )
    return [one.pk for one in free[:wanted]]
