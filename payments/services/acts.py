"""The acts on an award: prepared by the fund manager, signed by the head of service, another person.

Lock order: envelope, decision, application, instalments, act.
"""

from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from applications import policies as files
from applications.models import Application, ChangeRequest, Decision
from applications.models.change import OPEN as OPEN_CHANGES
from applications.services.instruction import locked_for_desk
from applications.states import ApplicationState, DecisionKind, DecisionState
from common.clock import database_now
from common.dates import day, local
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.wake import wake
from fund.models import Envelope, Movement
from fund.services import lock_envelope, move
from journal.services import advance, begin, locked
from payments.acts import lapse_date
from payments.models import AwardAct, Instalment
from payments.notifications import ActMail
from payments.services.reducing import lower, obstacle
from payments.states import DONE, ENDING_ACTS, ActKind, ActState, InstalmentState


@transaction.atomic
def prepare_act(
    application_pk: int,
    *,
    kind: str,
    reason: str,
    by: Any,
    until: date | None = None,
    award_cents: int | None = None,
    version: int | None = None,
) -> AwardAct:
    """Prepare an act on a standing award; nothing changes until it is signed by another person.

    `until` is the new lapse date of an extension, `award_cents` what a reduction leaves of the award.
    """
    application = locked_for_desk(application_pk, by=by)
    if not files.can_record_decision(by, application):
        raise NotAllowed("Le gestionnaire du fonds prépare les actes.")
    decision = _standing(application)
    if AwardAct.objects.filter(decision=decision, state=ActState.PREPARED).exists():
        raise DomainError("Un acte est déjà préparé sur cette aide : faites-le signer, ou retirez-le.")
    if not reason.strip():
        raise DomainError("Un acte est motivé : dites à la commune ce qui l’a décidé.")
    before, instalments = lapse_date(decision), list(Instalment.objects.filter(decision=decision).order_by("pk"))
    if kind == ActKind.EXTENSION and (until is None or until <= before):
        raise DomainError(f"La nouvelle date vient après le {day(before)}, celle qui est en vigueur.")
    if kind == ActKind.LAPSE and before >= local(database_now()).date():
        raise DomainError(f"Cette aide n’est caduque qu’après le {day(before)}.")
    if kind in ENDING_ACTS:
        _to_free(instalments)
    reduction = _reduction(decision, instalments, award_cents) if kind == ActKind.REDUCTION else 0
    act = AwardAct(
        application=application,
        decision=decision,
        organisation_id=application.organisation_id,
        kind=kind,
        reason=reason.strip(),
        before=before,
        until=until if kind == ActKind.EXTENSION else None,
        award_cents=decision.now_cents,
        reduction_cents=reduction,
        prepared_by=by,
    )
    begin(act, by=by, verb="prepare_act", data={"kind": kind, "until": until, "cents": reduction})
    return act


def _standing(application: Application) -> Decision:
    decision = application.decisions.filter(kind=DecisionKind.GRANT, state=DecisionState.NOTIFIED).first()
    if decision is None or application.state != ApplicationState.GRANTED:
        raise DomainError("Un acte porte sur une aide notifiée et en cours.")
    return decision


def _to_free(instalments: list[Instalment]) -> list[Instalment]:
    """The planned instalments; DomainError while one is on its way, or when nothing is left."""
    for one in instalments:
        if one.state not in (*DONE, InstalmentState.PLANNED):
            raise DomainError(
                f"Un versement de {euros(one.amount_cents)} est « {one.get_state_display()} » : renvoyez-le à la commune, "
                "ou attendez qu’il soit payé."
            )
    planned = [one for one in instalments if one.state == InstalmentState.PLANNED]
    if not planned:
        raise DomainError("Tout est payé : il n’y a plus rien à libérer.")
    return planned


@transaction.atomic
def withdraw_act(pk: int, *, by: Any, version: int | None = None) -> AwardAct:
    act = locked(AwardAct.objects.select_related("application"), pk, version=version)
    if not files.can_record_decision(by, act.application):
        raise NotAllowed("Le gestionnaire du fonds retire un acte avant sa signature.")
    _must_be_prepared(act)
    advance(act, act.withdraw, by=by)
    return act


