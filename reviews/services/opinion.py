"""The instructor's opinion and the amount proposed."""

from datetime import datetime
from typing import Any

from django.db import transaction

from applications import policies
from applications.models import Application
from applications.services.instruction import locked_for_desk, same_version
from applications.states import ApplicationState
from common.errors import DomainError, NotAllowed, Stale
from common.money import euros
from journal.services import record
from reviews.models import Opinion
from reviews.states import Advice

S = ApplicationState
OPINION_STATES = (S.IN_INSTRUCTION, S.AWAITING_COMMUNE, S.UNDER_REVIEW, S.REVIEWED, S.WAITLISTED)


@transaction.atomic
def write_opinion(
    application_pk: int,
    *,
    advice: str,
    text: str,
    proposed_cents: int,
    by: Any,
    version: int | None = None,
    seen: datetime | None = None,
) -> Opinion:
    """Write or replace the opinion on a file and the amount proposed. `seen` is the opinion the person was reading."""
    application = locked_for_desk(application_pk, by=by)
    if not policies.can_instruct(by, application):
        raise NotAllowed("L’avis est rendu par un instructeur ou par le gestionnaire du fonds.")
    if not policies.can_give_opinion(by, application):
        raise NotAllowed("Vous avez saisi ce dossier pour la commune : une autre personne en rend l’avis.")
    if application.state not in OPINION_STATES:
        label = S(application.state).label.lower()
        raise DomainError(f"Le dossier est « {label} » : son avis ne change plus. Rien n’a été enregistré.")
    same_version(application, version)
    check_opinion(application, advice, text, proposed_cents)
    opinion = Opinion.objects.filter(application=application).first()
    if opinion is not None and seen is not None and opinion.written_at != seen:
        who = opinion.written_by.get_full_name()
        raise Stale(f"{who} a écrit un avis entre-temps. Relisez-le, puis recommencez si besoin. Rien n’a été changé.")
    opinion = opinion or Opinion(application=application)
    opinion.advice, opinion.text, opinion.proposed_cents = advice, text.strip(), proposed_cents
    opinion.written_by = by
    opinion.save()
    record(
        application,
        by=by,
        verb="write_opinion",
        reason=opinion.text,
        data={"advice": advice, "proposed_cents": proposed_cents},
    )
    return opinion


def check_opinion(application: Application, advice: str, text: str, cents: int) -> None:
    """An opinion holds together; DomainError otherwise."""
    if advice not in Advice.values:
        raise DomainError("Choisissez un avis.")
    if not text.strip():
        raise DomainError("Motivez l’avis : la commune et le comité liront pourquoi.")
    most = min(application.allowed_cents, application.requested_cents)
    if cents < 0 or cents > most:
        raise DomainError(f"Le montant proposé va de {euros(0)} à {euros(most)} pour ce dossier.")
    if advice == Advice.UNFAVORABLE and cents:
        raise DomainError("Un avis défavorable propose 0 €.")
    if advice != Advice.UNFAVORABLE and not cents:
        raise DomainError("Un avis favorable propose un montant.")
