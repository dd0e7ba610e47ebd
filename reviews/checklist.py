"""The admissibility of a file: the computed rules, already answered, and the points of the call that a person answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from applications import eligibility
from applications.eligibility import Check, CheckState
from applications.models import Application
from common.dates import day, moment
from common.typography import counted
from fund.models import CallPoint
from reviews import family
from reviews.models import CheckAnswer
from reviews.states import Verdict


@dataclass(frozen=True)
class Line:
    """One rule or one point, its state and why; `answer` is the person's last word on it."""

    key: str
    label: str
    reason: str
    state: CheckState
    answer: CheckAnswer | None = None
    point: CallPoint | None = None
    fails: bool = False  # a computed rule that says no, overruled or not

    @property
    def settled(self) -> bool:
        return self.state == "ok"


def computed(
    application: Application, others: Sequence[Any], near: Sequence[family.Near], *, today: date
) -> list[Check]:
    """Every rule the machine can answer, in the order an instructor reads them."""
    return [
        sent_check(application),
        *eligibility.checks(application, today=today),
        period_check(application),
        reports_check(others, today),
        duplicates_check(near),
    ]


def sent_check(application: Application) -> Check:
    sent, closes = application.submitted_at, application.call.closes_at
    if sent is None:
        return Check("sent", False, "Envoyé dans les temps", "Le dossier n’est pas encore envoyé.", unknown=True)
    reason = f"le {moment(sent)}, clôture le {moment(closes)}"
    if application.submitted_by:
        reason += f", signé par {application.submitted_by.get_full_name()}"
    return Check("sent", sent < closes, "Envoyé dans les temps", reason)


def period_check(application: Application) -> Check:
    """The action is over when its report is due."""
    ends, due, label = application.ends_on, application.call.report_due_on, "Action finie avant le bilan"
    if ends is None:
        return Check("period", False, label, "La fin de l’action manque.", unknown=True)
    return Check("period", ends <= due, label, f"finit le {day(ends)}, bilan attendu le {day(due)}")


def reports_check(others: Sequence[Any], today: date) -> Check:
    late = family.late_reports(others, today=today)
    reason = f"en retard : {', '.join(late)}" if late else "aucun bilan en retard"
    return Check("reports", not late, "Bilans des aides passées", reason)


def duplicates_check(near: Sequence[family.Near]) -> Check:
    words = family.duplicate_words(near)
    settled = sum(one.settled for one in near)
    reason = f"{counted(settled, 'dossier')} écarté{'s' if settled > 1 else ''} après comparaison" if settled else ""
    return Check("duplicates", not words, "Pas de demande en double", words or reason or "aucun dossier proche")


def last_answers(application: Application) -> dict[str, CheckAnswer]:
    """The last answer by key, of the rules and of the points. One query."""
    answers = CheckAnswer.objects.filter(application=application).select_related("answered_by").order_by("pk")
    return {key_of(one): one for one in answers}


def key_of(answer: CheckAnswer) -> str:
    return f"point-{answer.point_id}" if answer.point_id else f"rule-{answer.rule}"


def lines(application: Application, checks: Sequence[Check], answers: dict[str, CheckAnswer]) -> list[Line]:
    """The whole list as it stands: a failure overruled on the same facts no longer stops."""
    made = [_of_rule(check, answers.get(f"rule-{check.code}")) for check in checks]
    return [*made, *(_of_point(point, answers.get(f"point-{point.pk}")) for point in application.call.points.all())]


def _of_rule(check: Check, answer: CheckAnswer | None) -> Line:
    key = f"rule-{check.code}"
    if check.ok:
        return Line(key, check.label, check.reason, "ok")
    if answer and answer.verdict == Verdict.OVERRULED and answer.fact == check.reason:
        return Line(key, check.label, f"{check.reason} {_overruled(answer)}", "ok", answer, fails=True)
    return Line(key, check.label, check.reason, check.state, answer, fails=True)


def _overruled(answer: CheckAnswer) -> str:
    who, when = answer.answered_by.get_full_name(), day(answer.answered_at)
    return f"Admis par {who} le {when} : {answer.remark}"


STATE_OF: dict[str, CheckState] = {Verdict.YES: "ok", Verdict.NOT_APPLICABLE: "ok", Verdict.NO: "no"}


def _of_point(point: CallPoint, answer: CheckAnswer | None) -> Line:
    key = f"point-{point.pk}"
    if answer is None:
        return Line(key, point.label, "à vérifier", "ask", point=point)
    words = f"{Verdict(answer.verdict).label}, {answer.answered_by.get_full_name()}, le {day(answer.answered_at)}"
    reason = f"{words} : {answer.remark}" if answer.remark else words
    return Line(key, point.label, reason, STATE_OF[answer.verdict], answer, point)


def checklist(application: Application, user: Any, *, today: date) -> list[Line]:
    """The list of a file (with its budget, documents and points prefetched) for a page that shows nothing else."""
    others = family.others(application, user)
    near = family.near(application, others, family.verdicts_on(application, others))
    checks = computed(application, others, near, today=today)
    return lines(application, checks, last_answers(application))