@transaction.atomic
def sign_act(pk: int, *, act_number: str, act_date: date, by: Any, version: int | None = None) -> AwardAct:
    """Sign an act: by the head of service, never by who prepared it; what it frees comes back to the envelope at once."""
    seen = AwardAct.objects.select_related("application__call").filter(pk=pk).first()
    if seen is None:
        raise DomainError("Cet acte n’existe plus.")
    envelope = lock_envelope(seen.application.call.envelope_id)
    decision = locked(Decision.objects.all(), seen.decision_id)
    application = locked_for_desk(seen.application_id, by=by)
    rows = Instalment.objects.select_for_update(no_key=True, of=("self",)).filter(decision=decision)
    instalments = list(rows.order_by("pk"))
    act = locked(AwardAct.objects.select_related("application"), pk, version=version)
    number = _may_sign(act, application, act_number, act_date, by=by)
    planned = _to_free(instalments) if act.kind in ENDING_ACTS else []
    released = act.reduction_cents + sum(one.amount_cents for one in planned)
    if act.kind == ActKind.REDUCTION:
        _reduction(decision, instalments, act.award_cents - act.reduction_cents, prepared=act.award_cents)
    data = {"kind": act.kind, "act_number": number, "act_date": act_date, "cents": released}
    signed: dict[str, Any] = {"act_number": number, "act_date": act_date, "released": released}
    signed["movement"] = _give_back(envelope, released, act, number, by=by) if released else None
    advance(act, act.sign, signatory=by, by=by, reason=act.reason, data=data, **signed)
    _follow(act, application, decision, instalments, planned, by=by, data=data)
    act.refresh_from_db()
    ActMail(act).queue()
    transaction.on_commit(lambda: _wake(act.pk), robust=True)
    return act


def _may_sign(act: AwardAct, application: Application, act_number: str, act_date: date, *, by: Any) -> str:
    """The number of the act, tidied; NotAllowed or DomainError when it cannot be signed so."""
    if not files.can_sign_decision(by, application):
        raise NotAllowed("Le chef de service signe les actes.")
    _must_be_prepared(act)
    if act.prepared_by_id == by.pk:
        raise NotAllowed("Vous avez préparé cet acte : une autre personne le signe.")
    _standing(application)
    number = " ".join(act_number.split())
    if not number or len(number) > 60:
        raise DomainError("Indiquez le numéro de l’acte (60 caractères au plus).")
    if act_date > local(database_now()).date():
        raise DomainError("La date de l’acte ne peut pas être à venir.")
    return number


def _reduction(
    decision: Decision, instalments: list[Instalment], award_cents: int | None, *, prepared: int | None = None
) -> int:
    """How many cents the award loses to come down to `award_cents`; DomainError when it cannot, or changed since `prepared`."""
    now = decision.now_cents
    if prepared is not None and prepared != now:
        raise DomainError(
            f"L’aide est aujourd’hui de {euros(now)}, elle était de {euros(prepared)} quand l’acte a été préparé : "
            "retirez-le et préparez-en un autre."
        )
    if not award_cents or award_cents >= now:
        raise DomainError(f"Une réduction laisse moins que l’aide d’aujourd’hui, {euros(now)}, et plus que rien.")
    if ChangeRequest.objects.filter(decision=decision, state__in=OPEN_CHANGES, reduction_cents__gt=0).exists():
        raise DomainError("La commune demande elle-même de baisser cette aide : répondez d’abord à sa demande.")
    if refusal := obstacle(decision, instalments, award_cents):
        raise DomainError(refusal)
    return now - award_cents


def _give_back(envelope: Envelope, cents: int, act: AwardAct, number: str, *, by: Any) -> Movement:
    return move(
        envelope,
        "decommit",
        cents,
        by=by,
        subject=str(act.application.number),
        operation=uuid5(NAMESPACE_URL, f"award-act:{act.pk}"),
        label=f"{act.get_kind_display()}, acte {number}"[:200],
    )


def _follow(
    act: AwardAct,
    application: Application,
    decision: Decision,
    instalments: list[Instalment],
    planned: list[Instalment],
    *,
    by: Any,
    data: dict[str, Any],
) -> None:
    """What the signed act makes of the plan and of the file."""
    if act.kind == ActKind.REDUCTION:
        lower(decision, instalments, act.award_cents - act.reduction_cents, by=by)
    for one in planned:
        advance(one, one.void, why=act.get_kind_display(), by=by, reason=act.reason, data={"cents": one.amount_cents})
    if act.kind in ENDING_ACTS:
        verb = application.lapse if act.kind == ActKind.LAPSE else application.cancel
        advance(application, verb, by=by, reason=act.reason, data=data)


def _must_be_prepared(act: AwardAct) -> None:
    if act.state != ActState.PREPARED:
        raise DomainError(f"Cet acte est déjà « {act.get_state_display().lower()} ». Rien n’a été changé.")


def _wake(pk: int) -> None:
    from payments.tasks import make_act_letter

    wake(make_act_letter, pk)
