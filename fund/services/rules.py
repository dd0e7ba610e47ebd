"""What a call says: its fields, criteria, documents and instalments. Frozen once an application has been sent."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.text import slugify

from accounts.states import Role
from common.actors import Actor
from common.dates import PARIS, moment
from common.errors import DomainError, Stale
from fund.models import Call, CallDocument, CallPoint, Criterion, Envelope, PlannedShare
from fund.policies import require, rules_are_frozen
from fund.states import ENDED, ActionType, CallState, LegalBasis, Theme
from journal.services import begin, locked, record

# Promised to those who have already sent a file. The database refuses them too (fund/guards.py).
FROZEN_FIELDS = frozenset(
    {
        "max_rate_bp", "ceiling_cents", "floor_cents", "min_own_share_bp", "legal_basis", "envelope", "opens_at",
        "audience", "themes", "action_types", "comment_under", "second_reading_over",
    }
)  # fmt: skip
COPIED = (
    "summary", "rules", "audience", "themes", "action_types", "max_rate_bp", "ceiling_cents", "floor_cents",
    "min_own_share_bp", "legal_basis", "number_prefix", "contact",
    "comment_under", "second_reading_over",
)  # fmt: skip
FROZEN = (
    "Des communes ont déjà envoyé leur dossier en lisant ces règles : elles ne changent plus jusqu’à la fin de "
    "l’appel. Le texte de présentation, le contact, le report de la clôture et la date du bilan restent modifiables."
)


@transaction.atomic
def create_call(*, envelope: Envelope, title: str, by: Actor, copy_of: Call | None = None) -> Call:
    """A draft for the envelope's year: blank with sensible values, or what another call said, with its dates moved."""
    require(by, Role.FUND_MANAGER)
    call = Call(
        fund_id=envelope.line.budget.fund_id,
        envelope=envelope,
        year=envelope.year,
        title=title,
        slug=_free_slug(title, envelope.year),
        **(_copied_fields(copy_of, envelope.year) if copy_of else _blank_fields()),
    )
    begin(call, by=by, data={"copy_of": copy_of.pk if copy_of else None})
    if copy_of:
        for rows in (copy_of.criteria, copy_of.documents, copy_of.points, copy_of.plan):
            for row in rows.all():
                row.pk, row._state.adding, row.call = None, True, call
                row.save(force_insert=True)
    else:
        for position, kind in enumerate((PlannedShare.Kind.ADVANCE, PlannedShare.Kind.BALANCE)):
            PlannedShare.objects.create(call=call, kind=kind, share_bp=5000, position=position)
    return call


@transaction.atomic
def save_call(pk: int, *, by: Actor, version: int, **fields: Any) -> Call:
    """Save fields of the call. Raises DomainError for a rule that is frozen or a closing that comes sooner."""
    call = _locked_for_edit(pk, by=by, version=version)
    changed = sorted(name for name, value in fields.items() if getattr(call, name) != value)
    if FROZEN_FIELDS & set(changed) and rules_are_frozen(call):
        raise DomainError(FROZEN)
    if "closes_at" in changed and call.state != CallState.DRAFT and fields["closes_at"] < call.closes_at:
        raise DomainError(
            f"La clôture est annoncée au {moment(call.closes_at)} : elle peut être repoussée, jamais avancée."
        )
    if "closes_at" in changed and call.state == CallState.CLOSED:
        raise DomainError("L’appel est clos : il ne se rouvre pas. Créez un nouvel appel si besoin.")
    for name in changed:
        setattr(call, name, fields[name])
    if "envelope" in changed:
        call.year = call.envelope.year
    if changed:
        call.version += 1
        call.save()
        record(call, by=by, verb="edit", data={"fields": changed})
    return call


def save_criteria(pk: int, rows: list[dict[str, Any]], *, by: Actor, version: int) -> Call:
    """Replace the grid by `rows` (label, help, weight, anchors); a row with `id` keeps it."""
    return _save_rows(pk, Criterion, rows, by=by, version=version, verb="edit_criteria")


def save_documents(pk: int, rows: list[dict[str, Any]], *, by: Actor, version: int) -> Call:
    """Replace the documents asked for by `rows` (label, help, required, valid_months)."""
    return _save_rows(pk, CallDocument, rows, by=by, version=version, verb="edit_documents")


