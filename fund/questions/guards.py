"""What the database refuses about the questions of a call: a set in service never changes, a condition looks back."""

import pgtrigger

from common.guards import Guard, refuse

SET_STAYS = f"""
IF OLD.state = 'frozen' AND NEW IS DISTINCT FROM OLD
    OR (NEW.call_id, NEW.number) IS DISTINCT FROM (OLD.call_id, OLD.number) THEN
    {refuse("questions in service stay as they are")}
END IF;
RETURN NEW;
"""

QUESTION_STAYS = f"""
IF EXISTS (
    SELECT 1 FROM fund_questionset s WHERE s.state <> 'draft' AND s.id IN (
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.set_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.set_id END)
) THEN {refuse("questions in service stay as they are")} END IF;
IF TG_OP = 'UPDATE' AND NEW.set_id <> OLD.set_id THEN {refuse("a question stays in its set")} END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

# At commit, when the questions stand in their new order.
QUESTION_HOLDS = f"""
IF EXISTS (
    SELECT 1 FROM fund_question q JOIN fund_question t ON t.id = q.asked_if_id
    WHERE q.set_id = NEW.set_id AND (
        t.set_id <> q.set_id OR t.position >= q.position OR t.kind IN ('file', 'block')
        OR t.parent_id IS NOT NULL AND t.parent_id IS DISTINCT FROM q.parent_id)
) THEN {refuse("a condition looks at an earlier question of the same set")} END IF;
IF EXISTS (
    SELECT 1 FROM fund_question q JOIN fund_question p ON p.id = q.parent_id
    WHERE q.set_id = NEW.set_id AND (
        p.set_id <> q.set_id OR p.kind <> 'block' OR p.parent_id IS NOT NULL OR q.kind IN ('file', 'block')
        OR q.section <> p.section OR q.position <= p.position)
) THEN {refuse("a block of the same set holds simple questions only")} END IF;
RETURN NULL;
"""


def set_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=SET_STAYS)]


def question_guards() -> list[Guard]:
    return [
        Guard(
            name="stays",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            func=QUESTION_STAYS,
        ),
        Guard(
            name="holds",
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.Update,
            timing=pgtrigger.Deferred,
            func=QUESTION_HOLDS,
        ),
    ]
