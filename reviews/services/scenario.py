"""Drawing scenarios, sharing them, retaining one. Money moves nowhere: a scenario is advice."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.states import Role
from applications.models import Application
from common.errors import DomainError, NotAllowed
from common.money import euros
from fund.models import Call
from fund.services import lock_envelope
from journal.services import advance, begin, locked, record
from reviews.committee_states import ALLOCABLE, ScenarioState
from reviews.models import Scenario, ScenarioLine
from reviews.scenarios import available_of, seen_files

S = ScenarioState
OF_ANOTHER = "Un scénario est préparé par un instructeur ou par le gestionnaire du fonds."


@dataclass(frozen=True)
class Given:
    """What was typed for one file."""

    cents: int = 0
    rank: int | None = None
    remark: str = ""

    @property
    def says_something(self) -> bool:
        return bool(self.cents or self.rank or self.remark)


class WrongLine(DomainError):
    """A line that cannot be kept; `application` says which."""

    def __init__(self, application: int, message: str) -> None:
        super().__init__(message)
        self.application = application


def can_draw(user: Any) -> bool:
    return bool(user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER))


def can_retain(user: Any) -> bool:
    return bool(user.has_role(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE))


@transaction.atomic
def create_scenario(
    call_pk: int,
    *,
    name: str,
    note: str = "",
    envelope_cents: int | None = None,
    rules: dict[str, Any] | None = None,
    lines: dict[int, Given] | None = None,
    by: Any,
) -> Scenario:
    """A new draft, empty or with its lines (a proposal that a person copies)."""
    if not can_draw(by):
        raise NotAllowed(OF_ANOTHER)
    call = Call.objects.get(pk=call_pk)
    available = available_of(call) if envelope_cents is None else envelope_cents
    scenario = Scenario(
        call=call, name=_name(name), note=note.strip(), envelope_cents=available, rules=rules or {}, author=by
    )
    begin(scenario, by=by)
    if lines:
        _write(scenario, lines, by=by)
    return scenario


@transaction.atomic
def save_scenario(
    pk: int, *, name: str, note: str, lines: dict[int, Given], by: Any, version: int | None = None
) -> Scenario:
    """Keep the name and the lines given; files that are not given keep theirs. WrongLine says what does not fit."""
    scenario = _mine(pk, by=by, version=version)
    scenario.name, scenario.note = _name(name), note.strip()
    changed = _write(scenario, lines, by=by)
    scenario.version += 1
    scenario.save()
    record(scenario, by=by, verb="write_scenario", data={"changed": changed})
    return scenario


@transaction.atomic
def share_scenario(pk: int, *, by: Any, version: int | None = None) -> Scenario:
    scenario = _mine(pk, by=by, version=version)
    advance(scenario, scenario.share, by=by, refusal="Ce scénario est déjà partagé.")
    return scenario


@transaction.atomic
def retain_scenario(pk: int, *, by: Any, version: int | None = None) -> Scenario:
    """Retain one for the committee, under the lock of the envelope; the one retained before is let go."""
    if not can_retain(by):
        raise NotAllowed("Un scénario est retenu par le gestionnaire du fonds ou par la direction du service.")
    found = Scenario.objects.visible_to(by).filter(pk=pk).values("call_id", "call__envelope_id").first()
    if found is None:
        raise DomainError("Ce scénario n’existe plus.")
    lock_envelope(found["call__envelope_id"])
    same_call = Scenario.objects.filter(call=found["call_id"], state=S.RETAINED).exclude(pk=pk)
    for before in same_call.select_for_update(no_key=True):
        advance(before, before.let_go, by=by, reason="Un autre scénario est retenu.")
    scenario = locked(Scenario.objects.select_related("call"), pk, version=version)
    over = total_of(scenario) - available_of(scenario.call)
    if over > 0:
        raise DomainError(f"Ce scénario dépasse l’enveloppe de {euros(over)} : il ne peut pas être retenu.")
    advance(scenario, scenario.retain, by=by, refusal="Ce scénario est déjà retenu.")
    return scenario


@transaction.atomic
def let_scenario_go(pk: int, *, by: Any, version: int | None = None) -> Scenario:
    if not can_retain(by):
        raise NotAllowed("Un scénario est relâché par le gestionnaire du fonds ou par la direction du service.")
    scenario = locked(Scenario.objects.all(), pk, version=version)
    advance(scenario, scenario.let_go, by=by, refusal="Ce scénario n’est pas retenu.")
    return scenario


@transaction.atomic
def duplicate_scenario(pk: int, *, by: Any) -> Scenario:
    """A draft of one's own, with the lines one may see."""
    origin = Scenario.objects.visible_to(by).select_related("call").get(pk=pk)
    seen = seen_files(by, origin.call).exclude(assistances__helper=by).filter(state__in=ALLOCABLE)
    lines = {
        line.application_id: Given(line.proposed_cents, line.reserve_rank, line.remark)
        for line in ScenarioLine.objects.filter(scenario=origin, application__in=seen)
    }
    name = f"{origin.name[:70]} (copie)"
    return create_scenario(origin.call_id, name=name, note=origin.note, rules=origin.rules, lines=lines, by=by)


