"""Recording a decision, undoing it before its signature, signing it; then the letter, made by a task.

Lock order: envelope, decision, application. The money is committed under the lock of the envelope before the decision
is written; what a person reads when it does not fit is what is left.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from applications import policies
from applications.letter_data import check_signable_text, text_of
from applications.models import Application, Decision, DecisionGround, Ground
from applications.notifications.desk import letter_mail
from applications.services.grounds import chosen, composed
from applications.services.instruction import CONFLICT, locked_for_desk, same_version
from applications.services.letter_texts import in_force
from applications.signals import decision_signed
from applications.states import GONE, ApplicationState, DecisionKind, DecisionState, GroundUse
from common.dates import relative
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.wake import wake
from fund.models import Call, Movement
from fund.services import lock_envelope, move, reverse
from journal.services import advance, begin, locked

SIGNED_WITH = ("application__organisation", "application__call__fund", "application__instructor", "recorded_by")
DECIDABLE = {
    DecisionKind.GRANT: (ApplicationState.REVIEWED, ApplicationState.WAITLISTED),
    DecisionKind.WAITLIST: (ApplicationState.REVIEWED,),
    DecisionKind.REJECT: (ApplicationState.REVIEWED, ApplicationState.WAITLISTED),
}


@transaction.atomic
def grant(
    pk: int,
    *,
    amount_cents: int,
    reasons: str = "",
    grounds: Collection[int] = (),
    by: Any,
    version: int | None = None,
) -> Decision:
    """Record an award and commit its money. Refuses, with what is left, when the envelope does not hold it.

    Reasons are asked when the amount is not the one requested: some of the list (`grounds`, ids), free words, or both.
    Never by a person with an interest in the file.
    """
    envelope = lock_envelope(_envelope_id(pk))
    application = _decidable(pk, DecisionKind.GRANT, by=by, version=version)
    listed = chosen(grounds, GroundUse.REDUCTION)
    if listed and amount_cents == application.requested_cents:
        raise DomainError("Les motifs de montant réduit ne servent que si le montant est inférieur à celui demandé.")
    reasons = composed(listed, reasons)
    check_amount(application, application.call, amount_cents, reasons)
    movement = move(
        envelope,
        "commit",
        amount_cents,
        by=by,
        subject=str(application.number),
        label=f"Aide accordée à {application.organisation.name}"[:200],
    )
    decision = _record(
        application, DecisionKind.GRANT, reasons, by=by, listed=listed, amount_cents=amount_cents, movement=movement
    )
    advance(application, application.grant, by=by, reason=decision.reasons, data=_told(decision))
    return decision


@transaction.atomic
def waitlist(
    pk: int, *, reasons: str = "", grounds: Collection[int] = (), by: Any, version: int | None = None
) -> Decision:
    """Put a reviewed file on the waiting list: it may be granted later, if money comes back."""
    application = _decidable(pk, DecisionKind.WAITLIST, by=by, version=version)
    if _standing(application).filter(kind=DecisionKind.WAITLIST).exists():
        raise DomainError("Ce dossier a déjà été inscrit sur la liste d’attente : accordez l’aide ou refusez-la.")
    listed = chosen(grounds, GroundUse.WAITLIST)
    decision = _record(application, DecisionKind.WAITLIST, composed(listed, reasons), by=by, listed=listed)
    advance(application, application.waitlist, by=by, reason=decision.reasons, data=_told(decision))
    return decision


@transaction.atomic
def reject(
    pk: int, *, reasons: str = "", grounds: Collection[int] = (), by: Any, version: int | None = None
) -> Decision:
    """Refuse the aid, always with reasons (fact and rule, as in CRPA L. 211-5)."""
    application = _decidable(pk, DecisionKind.REJECT, by=by, version=version)
    listed = chosen(grounds, GroundUse.REFUSAL)
    reasons = composed(listed, reasons)
    if not reasons:
        raise DomainError("Un refus est motivé : dites à la commune ce qui a conduit à cette décision.")
    decision = _record(application, DecisionKind.REJECT, reasons, by=by, listed=listed)
    advance(application, application.reject, by=by, reason=decision.reasons, data=_told(decision))
    return decision


def decide(pk: int, kind: str, *, amount_cents: int = 0, by: Any, **given: Any) -> Decision:
    """The verb of this kind of decision (`grant`, `waitlist`, `reject`); the amount serves a grant alone."""
    if kind == DecisionKind.GRANT:
        return grant(pk, amount_cents=amount_cents, by=by, **given)
    return {DecisionKind.WAITLIST: waitlist, DecisionKind.REJECT: reject}[DecisionKind(kind)](pk, by=by, **given)


def check_amount(application: Application, call: Call, cents: int, reasons: str) -> None:
    """The bounds of an award; DomainError with the bound that is passed."""
    if cents <= 0:
        raise DomainError("Le montant accordé est supérieur à zéro. Pour ne rien accorder, enregistrez un refus.")
    if cents > application.requested_cents:
        raise DomainError(f"La commune a demandé {euros(application.requested_cents)} : on ne peut accorder plus.")
    if cents > application.allowed_cents:
        raise DomainError(
            f"Les règles de l’appel permettent {euros(application.allowed_cents)} au plus pour ce dossier."
        )
    if cents < call.floor_cents:
        raise DomainError(f"L’appel fixe le plancher d’une aide à {euros(call.floor_cents)}.")
    if cents != application.requested_cents and not reasons.strip():
        raise DomainError("Le montant n’est pas celui demandé : dites pourquoi à la commune.")


@transaction.atomic
def withdraw_recorded(pk: int, *, reason: str, by: Any, version: int | None = None) -> Decision:
    """Undo a decision that is not signed: the money comes back (reversal), the file goes back to « évalué »."""
    seen = Decision.objects.filter(pk=pk).values("application_id", "movement_id", "movement__envelope_id").first()
    if seen is None:
        raise DomainError("Cette décision n’existe plus.")
    if seen["movement_id"]:
        lock_envelope(seen["movement__envelope_id"])
    decision = locked(Decision.objects.all(), pk)
    application = locked_for_desk(seen["application_id"], by=by)
    if not policies.can_record_decision(by, application):
        raise NotAllowed("Le gestionnaire du fonds retire une décision avant sa signature.")
    if decision.state != DecisionState.RECORDED:
        raise DomainError(
            f"Cette décision est déjà « {decision.get_state_display().lower()} » : elle ne peut plus être retirée."
        )
    if decision.version != (version or decision.version):
        raise DomainError("Cette décision a changé entre-temps. Rechargez la page.")
    if _state_after(decision) != application.state:
        raise DomainError("Une décision plus récente porte sur ce dossier : retirez d’abord la plus récente.")
    if not reason.strip():
        raise DomainError("Dites pourquoi la décision est retirée : le journal le garde.")
    if decision.movement is not None:
        reverse(decision.movement, by=by, label=f"Retrait avant signature, {application.number}")
    advance(decision, decision.withdraw, by=by, reason=reason.strip())
    advance(application, application.reopen_decision, by=by, reason=reason.strip(), data={"decision": decision.pk})
    return decision


@transaction.atomic
def sign_decision(
    pk: int, *, act_number: str, act_date: date, by: Any, version: int | None = None, text: str | None = None
) -> Decision:
    """Sign a recorded decision under its act, in the text now in force: by the head of service, never by who recorded it.

    `text` is the id of the version of the letter's text that was read ("" for the standard one); Stale when it changed.

    Queues the letter to the commune; the message leaves once a task has made the PDF (`make_letter`).
    """
    _, delegation = _power(by)
    decision = locked(Decision.objects.select_related(*SIGNED_WITH), pk)
    application = decision.application
    if (
        not Application.objects.visible_to(by)
        .filter(pk=application.pk)
        .exclude(organisation__in=by.organisation_ids())
        .exists()
    ):
        raise NotAllowed(CONFLICT)
    if version is not None and decision.state == DecisionState.RECORDED and decision.version != version:
        raise DomainError("Cette décision a changé entre-temps. Rechargez la page avant de signer.")
    check_signable(decision, by=by)
    number = " ".join(act_number.split())
    if not number or len(number) > 60:
        raise DomainError("Indiquez le numéro de l’acte (60 caractères au plus).")
    if act_date > timezone.localdate():
        raise DomainError("La date de l’acte ne peut pas être à venir.")
    words = in_force(application.call_id, decision.letter_kind, seen=text)
    act = {"act_number": number, "act_date": act_date}
    check_signable_text(decision, text_of(words, decision.letter_kind), by=by, delegation=delegation, **act)
    advance(
        decision,
        decision.sign,
        signatory=by,
        text=words,
        act_number=number,
        act_date=act_date,
        delegation=delegation,
        by=by,
        data={"act_number": number, "act_date": act_date.isoformat(), **_told(decision), **_by_delegation(delegation)},
    )
    if decision.kind == DecisionKind.GRANT:
        decision_signed.send(sender=Decision, decision=decision, by=by)
    letter_mail(decision).queue()
    transaction.on_commit(lambda: _wake(decision.pk), robust=True)
    return decision


def _power(by: Any) -> tuple[bool, Any]:
    may, delegation = policies.power_to_sign(by)
    if not may:
        raise NotAllowed("Le chef de service signe les décisions, ou une personne à qui il a délégué sa signature.")
    return may, delegation


def _by_delegation(delegation: Any) -> dict[str, Any]:
    if delegation is None:
        return {}
    return {"delegation": delegation.reference, "giver": delegation.giver.get_full_name()}


def check_signable(decision: Decision, *, by: Any) -> Any:
    """Whether this person may sign it now; the delegation by which they would (None: in their own right)."""
    _, delegation = _power(by)
    if delegation is not None and policies.has_helped(by, decision.application):
        raise NotAllowed("Vous avez saisi ce dossier pour la commune : une autre personne signe sa décision.")
    if decision.state != DecisionState.RECORDED:
        raise DomainError(_already_signed(decision))
    if decision.recorded_by_id == by.pk:
        raise NotAllowed("Vous avez enregistré cette décision : une autre personne la signe.")
    return delegation


# --- Pieces ----------------------------------------------------------------------------------------------------


def _envelope_id(application_pk: int) -> int:
    found = Application.objects.filter(pk=application_pk).values_list("call__envelope_id", flat=True).first()
    if found is None:
        raise DomainError("Ce dossier n’existe plus.")
    return found


def _decidable(pk: int, kind: DecisionKind, *, by: Any, version: int | None) -> Application:
    application = locked_for_desk(pk, by=by)
    check_decidable(application, kind, by=by)
    same_version(application, version)
    return application


def check_decidable(application: Application, kind: DecisionKind, *, by: Any) -> None:
    """Whether this person may decide this of the file now; says what stands in the way."""
    if not policies.can_record_decision(by, application):
        raise NotAllowed("Le gestionnaire du fonds enregistre les décisions.")
    if application.state not in DECIDABLE[kind]:
        raise DomainError(already_decided(application))
    if application.state == ApplicationState.WAITLISTED and (
        _standing(application).filter(kind=DecisionKind.WAITLIST, state=DecisionState.RECORDED).exists()
    ):
        raise DomainError("La mise en liste d’attente n’est pas encore signée : retirez-la d’abord, puis décidez.")


def _standing(application: Application) -> Any:
    return Decision.objects.filter(application=application).exclude(state__in=GONE)


def _record(
    application: Application,
    kind: DecisionKind,
    reasons: str,
    *,
    by: Any,
    listed: Collection[Ground] = (),
    amount_cents: int = 0,
    movement: Movement | None = None,
) -> Decision:
    decision = Decision(
        application=application,
        kind=kind,
        amount_cents=amount_cents,
        reasons=reasons.strip(),
        recorded_by=by,
        movement=movement,
    )
    codes = {"grounds": [one.code for one in listed]} if listed else {}
    begin(decision, by=by, verb="record", data=_told(decision) | codes)
    for one in listed:
        DecisionGround.objects.create(decision=decision, ground=one)
    return decision


def _told(decision: Decision) -> dict[str, Any]:
    return {"kind": decision.kind, "amount_cents": decision.amount_cents, "decision": decision.pk}


def _state_after(decision: Decision) -> str:
    return {
        DecisionKind.GRANT: ApplicationState.GRANTED,
        DecisionKind.WAITLIST: ApplicationState.WAITLISTED,
        DecisionKind.REJECT: ApplicationState.REJECTED,
    }[DecisionKind(decision.kind)]


def already_decided(application: Application) -> str:
    """Somebody was faster: who, what, when."""
    last = _standing(application).select_related("recorded_by").order_by("-pk").first()
    if last is None:
        label = ApplicationState(application.state).label.lower()
        return f"Le dossier {application.reference} est maintenant « {label} » : il ne peut pas être décidé. Rien n’a été changé."
    what = last.get_kind_display().lower()
    if last.kind == DecisionKind.GRANT:
        what = f"accord de {euros(last.amount_cents)}"
    return (
        f"{last.recorded_by.get_full_name()} a déjà enregistré une décision ({what}), {relative(last.recorded_at)}. "
        "Rien n’a été changé."
    )


def _already_signed(decision: Decision) -> str:
    if decision.state == DecisionState.WITHDRAWN:
        return "Cette décision a été retirée entre-temps. Rien n’a été signé."
    signer = decision.signed_by.get_full_name() if decision.signed_by else ""
    return f"{signer} a déjà signé cette décision, acte n° {decision.act_number}. Rien n’a été changé."


def _wake(pk: int) -> None:
    from applications.tasks import make_decision_letter

    wake(make_decision_letter, pk)
