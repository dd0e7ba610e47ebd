"""What the database refuses of an imported sheet of decisions: it stays as it was read, and leads to one work."""

import pgtrigger

from common.guards import Guard, refuse

SHEET_STAYS = f"""
IF (NEW.key, NEW.name, NEW.sha256, NEW.lines, NEW.read_by_id, NEW.read_at)
    IS DISTINCT FROM (OLD.key, OLD.name, OLD.sha256, OLD.lines, OLD.read_by_id, OLD.read_at)
THEN {refuse("a sheet stays as it was read")} END IF;
IF OLD.job_id IS NOT NULL THEN {refuse("a sheet leads to one work")} END IF;
IF NOT EXISTS (SELECT 1 FROM reviews_job j WHERE j.id = NEW.job_id AND j.kind = 'tableur'
               AND j.asked_by_id = OLD.read_by_id AND j.asked ->> 'sheet' = OLD.id::text)
THEN {refuse("the work of a sheet is asked by who read it, for that sheet")} END IF;
RETURN NEW;
"""


def sheet_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=SHEET_STAYS)]
