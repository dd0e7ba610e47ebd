"""The register of the declarations and of the people who stepped aside, for one call, as a reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from applications.models import Application
from common.dates import day, moment
from common.hidden import hidden_from
from documents import letters
from fund.models import Call
from journal.models import Entry
from reviews.models import Conflict, DeclaredOrganisation, InterestDeclaration


@dataclass(frozen=True)
class Register:
    call: Call
    declarations: Sequence[InterestDeclaration]
    conflicts: Sequence[Conflict]


def read(call: Call, reader: Any) -> Register:
    """All of the call, but for what concerns a file hidden from the reader: their own interests are on their own page."""
    hidden = Application.objects.filter(pk__in=hidden_from(reader).files, call=call)
    closed = {*hidden.values_list("organisation", flat=True), *reader.organisation_ids()}
    closed |= set(own_named(reader, call).values_list("organisation", flat=True))
    declarations = list(
        InterestDeclaration.objects.filter(call=call)
        .select_related("user")
        .prefetch_related("organisations__organisation", "organisations__lifted_by")
        .order_by("-declared_at", "-pk")
    )
    shown = [one for one in declarations if one.user_id == reader.pk or not _names(one, closed)]
    conflicts = Conflict.objects.filter(application__call=call).exclude(application__in=hidden)
    conflicts = conflicts.exclude(application__organisation__in=reader.organisation_ids())
    related = ("user", "lifted_by", "application__organisation")
    rows = list(conflicts.select_related(*related).order_by("-declared_at", "-pk"))
    left = _left_the_averages(rows)
    for one in rows:
        one.left_the_averages = (one.application_id, one.user_id) in left  # type: ignore[attr-defined]
    return Register(call, shown, rows)


def own_named(user: Any, call: Call) -> QuerySet[DeclaredOrganisation]:
    return DeclaredOrganisation.objects.filter(declaration__user=user, declaration__call=call, lifted_at__isnull=True)


def _names(declaration: InterestDeclaration, closed: set[int]) -> bool:
    return any(one.organisation_id in closed for one in declaration.organisations.all())


def _left_the_averages(rows: Sequence[Conflict]) -> set[tuple[int, int | None]]:
    """(file, person) of the grids handed in that were taken out of the averages."""
    said = Entry.objects.filter(
        verb="declare_conflict",
        subject_type=Application._meta.label_lower,
        subject_id__in=[one.application_id for one in rows],
        data__left_the_averages=True,
    )
    return set(said.values_list("subject_id", "actor_id"))


def pdf(register: Register) -> bytes:
    return letters.render("interest_register", data_of(register))


def data_of(register: Register) -> dict[str, Any]:
    return {
        "head": letters.letterhead(register.call.fund),
        "date": timezone.now(),
        "call_title": register.call.title,
        "year": register.call.year,
        "declarations": [_declared(one) for one in register.declarations],
        "recusals": [_recused(one) for one in register.conflicts],
    }


def _declared(one: InterestDeclaration) -> dict[str, Any]:
    named = [
        f"{row.organisation.name} (levée le {day(row.lifted_at)} par {row.lifted_by} : {row.lift_reason})"
        if row.lifted_at
        else row.organisation.name
        for row in one.organisations.all()
    ]
    words = [f"{label} : {said}" for label, said in one.parts]
    return {
        "person": one.user.get_full_name(),
        "at": moment(one.declared_at),
        "words": words or ["Aucun intérêt déclaré"],
        "communes": named,
    }


def _recused(one: Conflict) -> dict[str, Any]:
    lifted = f"Levé le {day(one.lifted_at)} par {one.lifted_by} : {one.lift_reason}" if one.lifted_at else ""
    out = "Grille déjà rendue, retirée de la moyenne" if one.left_the_averages else ""  # type: ignore[attr-defined]
    return {
        "person": one.user.get_full_name(),
        "at": moment(one.declared_at),
        "file": one.application.number or "",
        "commune": one.application.organisation.name,
        "reason": one.reason,
        "note": " ; ".join(filter(None, (out, lifted))),
    }
