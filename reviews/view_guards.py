"""What the database refuses of the views kept of the queue."""

import pgtrigger

from common.guards import Guard, refuse

VIEW_STAYS = f"""
IF (NEW.owner_id, NEW.created_at) IS DISTINCT FROM (OLD.owner_id, OLD.created_at)
THEN {refuse("a view keeps its owner")} END IF;
RETURN NEW;
"""


def view_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=VIEW_STAYS)]
