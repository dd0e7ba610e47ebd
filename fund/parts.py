"""The parts of a call, each prepared on its own page: how it is shown, checked and saved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse

from common.actors import Actor
from common.dates import moment
from common.money import euros, percent
from common.typography import counted
from fund import services
from fund.forms import call as forms
from fund.models import Call


@dataclass(frozen=True)
class Part:
    slug: str
    title: str
    hint: Callable[[Call], str]
    done: Callable[[Call], bool]
    form: Any
    template: str = "fund/call_part.html"

    def blank(self, call: Call) -> Any:
        return self.form(instance=call, initial={"version": call.version})

    def bound(self, call: Call, data: Mapping[str, Any]) -> Any:
        return self.form(data, instance=call)

    def save(self, pk: int, form: Any, data: Mapping[str, Any], *, by: Actor) -> None:
        services.save_call(pk, by=by, version=form.cleaned_data["version"], **form.changes())

    def refuse(self, form: Any, sentence: str) -> None:
        form.add_error(None, sentence)


@dataclass(frozen=True)
class RowsPart(Part):
    """A part made of rows: its form is a formset, and the version travels beside it."""

    rows: Callable[[Call], list[dict[str, Any]]] = lambda call: []
    service: Callable[..., Call] = services.save_plan

    def blank(self, call: Call) -> Any:
        return self.form(initial=self.rows(call), prefix="r")

    def bound(self, call: Call, data: Mapping[str, Any]) -> Any:
        return self.form(data, initial=self.rows(call), prefix="r")

    def save(self, pk: int, form: Any, data: Mapping[str, Any], *, by: Actor) -> None:
        version = data.get("version", "")
        self.service(pk, form.rows(), by=by, version=int(version) if str(version).isdigit() else 0)

    def refuse(self, form: Any, sentence: str) -> None:
        form._non_form_errors.append(sentence)


def _criteria(call: Call) -> list[dict[str, Any]]:
    names = ("id", "label", "help", "weight", "anchors")
    return [{name: getattr(row, name) for name in names} for row in call.criteria.all()]


def _documents(call: Call) -> list[dict[str, Any]]:
    return [
        {name: getattr(row, name) for name in ("id", "label", "help", "required", "valid_months")}
        for row in call.documents.all()
    ]


def _points(call: Call) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in ("id", "label", "help")} for row in call.points.all()]


def _plan(call: Call) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in ("id", "kind", "share_bp", "days_after")} for row in call.plan.all()]


def _weight(call: Call) -> int:
    return sum(row.weight for row in call.criteria.all())


def _shares(call: Call) -> int:
    return sum(row.share_bp for row in call.plan.all())


_ALL = (
    Part(
        "presentation",
        "La présentation",
        lambda call: "Titre, résumé, règlement, contact",
        lambda call: bool(call.summary.strip()),
        forms.PresentationForm,
    ),
    Part(
        "calendrier",
        "Le calendrier",
        lambda call: f"Du {moment(call.opens_at)} au {moment(call.closes_at)}",
        lambda call: call.state != "draft" or call.closes_at > call.opens_at,
        forms.CalendarForm,
    ),
    Part(
        "communes-et-actions",
        "Les communes et les actions",
        lambda call: (
            f"{call.get_audience_display()}, {counted(len(call.themes), 'thème')}, "
            f"{counted(len(call.action_types), 'type d’action,types d’action')}"
        ),
        lambda call: bool(call.themes and call.action_types),
        forms.AudienceForm,
    ),
    Part(
        "montants",
        "Les montants et la base juridique",
        lambda call: f"Jusqu’à {percent(call.max_rate_bp)}, de {euros(call.floor_cents)} à {euros(call.ceiling_cents)}",
        lambda call: True,
        forms.AmountsForm,
    ),
    RowsPart(
        "versements",
        "Les versements",
        lambda call: " puis ".join(f"{s.get_kind_display().lower()} {percent(s.share_bp)}" for s in call.plan.all()),
        lambda call: _shares(call) == 10_000,
        forms.ShareFormSet,
        "fund/call_rows.html",
        rows=_plan,
        service=services.save_plan,
    ),
    RowsPart(
        "pieces",
        "Les pièces demandées",
        lambda call: counted(len(call.documents.all()), "pièce,pièces,aucune pièce"),
        lambda call: True,
        forms.DocumentFormSet,
        "fund/call_rows.html",
        rows=_documents,
        service=services.save_documents,
    ),
    RowsPart(
        "recevabilite",
        "Les points de recevabilité à vérifier",
        lambda call: counted(len(call.points.all()), "point,points,aucun point") + " en plus des contrôles calculés",
        lambda call: True,
        forms.PointFormSet,
        "fund/call_rows.html",
        rows=_points,
        service=services.save_points,
    ),
    Part(
        "lecture",
        "La lecture des grilles",
        lambda call: (
            f"Commentaire sous {call.comment_under}, seconde lecture au-delà de {call.second_reading_over} points d’écart"
        ),
        lambda call: True,
        forms.ReadingForm,
    ),
    RowsPart(
        "criteres",
        "Les critères et leurs poids",
        lambda call: f"{counted(len(call.criteria.all()), 'critère')}, total {_weight(call)} %",
        lambda call: _weight(call) == 100,
        forms.CriterionFormSet,
        "fund/call_criteria.html",
        rows=_criteria,
        service=services.save_criteria,
    ),
)
PARTS = {part.slug: part for part in _ALL}


def parts_of(call: Call) -> list[dict[str, Any]]:
    """What `{% task_list %}` shows."""
    return [*(_task(part, call) for part in _ALL), _questions(call)]


def _task(part: Part, call: Call) -> dict[str, Any]:
    done = part.done(call)
    return {
        "label": part.title,
        "url": reverse("call_part", args=[call.slug, part.slug]),
        "hint": part.hint(call),
        "kind": "done" if done else "you",
        "state": "Complet" if done else "À compléter",
        "done": done,
    }


def _questions(call: Call) -> dict[str, Any]:
    """Asking nothing more than the sheet is a complete answer."""
    latest = call.question_sets.annotate(count=Count("questions")).order_by("-number").first()
    hint = "Aucune : le formulaire commun suffit"
    if latest is not None:
        hint = f"{counted(latest.count, 'question')}, {latest.get_state_display().lower()}"
    url = reverse("call_questions", args=[call.slug])
    return {
        "label": "Les questions propres à l’appel",
        "url": url,
        "hint": hint,
        "kind": "done",
        "state": "Complet",
        "done": True,
    }
