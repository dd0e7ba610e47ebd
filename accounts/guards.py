"""Who had which right, and when, is never rewritten."""

import pgtrigger

from common.guards import Guard, refuse

MEMBERSHIP_STAYS = f"""
IF (NEW.id, NEW.user_id, NEW.organisation_id, NEW.role, NEW.started_at)
    IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.organisation_id, OLD.role, OLD.started_at)
    OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at
THEN {refuse("a membership is ended once, never rewritten")} END IF;
RETURN NEW;
"""


def membership_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=MEMBERSHIP_STAYS)]
