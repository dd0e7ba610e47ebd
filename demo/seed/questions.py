"""What the open call asks in addition, and what the communes that sent their file answered."""

from typing import Any

from applications.models import Application, QuestionAnswer
from demo.seed.pen import Clock, Step, born, token, walk
from fund.models import Call, Question, QuestionSet
from fund.questions.states import Operator, QuestionKind, QuestionSetState

K = QuestionKind
PACES = ["Une seule fois", "Chaque mois", "Chaque semaine"]
PLACES = ("Hôtel de ville", "Centre social", "Médiathèque", "Maison des associations", "Salle du conseil")


def ask(call: Call, by: Any, clock: Clock, opens: int) -> QuestionSet:
    """Five questions, none of them compulsory: one waits for the answer to another, one is a block."""
    made = QuestionSet(call=call)
    born(made, by=by, at=clock.at(opens - 6))
    lent = _question(made, 0, "local_prete", K.YES_NO, "Un lieu est-il mis à disposition par la commune ?")
    _question(
        made,
        1,
        "raison_sans_lieu",
        K.SHORT,
        "Où l’action aura-t-elle lieu ?",
        asked_if=lent,
        operator=Operator.EQUALS,
        value="Non",
    )
    _question(made, 2, "rythme", K.ONE, "À quel rythme ?", choices=PACES)
    block = _question(
        made,
        3,
        "lieux",
        K.BLOCK,
        "Les lieux où vous accueillerez le public",
        help="Un par lieu : cela aide à voir où l’action sera proche des habitants.",
        rows_min=0,
        rows_max=5,
    )
    _question(made, 4, "lieu", K.SHORT, "Le lieu", required=True, parent=block)
    _question(made, 5, "places", K.NUMBER, "Combien de personnes peut-il recevoir ?", minimum=1, parent=block)
    _question(
        made,
        6,
        "suite",
        K.LONG,
        "Que restera-t-il de l’action quand l’aide sera finie ?",
        help="Quelques phrases suffisent.",
        limit_words=150,
    )
    at = clock.at(opens)
    walk(made, [Step("freeze", QuestionSetState.FROZEN, None, at, {"frozen_at": at})])
    return made


def _question(made: QuestionSet, position: int, code: str, kind: str, label: str, **fields: Any) -> Question:
    return Question.objects.create(set=made, position=position, code=code, kind=kind, label=label, **fields)


def answer(application: Application) -> None:
    """What a commune that sends its file answered; the same at every run."""
    if application.question_set is None:
        return
    pick = int(token("answers", application.public_id)[:6], 16)
    place = PLACES[pick % len(PLACES)]
    given = {
        "local_prete": pick % 4 != 0,
        "raison_sans_lieu": None if pick % 4 else "Dans les locaux d’une association du quartier.",
        "rythme": PACES[pick % len(PACES)],
        "lieu": place,
        "places": 20 + pick % 60,
        "suite": "Les agents formés transmettent à leurs collègues ; les supports restent à la disposition de tous.",
    }
    QuestionAnswer.objects.bulk_create(
        QuestionAnswer(application=application, question=question, value=given[question.code])
        for question in application.question_set.questions.all()
        if given.get(question.code) is not None
    )
