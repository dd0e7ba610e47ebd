"""What the database refuses of the reasons of the list and of their use in a decision."""

import pgtrigger

from common.guards import Guard, refuse

GROUND_STAYS = f"""
IF (NEW.fund_id, NEW.code, NEW.use) IS DISTINCT FROM (OLD.fund_id, OLD.code, OLD.use)
THEN {refuse("a reason of the list keeps its code and what it serves for")} END IF;
RETURN NEW;
"""

# The use a decision makes of the list: a refusal, the waiting list, or an award under what was asked.
CHOSEN = f"""
SELECT d.state, c.fund_id, CASE d.kind WHEN 'reject' THEN 'refusal' WHEN 'waitlist' THEN 'waitlist'
        ELSE CASE WHEN d.amount_cents < d.requested_cents THEN 'reduction' ELSE '' END END AS use
    INTO decision FROM applications_decision d
    JOIN applications_application a ON a.id = d.application_id JOIN fund_call c ON c.id = a.call_id
    WHERE d.id = NEW.decision_id FOR SHARE OF d;
SELECT g.fund_id, g.use, g.retired_at INTO ground FROM applications_ground g WHERE g.id = NEW.ground_id FOR SHARE;
IF decision.state <> 'recorded' THEN {refuse("reasons are chosen while a decision is recorded, not after")} END IF;
IF ground.retired_at IS NOT NULL THEN {refuse("a reason taken off the list is not chosen any more")} END IF;
IF ground.fund_id <> decision.fund_id OR ground.use <> decision.use
THEN {refuse("a reason of the list serves what it was written for")} END IF;
RETURN NEW;
"""


def ground_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=GROUND_STAYS)]


def chosen_guards() -> list[Guard]:
    return [
        Guard(
            name="chosen",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            declare=[("decision", "record"), ("ground", "record")],
            func=CHOSEN,
        )
    ]