def total_of(scenario: Scenario) -> int:
    """What it proposes for the files that are not decided: every line, whoever asks. Never shown as it stands."""
    lines = ScenarioLine.objects.filter(scenario=scenario, application__state__in=ALLOCABLE)
    return sum(lines.values_list("proposed_cents", flat=True))


# --- Pieces ----------------------------------------------------------------------------------------------------


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Donnez un nom au scénario.")
    return name[:80]


def _mine(pk: int, *, by: Any, version: int | None) -> Scenario:
    if not can_draw(by) or not Scenario.objects.visible_to(by).filter(pk=pk).exists():
        raise NotAllowed(OF_ANOTHER)
    scenario = locked(Scenario.objects.select_related("call"), pk, version=version)
    if scenario.is_retained:
        raise DomainError("Ce scénario est retenu : dupliquez-le pour le changer. Rien n’a été enregistré.")
    return scenario


def _write(scenario: Scenario, lines: dict[int, Given], *, by: Any) -> list[str]:
    """Keep what changed; the numbers of the files changed."""
    writable = seen_files(by, scenario.call).exclude(assistances__helper=by).filter(state__in=ALLOCABLE, pk__in=lines)
    files = {one.pk: one for one in writable.only("number", "requested_cents", "allowed_cents")}
    before = {
        line.application_id: line for line in ScenarioLine.objects.filter(scenario=scenario, application__in=files)
    }
    create: list[ScenarioLine] = []
    update: list[ScenarioLine] = []
    delete: list[ScenarioLine] = []
    told: list[str] = []
    for pk, file in files.items():
        given, line = lines[pk], before.get(pk)
        _check(file, given, scenario.call.floor_cents)
        kept = Given(line.proposed_cents, line.reserve_rank, line.remark) if line else Given()
        if given == kept:
            continue
        told.append(str(file.number))
        if line is None:
            line = ScenarioLine(scenario=scenario, application_id=pk)
            create.append(line)
        else:
            (update if given.says_something else delete).append(line)
        line.proposed_cents, line.reserve_rank, line.remark = given.cents, given.rank, given.remark
        line.written_by = by
    _check_ranks(scenario, lines, files)
    ScenarioLine.objects.filter(pk__in=[line.pk for line in delete]).delete()
    ScenarioLine.objects.bulk_update(update, ["proposed_cents", "reserve_rank", "remark", "written_by"], batch_size=200)
    ScenarioLine.objects.bulk_create(create, batch_size=200)
    return told


def _check(file: Application, given: Given, floor_cents: int) -> None:
    most = min(file.requested_cents, file.allowed_cents)
    if not 0 <= given.cents <= most:
        raise WrongLine(file.pk, f"{file.number} : le montant va de {euros(0)} à {euros(most)}.")
    if 0 < given.cents < floor_cents:
        raise WrongLine(file.pk, f"{file.number} : l’appel fixe le plancher d’une aide à {euros(floor_cents)}.")
    if given.rank is not None and not 1 <= given.rank <= 999:
        raise WrongLine(file.pk, f"{file.number} : un rang de réserve va de 1 à 999.")
    if given.rank is not None and given.cents:
        raise WrongLine(file.pk, f"{file.number} : un dossier reçoit un montant ou un rang de réserve, pas les deux.")
    if len(given.remark) > 200:
        raise WrongLine(file.pk, f"{file.number} : la remarque a 200 caractères au plus.")


def _check_ranks(scenario: Scenario, lines: dict[int, Given], files: dict[int, Application]) -> None:
    others = ScenarioLine.objects.filter(scenario=scenario, reserve_rank__isnull=False).exclude(application__in=files)
    taken = set(others.values_list("reserve_rank", flat=True))
    for pk in files:
        rank = lines[pk].rank
        if rank is not None and rank in taken:
            raise WrongLine(pk, f"{files[pk].number} : le rang de réserve {rank} est déjà pris.")
        taken.add(rank)
