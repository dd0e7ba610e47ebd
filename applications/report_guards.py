"""What the database refuses about a final report: changed once sent, a plan rewritten, a photo without consent."""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

STAYS = f"""
IF NEW.application_id IS DISTINCT FROM OLD.application_id THEN {refuse("a report keeps its file")} END IF;
IF OLD.state IN ('submitted', 'accepted')
    AND (NEW.due_on, NEW.spent_cents, NEW.budget_note, NEW.publish_consent, NEW.submitted_at, NEW.certified_by_id)
    IS DISTINCT FROM
    (OLD.due_on, OLD.spent_cents, OLD.budget_note, OLD.publish_consent, OLD.submitted_at, OLD.certified_by_id)
    OR OLD.state = 'accepted' AND (NEW.accepted_at, NEW.accepted_by_id) IS DISTINCT FROM (OLD.accepted_at, OLD.accepted_by_id)
    OR OLD.state IN ('submitted', 'accepted') AND OLD.document_id IS NOT NULL AND NEW.document_id IS DISTINCT FROM OLD.document_id
THEN {refuse("the content of a report that was sent is frozen")} END IF;
RETURN NEW;
"""

# What was spent is added up by the database, by the rule of the eligible cost: charges that were paid, so without 86.
SENT = f"""
IF NOT {BY_OWNER} THEN
    SELECT coalesce(sum(l.done_cents), 0) INTO NEW.spent_cents
        FROM applications_reportline l WHERE l.report_id = NEW.id AND l.side = 'charge' AND l.account <> '86';
    NEW.submitted_at := now();
    IF NOT EXISTS (SELECT 1 FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id
                   WHERE a.id = NEW.application_id AND m.user_id = NEW.certified_by_id AND m.role = 'signatory'
                       AND m.ended_at IS NULL) THEN
        {refuse("a report is certified by a signatory of its commune")}
    END IF;
    IF EXISTS (SELECT 1 FROM applications_reportphoto p WHERE p.report_id = NEW.id
               AND (p.caption = '' OR p.alternative = '' OR p.people = '' OR NOT p.rights)) THEN
        {refuse("a photo leaves with its caption, its description and the consent of the people")}
    END IF;
END IF;
RETURN NEW;
"""

ACCEPTED = f"""
IF NOT {BY_OWNER} THEN
    NEW.accepted_at := now();
    IF NEW.accepted_by_id IS NULL OR EXISTS (
        SELECT 1 FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id
        WHERE a.id = NEW.application_id AND m.user_id = NEW.accepted_by_id AND m.ended_at IS NULL) THEN
        {refuse("a report is accepted by somebody of the fund, never of the commune")}
    END IF;
END IF;
RETURN NEW;
"""

_REPORTS = """(
    CASE WHEN TG_OP <> 'INSERT' THEN OLD.report_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.report_id END)"""
_FROZEN = f"""
IF NOT {BY_OWNER} AND EXISTS (
    SELECT 1 FROM applications_finalreport r WHERE r.id IN {_REPORTS} AND r.state IN ('submitted', 'accepted')
) THEN {refuse("the content of a report that was sent is frozen")} END IF;
"""
_ANSWER = "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\nRETURN NEW;\n"

CHILD = f"{_FROZEN}{_ANSWER}"


def moderated(*content: str) -> str:
    """Frozen as the others, but for what the desk says of its publication, once it was sent."""
    new, old = (", ".join(f"{row}.{column}" for column in ("report_id", *content)) for row in ("NEW", "OLD"))
    return f"""
IF TG_OP = 'UPDATE' AND ({new}) IS NOT DISTINCT FROM ({old}) THEN
    IF NOT {BY_OWNER} AND NOT EXISTS (
        SELECT 1 FROM applications_finalreport r WHERE r.id = NEW.report_id AND r.state IN ('submitted', 'accepted')
    ) THEN {refuse("the publication of a part is judged once the report was sent")} END IF;
    RETURN NEW;
END IF;
{_FROZEN}{_ANSWER}"""


# What was planned is copied from the file that was sent, and stays what it was.
LINE = f"""
{_FROZEN}
IF NOT {BY_OWNER} THEN
    IF TG_OP = 'INSERT' AND NOT NEW.added AND NOT EXISTS (
        SELECT 1 FROM applications_budgetline b JOIN applications_finalreport r ON r.application_id = b.application_id
        WHERE r.id = NEW.report_id AND (b.side, b.account, b.label, b.funder, b.amount_cents, b.is_request)
            = (NEW.side, NEW.account, NEW.label, NEW.funder, NEW.planned_cents, NEW.is_request)
    ) OR TG_OP = 'UPDATE' AND (NOT OLD.added OR NOT NEW.added) AND
        (NEW.report_id, NEW.side, NEW.account, NEW.label, NEW.funder, NEW.planned_cents, NEW.is_request, NEW.added)
        IS DISTINCT FROM
        (OLD.report_id, OLD.side, OLD.account, OLD.label, OLD.funder, OLD.planned_cents, OLD.is_request, OLD.added)
    THEN {refuse("what was planned is what the file said when it was sent")} END IF;
    IF TG_OP = 'DELETE' THEN
        IF NOT OLD.added THEN {refuse("what was planned is what the file said when it was sent")} END IF;
    END IF;
END IF;
{_ANSWER}"""

INDICATOR = f"""
{_FROZEN}
IF NOT {BY_OWNER} THEN
    IF TG_OP = 'DELETE' THEN {refuse("what was planned is what the file said when it was sent")} END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT 1 FROM applications_indicator i JOIN applications_finalreport r ON r.application_id = i.application_id
        WHERE r.id = NEW.report_id AND (i.label, i.unit, i.baseline, i.target) = (NEW.label, NEW.unit, NEW.baseline, NEW.target)
    ) OR TG_OP = 'UPDATE' AND (NEW.report_id, NEW.label, NEW.unit, NEW.baseline, NEW.target)
        IS DISTINCT FROM (OLD.report_id, OLD.label, OLD.unit, OLD.baseline, OLD.target)
    THEN {refuse("what was planned is what the file said when it was sent")} END IF;
END IF;
{_ANSWER}"""

# Whatever writes it, a file of a report belongs to the commune of the report.
SAME_COMMUNE = f"""
IF NOT EXISTS (
    SELECT 1 FROM applications_finalreport r JOIN applications_application a ON a.id = r.application_id
    JOIN documents_storedfile f ON f.id = NEW.file_id
    WHERE r.id = NEW.report_id AND a.organisation_id = NEW.organisation_id AND f.organisation_id = NEW.organisation_id
) THEN {refuse("a file of a report belongs to its commune")} END IF;
RETURN NEW;
"""


def report_guards() -> list[Guard]:
    def moving_to(state: str) -> pgtrigger.Condition:
        return pgtrigger.Condition(f"NEW.state = '{state}' AND OLD.state IS DISTINCT FROM NEW.state")

    def on_update(name: str, func: str, condition: pgtrigger.Condition | None = None) -> Guard:
        return Guard(name=name, when=pgtrigger.Before, operation=pgtrigger.Update, condition=condition, func=func)

    return [
        on_update("stays", STAYS),
        on_update("sent", SENT, moving_to("submitted")),
        on_update("accepted", ACCEPTED, moving_to("accepted")),
    ]


def part_guards(func: str = CHILD, *, files: bool = False) -> list[Guard]:
    guards = [
        Guard(
            name="frozen",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            func=func,
        )
    ]
    if files:
        guards.append(
            Guard(
                name="same_commune",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=SAME_COMMUNE,
            )
        )
    return guards
