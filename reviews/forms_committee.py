"""The forms of the committee. They read what was typed; the services decide."""

from datetime import datetime
from typing import Any

from django import forms

from accounts.models import User
from accounts.states import STAFF_ROLES, Role
from applications.services.grounds import chosen, composed
from common.dates import PARIS
from common.money import MoneyField
from common.widgets import DateInput
from fund.models import Call
from reviews.committee_states import USES, Attendance, Choice, Outcome, ScenarioState, VoteMode
from reviews.forms import VersionedForm
from reviews.forms_grounds import name_of, offer, picked
from reviews.models import AgendaItem, CommitteeMember, CommitteeSession, Scenario
from reviews.services import Answer, Plan


class SessionForm(VersionedForm):
    """Who sits, when and where. `members()` gives account -> capacity."""

    title = forms.CharField(label="Intitulé", max_length=120)
    day = forms.DateField(label="Date", widget=DateInput())
    hour = forms.TimeField(label="Heure", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    place = forms.CharField(label="Lieu", max_length=200)
    quorum = forms.IntegerField(
        label="Quorum", min_value=1, max_value=60, help_text="Nombre de membres présents pour que la séance s’ouvre."
    )
    vote_mode = forms.ChoiceField(label="Vote", choices=VoteMode.choices, widget=forms.RadioSelect)
    scenario = forms.ModelChoiceField(
        label="Montants et ordre proposés",
        queryset=Scenario.objects.none(),
        required=False,
        empty_label="Ceux des avis d’instruction",
    )

    def __init__(self, data: Any = None, *, call: Call, session: CommitteeSession | None = None, **kwargs: Any) -> None:
        super().__init__(data, version=session.version if session else None, **kwargs)
        retained = Scenario.objects.filter(call=call, state=ScenarioState.RETAINED)
        self.fields["scenario"].queryset = retained  # type: ignore[attr-defined]
        if not retained.exists():
            self.fields["scenario"].help_text = "Aucun scénario n’est retenu pour cet appel."
        seated = {one.user_id: one for one in session.members.all()} if session else {}
        self.people = []
        for user in committee_people():
            name, seat = f"m-{user.pk}", seated.get(user.pk)
            self.fields[name] = forms.BooleanField(label=user.get_full_name(), required=False, initial=bool(seat))
            self.fields[f"q-{user.pk}"] = forms.CharField(
                label=f"Qualité, {user.get_full_name()}",
                required=False,
                max_length=120,
                initial=seat.capacity if seat else user.job,
            )
            self.people.append((user, self[name], self[f"q-{user.pk}"]))
        self.own = [
            self[name] for name in ("version", "title", "day", "hour", "place", "quorum", "vote_mode", "scenario")
        ]

    def members(self) -> dict[int, str]:
        data = self.cleaned_data
        return {user.pk: data[f"q-{user.pk}"] for user, _, _ in self.people if data[f"m-{user.pk}"]}

    def plan(self) -> Plan:
        data = self.cleaned_data
        return Plan(
            title=data["title"],
            held_at=datetime.combine(data["day"], data["hour"], PARIS),
            place=data["place"],
            quorum=data["quorum"],
            vote_mode=data["vote_mode"],
            scenario=data["scenario"].pk if data["scenario"] else None,
        )


def committee_people() -> list[User]:
    """Who may sit: those who evaluate first (elected members, partners), then the service."""
    roles = (Role.EVALUATOR, Role.FUND_MANAGER, Role.INSTRUCTOR, Role.HEAD_OF_SERVICE)
    assert set(roles) <= set(STAFF_ROLES)  # noqa: S101
    found = User.objects.filter(is_active=True, memberships__role__in=roles, memberships__ended_at=None).distinct()
    return list(found.order_by("last_name", "first_name", "pk"))


class AnswerForm(forms.Form):
    """What the pen writes of one file."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label="Réponse du comité",
        choices=[("", "Pas encore de réponse"), *Outcome.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    cents = MoneyField(label="Montant accordé", required=False)
    reasons = forms.CharField(
        label="Motifs",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Repris dans le procès-verbal, la décision et la lettre.",
    )
    votes_for = forms.IntegerField(label="Pour", required=False, min_value=0, max_value=200)
    votes_against = forms.IntegerField(label="Contre", required=False, min_value=0, max_value=200)
    abstentions = forms.IntegerField(label="Abstentions", required=False, min_value=0, max_value=200)
    notes = forms.CharField(
        label="Notes de séance",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Pour vous : ni à l’écran, ni au procès-verbal.",
    )

    def __init__(self, data: Any = None, *, item: AgendaItem, members: list[CommitteeMember]) -> None:
        names = ("version", "outcome", "reasons", "votes_for", "votes_against", "abstentions", "notes")
        initial = {name: getattr(item, name) for name in names}
        initial["cents"] = item.amount_cents if item.outcome else item.proposed_cents or None
        super().__init__(data, initial=initial)
        self.members = members
        offer(self, *USES.values())
        if use := USES.get(item.outcome):
            self._tick(use, item.reasons)

    def _tick(self, use: str, reasons: str) -> None:
        """The sentences of the list that are kept in these reasons are boxes again, the rest free words."""
        field = self.fields.get(name_of(use))
        sentences: dict[str, str] = getattr(field.widget, "hints", {}) if field else {}
        words = reasons.split("\n\n")
        self.initial[name_of(use)] = [pk for pk, sentence in sentences.items() if sentence in words]
        self.initial["reasons"] = "\n\n".join(one for one in words if one not in sentences.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        counts = [data.get(name) for name in ("votes_for", "votes_against", "abstentions")]
        if any(one is not None for one in counts) and any(one is None for one in counts):
            for name in ("votes_for", "votes_against", "abstentions"):
                if data.get(name) is None and name not in self.errors:
                    data[name] = 0
        return data

    def answer(self) -> Answer:
        data, post = self.cleaned_data, self.data
        counts = data["votes_for"], data["votes_against"], data["abstentions"]
        out = {one.pk: post.get(f"motif-{one.pk}", "") for one in self.members if f"sort-{one.pk}" in post}
        said = {one.pk: post.get(f"vote-{one.pk}", "") for one in self.members}
        return Answer(
            outcome=data["outcome"],
            cents=(data["cents"] or 0) if data["outcome"] == Outcome.GRANTED else 0,
            reasons=self._reasons(data["outcome"]),
            notes=data["notes"],
            counts=None if counts[0] is None else counts,
            named={pk: choice for pk, choice in said.items() if choice in Choice.values},
            out=out,
        )

    def _reasons(self, outcome: str) -> str:
        """Those of the list ticked for this answer, then the free words; DomainError when one was retired since."""
        use, free = USES.get(outcome), self.cleaned_data["reasons"]
        return composed(chosen(picked(self, use), use), free) if use else str(free)


class OpenForm(VersionedForm):
    waiver = forms.CharField(
        label="Pourquoi la séance peut se tenir sans quorum",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Seulement si le quorum manque : seconde convocation, règle du comité. Le procès-verbal le reprend.",
    )


class ActForm(VersionedForm):
    number = forms.CharField(label="Numéro de la délibération", max_length=60)
    on = forms.DateField(label="Date de la délibération", widget=DateInput())
    executory_on = forms.DateField(
        label="Exécutoire le",
        widget=DateInput(),
        help_text="Après transmission au contrôle de légalité et publication.",
    )
    act_reference = forms.CharField(
        label="Référence de l’acte", max_length=80, help_text="Celle de l’accusé de réception de la préfecture."
    )


def attendance_in(post: Any, members: list[CommitteeMember]) -> dict[int, str]:
    given = {one.pk: post.get(f"presence-{one.pk}", "") for one in members}
    return {pk: value for pk, value in given.items() if value in Attendance.values}
