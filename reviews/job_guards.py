"""What the database refuses about a long work: no row joins it later, none is done twice, none is forgotten at its end."""

import pgtrigger

from common.guards import Guard, refuse

JOB_BORN = f"""
IF NEW.finished_at IS NOT NULL THEN {refuse("a job is born unfinished")} END IF;
NEW.asked_at := now();
RETURN NEW;
"""

JOB_STAYS = f"""
IF (NEW.key, NEW.kind, NEW.asked, NEW.asked_by_id, NEW.asked_at)
    IS DISTINCT FROM (OLD.key, OLD.kind, OLD.asked, OLD.asked_by_id, OLD.asked_at)
THEN {refuse("what was asked of a job does not change")} END IF;
IF OLD.finished_at IS NOT NULL THEN {refuse("a job finishes once")} END IF;
IF NEW.finished_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM reviews_jobrow r WHERE r.job_id = NEW.id AND r.state = 'waiting'
) THEN {refuse("a job finishes when no row waits")} END IF;
RETURN NEW;
"""

# `asked_at` is the start of the transaction that asked: a row of another transaction comes too late.
ROW_BORN = f"""
IF NEW.state <> 'waiting' OR NEW.concluded_at IS NOT NULL THEN {refuse("a row is born waiting")} END IF;
IF NOT EXISTS (SELECT 1 FROM reviews_job j WHERE j.id = NEW.job_id AND j.asked_at = now())
THEN {refuse("no row joins a job that was asked")} END IF;
RETURN NEW;
"""

ROW_STAYS = f"""
IF (NEW.job_id, NEW.application_id, NEW.seen) IS DISTINCT FROM (OLD.job_id, OLD.application_id, OLD.seen)
THEN {refuse("a row keeps its job and its file")} END IF;
IF OLD.state <> 'waiting' THEN {refuse("a row is concluded once")} END IF;
IF NEW.state <> 'waiting' THEN NEW.concluded_at := now(); END IF;
RETURN NEW;
"""


def job_guards() -> list[Guard]:
    return [
        Guard(name="born", when=pgtrigger.Before, operation=pgtrigger.Insert, func=JOB_BORN),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=JOB_STAYS),
    ]


def row_guards() -> list[Guard]:
    return [
        Guard(name="born", when=pgtrigger.Before, operation=pgtrigger.Insert, func=ROW_BORN),
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=ROW_STAYS),
    ]
