"""Several decisions at once: recorded as their opinion proposes, signed under one act, notified."""

from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone

from accounts.states import Role
from applications import decision_letters, policies, services
from applications.letter_data import check_signable_text, text_of
from applications.models import Application, Decision
from applications.services.decisions import check_amount, check_decidable, check_signable
from applications.services.letter_texts import newest_of
from applications.states import GONE, DecisionKind, DecisionState
from common.errors import DomainError, NotAllowed
from common.money import euros
from common.widgets import DateInput
from reviews.bulk.base import Asked, JobForm, Kind, Ready, recorded, register
from reviews.models import Opinion
from reviews.services.evaluation import check_has_opinion
from reviews.states import Advice


@register
class Record(Kind):
    code, verb, title = "decider", "Enregistrer la décision proposée", "Décisions enregistrées"
    hint = (
        "Chaque dossier reçoit la décision et le montant que son avis propose ; la motivation de l’avis devient le motif de la "
        "décision, repris tel quel dans la lettre. La commune ne sait rien avant la signature."
    )
    decides = True

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.FUND_MANAGER))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        check_has_opinion(application)
        opinion: Opinion = application.opinion
        seen = {"version": application.version, "advice": opinion.advice, "cents": opinion.proposed_cents}
        if opinion.advice == Advice.UNFAVORABLE:
            check_decidable(application, DecisionKind.REJECT, by=by)
            return Ready(words="refus", seen=seen)
        check_decidable(application, DecisionKind.GRANT, by=by)
        check_amount(application, application.call, opinion.proposed_cents, opinion.text)
        return Ready(words=f"accord de {euros(opinion.proposed_cents)}", cents=opinion.proposed_cents, seen=seen)

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        opinion = Opinion.objects.filter(application=pk).first()
        if opinion is None:
            raise DomainError("Rendez d’abord l’avis d’instruction et le montant proposé.")
        if seen and (opinion.advice, opinion.proposed_cents) != (seen["advice"], seen["cents"]):
            raise DomainError(
                "L’avis a changé depuis que vous l’avez vu. Relisez-le, puis décidez. Rien n’a été changé."
            )
        version = seen.get("version")
        if opinion.advice == Advice.UNFAVORABLE:
            return recorded(services.reject(pk, reasons=opinion.text, by=by, version=version))
        cents = opinion.proposed_cents
        return recorded(services.grant(pk, amount_cents=cents, reasons=opinion.text, by=by, version=version))


class SignForm(JobForm):
    act_number = forms.CharField(
        label="Numéro de l’acte",
        max_length=60,
        help_text="Celui de la délibération ou de la décision, le même pour tous.",
    )
    act_date = forms.DateField(label="Date de l’acte", widget=DateInput(), initial=timezone.localdate)

    def clean_act_date(self) -> date:
        day: date = self.cleaned_data["act_date"]
        if day > timezone.localdate():
            raise forms.ValidationError("La date de l’acte ne peut pas être à venir.")
        return day

    def asked(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"act_number": " ".join(data["act_number"].split()), "act_date": data["act_date"].isoformat()}


def _latest(application: Application, *states: str) -> Decision | None:
    found = [one for one in application.decisions.all() if one.state in states]
    return max(found, key=lambda one: one.pk, default=None)


@register
class Sign(Kind):
    code, verb, title = "signer", "Signer les décisions", "Décisions signées"
    hint = "Toutes sont signées sous le même acte. Chaque lettre est faite aussitôt, puis part avec son courriel."
    form = SignForm
    decides = True

    def offered(self, by: Any) -> bool:
        return policies.power_to_sign(by)[0]

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        decision = _to_sign(application)
        delegation = check_signable(decision, by=by)
        text = newest_of(application.call.letter_texts.all(), decision.letter_kind)
        check_signable_text(
            decision,
            text_of(text, decision.letter_kind),
            by=by,
            delegation=delegation,
            act_number=asked["act_number"],
            act_date=date.fromisoformat(asked["act_date"]),
        )
        seen = {"decision": decision.pk, "version": decision.version, "text": str(text.pk) if text else ""}
        return Ready(words=_words(decision), to_commune=True, seen=seen)

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        decision = _to_sign(Application.objects.get(pk=pk))
        if seen and decision.pk != seen["decision"]:
            raise DomainError("Une autre décision a été enregistrée depuis. Relisez-la avant de signer.")
        services.sign_decision(
            decision.pk,
            act_number=asked["act_number"],
            act_date=date.fromisoformat(asked["act_date"]),
            by=by,
            version=seen.get("version"),
            text=seen.get("text"),
        )
        return f"Signé, acte n° {asked['act_number']} ({_words(decision)})."


def _to_sign(application: Application) -> Decision:
    decision = _latest(application, *(state for state in DecisionState if state not in GONE))
    if decision is None:
        raise DomainError("Aucune décision n’est enregistrée pour ce dossier.")
    return decision


def _words(decision: Decision) -> str:
    if decision.kind == DecisionKind.GRANT:
        return f"accord de {euros(decision.amount_cents)}"
    return str(decision.get_kind_display()).lower()


@register
class Notify(Kind):
    code, verb, title = "notifier", "Notifier", "Notifications"
    hint = "Les lettres se font d’elles-mêmes après la signature. Ce geste fait maintenant celles qui manquent encore."

    def offered(self, by: Any) -> bool:
        return bool(by.has_role(Role.FUND_MANAGER, Role.HEAD_OF_SERVICE))

    def preflight(self, application: Application, *, by: Any, asked: Asked) -> Ready:
        decision = _to_notify(application)
        if policies.has_helped(by, application):
            raise NotAllowed("Vous avez saisi ce dossier pour la commune : une autre personne la notifie.")
        return Ready(words=_words(decision), to_commune=True)

    def act(self, pk: int, *, by: Any, asked: Asked, seen: Asked) -> str:
        application = Application.objects.visible_to(by).exclude(organisation__in=by.organisation_ids()).filter(pk=pk)
        found = application.first()
        if found is None:
            raise NotAllowed("Ce dossier ne vous est plus ouvert.")
        decision = _to_notify(found)
        # Once the row is concluded: a PDF is slow, and nothing waits for it on a lock. A letter that fails is swept up.
        transaction.on_commit(lambda: decision_letters.make(decision.pk), robust=True)
        return "La lettre se fait aussitôt ; le courriel part avec elle."


def _to_notify(application: Application) -> Decision:
    decision = _latest(application, DecisionState.SIGNED)
    if decision is not None:
        return decision
    done = _latest(application, DecisionState.NOTIFIED)
    if done is not None:
        raise DomainError("Cette décision est déjà notifiée.")
    raise DomainError("Aucune décision signée n’attend sa lettre.")