def save_points(pk: int, rows: list[dict[str, Any]], *, by: Actor, version: int) -> Call:
    """Replace the points that a person checks on each file by `rows` (label, help)."""
    return _save_rows(pk, CallPoint, rows, by=by, version=version, verb="edit_points")


def save_plan(pk: int, rows: list[dict[str, Any]], *, by: Actor, version: int) -> Call:
    """Replace the instalments by `rows` (kind, share_bp, days_after)."""
    return _save_rows(pk, PlannedShare, rows, by=by, version=version, verb="edit_plan")


@transaction.atomic
def _save_rows(
    pk: int, model: type[models.Model], rows: list[dict[str, Any]], *, by: Actor, version: int, verb: str
) -> Call:
    call = _locked_for_edit(pk, by=by, version=version)
    if rules_are_frozen(call):
        raise DomainError(FROZEN)
    kept = {row["id"] for row in rows if row.get("id")}
    try:
        with transaction.atomic():
            model._default_manager.filter(call=call).exclude(pk__in=kept).delete()
    except (ProtectedError, IntegrityError) as error:
        raise DomainError(
            "Une des lignes retirées sert déjà dans un brouillon de dossier : gardez-la, ou rendez-la facultative."
        ) from error
    taken: set[str] = (
        set(model._default_manager.filter(call=call).values_list("code", flat=True)) if _coded(model) else set()
    )
    for position, row in enumerate(rows):
        fields = {name: value for name, value in row.items() if name != "id"} | {"position": position}
        if row.get("id"):
            if not model._default_manager.filter(call=call, pk=row["id"]).update(**fields):
                raise Stale
            continue
        if _coded(model):
            fields["code"] = _free_code(fields["label"], taken)
        model._default_manager.create(call=call, **fields)
    call.version += 1
    call.save()
    record(call, by=by, verb=verb, data={"rows": [{k: v for k, v in row.items() if k != "anchors"} for row in rows]})
    return call


def _locked_for_edit(pk: int, *, by: Actor, version: int) -> Call:
    require(by, Role.FUND_MANAGER)
    call = locked(Call.objects.select_related("envelope__line__budget"), pk, version=version)
    if call.state in ENDED:
        raise DomainError(f"L’appel est « {call.get_state_display()} » : il ne se modifie plus.")
    return call


def _coded(model: type[models.Model]) -> bool:
    return any(field.name == "code" for field in model._meta.get_fields())


def _free_code(label: str, taken: set[str]) -> str:
    root = slugify(label).replace("-", "_")[:34].strip("_") or "ligne"
    code, number = root, 2
    while code in taken:
        code, number = f"{root}_{number}", number + 1
    taken.add(code)
    return code


def _free_slug(title: str, year: int) -> str:
    root = slugify(title)[:70].strip("-") or "appel"
    root = root if str(year) in root else f"{root}-{year}"
    slug, number = root, 2
    while Call.objects.filter(slug=slug).exists():
        slug, number = f"{root}-{number}", number + 1
    return slug


def _blank_fields() -> dict[str, Any]:
    opens = _at(timezone.localdate() + timedelta(days=30), 9)
    closes = _at(opens.date() + timedelta(days=75), 17)
    return {
        "summary": "",
        "opens_at": opens,
        "closes_at": closes,
        "decision_expected_on": closes.date() + timedelta(days=75),
        "report_due_on": closes.date() + timedelta(days=540),
        "themes": Theme.values,
        "action_types": ActionType.values,
        "max_rate_bp": 6000,
        "ceiling_cents": 600_000,
        "floor_cents": 50_000,
        "min_own_share_bp": 2000,
        "legal_basis": LegalBasis.CITY_CONTRACT,
    }


def _copied_fields(call: Call, year: int) -> dict[str, Any]:
    shift = year - call.year
    return {
        **{name: getattr(call, name) for name in COPIED},
        "opens_at": _years_later(call.opens_at, shift),
        "closes_at": _years_later(call.closes_at, shift),
        "decision_expected_on": _day_years_later(call.decision_expected_on, shift),
        "report_due_on": _day_years_later(call.report_due_on, shift),
    }


def _at(day: Any, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=PARIS)


def _years_later(moment_: datetime, years: int) -> datetime:
    shown = moment_.astimezone(PARIS)
    return datetime.combine(_day_years_later(shown.date(), years), shown.time(), tzinfo=PARIS)


def _day_years_later(day: Any, years: int) -> Any:
    """29 February becomes 28 February."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
