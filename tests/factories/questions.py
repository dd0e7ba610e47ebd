"""Questions of a call, written by the services as its manager would."""

from typing import Any

from common.actors import MACHINE
from fund import services
from fund.models import Call, Question, QuestionSet
from fund.questions.states import QuestionSetState

# One of each kind, with a condition and a block: label, kind, what makes it particular.
EACH: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Un local est-il prêté ?", "yes_no", {"required": True}),
    ("À quelle adresse ?", "short", {"required": True, "if": ("Un local est-il prêté ?", "equals", "Oui")}),
    ("Racontez", "long", {"limit_words": 5}),
    ("Combien d’agents ?", "number", {"minimum": 1, "maximum": 500}),
    ("Quel budget ?", "amount", {}),
    ("Depuis quand ?", "date", {}),
    ("Quel rythme ?", "one", {"choices": ["Chaque semaine", "Chaque mois"]}),
    ("Quels publics ?", "several", {"choices": ["Jeunes", "Aînés", "Agents"]}),
    ("Le plan du local", "file", {"if": ("Un local est-il prêté ?", "equals", "Oui")}),
    ("Les séances", "block", {"rows_min": 0, "rows_max": 3}),
)


def add(
    one: QuestionSet,
    label: str,
    kind: str = "short",
    *,
    block: Question | None = None,
    by: Any = MACHINE,
    **fields: Any,
) -> Question:
    """A question more; `if=(label, operator, value)` says when it is asked."""
    condition = fields.pop("if", None)
    if condition:
        target = one.questions.get(label=condition[0])
        fields |= {"asked_if_id": target.pk, "operator": condition[1], "value": condition[2]}
    version = QuestionSet.objects.values_list("version", flat=True).get(pk=one.pk)
    return services.add_question(
        one.pk, by=by, version=version, kind=kind, label=label, block=block.pk if block else None, **fields
    )


def prepare(call: Call, *questions: tuple[str, str, dict[str, Any]]) -> QuestionSet:
    """A version prepared for this call, with these questions (one of each kind by default)."""
    one = services.prepare_questions(call.pk, by=MACHINE)
    for label, kind, fields in questions or EACH:
        added = add(one, label, kind, **fields)
        if kind == "block":
            add(one, "Le lieu", block=added, required=True)
            add(one, "Le nombre", "number", block=added, **{"if": ("Le lieu", "filled", "")})
    return one


def serve(one: QuestionSet, reason: str = "Précision demandée par le comité.") -> QuestionSet:
    """Put a prepared version in service while the call is open."""
    found = QuestionSet.objects.get(pk=one.pk)
    return services.put_in_service(found.pk, by=MACHINE, version=found.version, reason=reason)


def ask(call: Call, *questions: tuple[str, str, dict[str, Any]]) -> QuestionSet:
    """Questions in service for an open call."""
    made = serve(prepare(call, *questions))
    assert made.state == QuestionSetState.FROZEN
    return made
