"""The fund, two yearly budgets, last year's archived call and this year's open one."""

from typing import Any
from uuid import UUID

from django.utils.text import slugify

from accounts.models import User
from common.dates import day, hour
from common.money import euros_short, percent
from common.typography import number_word
from demo.content import Content
from demo.content.call_shapes import Call as CallText
from demo.seed import questions
from demo.seed.pen import Clock, Step, born, token, walk
from fund.models import Call, CallDocument, CallPoint, Criterion, Envelope, Fund, Movement, PlannedShare
from fund.states import ActionType, CallState, LegalBasis, Theme

S = CallState


def a_fund(content: Content) -> Fund:
    texts, contact = content.book.fund, content.book.call("current").contact
    return Fund.objects.create(
        name=texts.name,
        authority_name=texts.authority,
        authority_siret="20005480700017",
        service_name=texts.service,
        address=contact.address,
        contact_email=contact.email,
        contact_phone=contact.phone,
        signatory_title="Pour la présidente et par délégation, la cheffe du service Cohésion sociale",
        court="tribunal administratif de Marseille (31, rue Jean-François-Leca, 13002 Marseille)",
        legal_mentions=texts.presentation,
    )


def money(envelope: Envelope, verb: str, cents: int, subject: str, *, by: Any, at: Any, label: str) -> Movement:
    from fund.states import MOVEMENTS

    source, target = MOVEMENTS[verb]
    return Movement.objects.create(
        envelope=envelope,
        operation=UUID(token(verb, subject, label)[:32]),
        verb=verb,
        from_account=source,
        to_account=target,
        amount_cents=cents,
        subject=subject,
        label=label,
        actor_id=by.actor_id,
        actor_label=by.actor_label,
        occurred_at=at,
    )


def a_call(text: CallText, fund: Fund, envelope: Envelope, people: dict[str, User], clock: Clock) -> Call:
    """The call of a year with its rules, documents, criteria and plan, brought to its state."""
    year, dates, archived = envelope.year, text.dates, text.key == "past"
    said = values(text, envelope, clock)
    title = text.title.format(**said)
    manager = people["gestionnaire"]
    call = Call(
        fund=fund,
        envelope=envelope,
        year=year,
        title=title,
        slug=slugify(title)[:80],
        summary="\n\n".join((text.summary, *text.introduction)).format(**said),
        rules="\n\n".join(f"Article {a.number}. {a.title}\n{a.text}" for a in text.rules).format(**said),
        opens_at=clock.at(dates.opens_offset_days, dates.opens_at),
        closes_at=clock.at(dates.closes_offset_days, dates.closes_at),
        decision_expected_on=clock.day(dates.decision_offset_days),
        themes=list(Theme.values),
        action_types=list(ActionType.values),
        max_rate_bp=text.max_rate_percent * 100,
        ceiling_cents=text.ceiling_cents,
        floor_cents=text.floor_cents,
        min_own_share_bp=text.min_own_share_percent * 100,
        legal_basis=LegalBasis.CITY_CONTRACT,
        report_due_on=clock.day(dates.report_due_offset_days),
        contact=f"{text.contact.service}, {text.contact.email}, {text.contact.phone}",
    )
    born(call, by=manager, at=clock.at(dates.opens_offset_days - 12))
    _details(call, text, said)
    if not archived:
        questions.ask(call, manager, clock, dates.opens_offset_days)
    steps = [
        Step("publish", S.PUBLISHED, manager, clock.at(dates.opens_offset_days - 5)),
        Step("open", S.OPEN, None, call.opens_at),
    ]
    if archived:
        steps += [
            Step("close", S.CLOSED, None, call.closes_at),
            Step("start_deciding", S.DECIDING, manager, clock.at(dates.closes_offset_days + 3)),
            Step("finish_deciding", S.DECIDED, manager, clock.at(dates.decision_offset_days + 2)),
            Step("archive", S.ARCHIVED, manager, clock.at(dates.report_due_offset_days + 30)),
        ]
    Call.objects.filter(pk=call.pk).update(published_at=steps[0].at)
    walk(call, steps)
    return call


def values(text: CallText, envelope: Envelope, clock: Clock) -> dict[str, str]:
    """The merge fields of a call's texts, from its own figures."""
    dates = text.dates
    return {
        "annee": str(envelope.year),
        "date_ouverture": day(clock.day(dates.opens_offset_days)),
        "date_cloture": day(clock.day(dates.closes_offset_days)),
        "heure_cloture": hour(clock.at(dates.closes_offset_days, dates.closes_at)),
        "date_rapport": day(clock.day(dates.report_due_offset_days)),
        "enveloppe": euros_short(envelope.line.amount_cents),
        "nombre_max": number_word(text.max_applications),
        "part_minimale": percent(text.min_own_share_percent * 100),
        "plafond": euros_short(text.ceiling_cents),
        "plancher": euros_short(text.floor_cents),
        "taux_avance": percent(text.instalments[0].percent * 100),
        "taux_max": percent(text.max_rate_percent * 100),
    }


POINTS = (
    (
        "deliberation_conforme",
        "La délibération approuve l’action et son plan de financement",
        "Même titre, même montant, signature lisible.",
    ),
    ("action_non_commencee", "Aucune dépense de l’action n’est engagée", "Dates des devis et des bons de commande."),
    (
        "pas_deja_financee",
        "Aucun autre dispositif de la métropole ne finance les mêmes dépenses",
        "Contrat de ville, appels à projets de l’année.",
    ),
)


def _details(call: Call, text: CallText, said: dict[str, str]) -> None:
    CallDocument.objects.bulk_create(
        CallDocument(
            call=call,
            code=need.code,
            label=need.label,
            help=need.help.format(**said),
            required=need.when == "always",
            valid_months=6 if need.code == "devis" else None,
            position=position,
        )
        for position, need in enumerate(text.requirements)
    )
    CallPoint.objects.bulk_create(
        CallPoint(call=call, code=code, label=label, help=help_, position=position)
        for position, (code, label, help_) in enumerate(POINTS)
    )
    Criterion.objects.bulk_create(
        Criterion(
            call=call,
            code=criterion.code,
            label=criterion.label,
            help=criterion.question.format(**said),
            weight=criterion.weight,
            anchors=list(criterion.anchors),
            position=position,
        )
        for position, criterion in enumerate(text.criteria)
    )
    PlannedShare.objects.bulk_create(
        PlannedShare(call=call, kind=part.code, share_bp=part.percent * 100, position=position)
        for position, part in enumerate(text.instalments)
    )
