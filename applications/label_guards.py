"""What the database refuses of labels: on a draft, once retired, changed (by whom: `reviews`, which knows the interests)."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

LABEL_STAYS = f"""
IF (NEW.fund_id, NEW.name, NEW.folded) IS DISTINCT FROM (OLD.fund_id, OLD.name, OLD.folded)
THEN {refuse("a label keeps its name: it would change what was said of files")} END IF;
RETURN NEW;
"""

PUT = f"""
IF TG_OP = 'UPDATE' THEN {refuse("a label on a file does not change: it is taken off")} END IF;
SELECT a.state, c.fund_id INTO file FROM applications_application a
    JOIN fund_call c ON c.id = a.call_id WHERE a.id = NEW.application_id;
IF file.state = 'draft' THEN {refuse("the desk puts no label on a draft")} END IF;
IF NOT EXISTS (SELECT 1 FROM applications_label l WHERE l.id = NEW.label_id AND l.fund_id = file.fund_id
               AND (l.retired_at IS NULL OR {BY_OWNER}))
THEN {refuse("a label of the fund, not retired")} END IF;
NEW.put_at := now();
RETURN NEW;
"""


def label_guards() -> list[Guard]:
    return [Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=LABEL_STAYS)]


def file_label_guards() -> list[Guard]:
    return [
        Guard(
            name="put",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            declare=[("file", "record")],
            func=PUT,
        )
    ]
