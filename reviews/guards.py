"""Nobody evaluates the file of their own organisation, one they have declared an interest in, or one they helped to write.

An interest is declared in one file (a Conflict), or in an organisation for the whole of a call (a DeclaredOrganisation).
"""

import pgtrigger

from common.guards import BY_OWNER, Guard, refuse

CONFLICTED = """
    EXISTS (SELECT 1 FROM reviews_conflict c
            WHERE c.user_id = {user} AND c.application_id = {application} AND c.lifted_at IS NULL)
    OR EXISTS (SELECT 1 FROM accounts_membership m JOIN applications_application a ON a.organisation_id = m.organisation_id
               WHERE m.user_id = {user} AND a.id = {application} AND m.ended_at IS NULL)
    OR EXISTS (SELECT 1 FROM applications_assistance h WHERE h.helper_id = {user} AND h.application_id = {application})
    OR EXISTS (SELECT 1 FROM reviews_declaredorganisation o JOIN reviews_interestdeclaration d ON d.id = o.declaration_id
               JOIN applications_application a ON a.organisation_id = o.organisation_id AND a.call_id = d.call_id
               WHERE d.user_id = {user} AND a.id = {application} AND o.lifted_at IS NULL)
"""

REVIEW = f"""
IF NEW.state <> 'recused' AND (TG_OP = 'INSERT' OR NEW.state IS DISTINCT FROM OLD.state) AND NOT {BY_OWNER}
    AND ({CONFLICTED.format(user="NEW.evaluator_id", application="NEW.application_id")}) THEN
    {refuse("an evaluator never reviews the file of their own organisation or a declared interest")}
END IF;
IF TG_OP = 'UPDATE' AND (NEW.application_id, NEW.evaluator_id) IS DISTINCT FROM (OLD.application_id, OLD.evaluator_id)
THEN {refuse("a review keeps its file and its evaluator")} END IF;
IF TG_OP = 'UPDATE' AND OLD.state IN ('submitted', 'recused') AND (NEW.comment, NEW.submitted_at, NEW.assigned_by_id, NEW.assigned_at)
    IS DISTINCT FROM (OLD.comment, OLD.submitted_at, OLD.assigned_by_id, OLD.assigned_at)
THEN {refuse("a review that was handed in does not change")} END IF;
RETURN NEW;
"""

SCORE = f"""
SELECT r.state, r.evaluator_id, r.application_id, a.state AS file_state, a.call_id INTO review
    FROM reviews_review r JOIN applications_application a ON a.id = r.application_id
    WHERE r.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.review_id ELSE NEW.review_id END;
IF TG_OP = 'UPDATE' AND (NEW.review_id, NEW.criterion_id) IS DISTINCT FROM (OLD.review_id, OLD.criterion_id) THEN
    {refuse("a score keeps its review and its criterion")}
END IF;
IF NOT {BY_OWNER} THEN
    IF review.state NOT IN ('assigned', 'started') OR review.file_state <> 'under_review' THEN
        {refuse("a score is given while the file is under review and the review is not submitted")}
    END IF;
    IF {CONFLICTED.format(user="review.evaluator_id", application="review.application_id")} THEN
        {refuse("no score by a person with an interest in the file")}
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM 1 FROM fund_criterion c WHERE c.id = NEW.criterion_id AND c.call_id = review.call_id;
        IF NOT FOUND THEN {refuse("the criterion belongs to another call")} END IF;
    END IF;
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

OPINION_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.written_by_id", application="NEW.application_id")}) THEN
    {refuse("no opinion by a person with an interest in the file")}
END IF;
RETURN NEW;
"""

DECIDED_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.recorded_by_id", application="NEW.application_id")}) THEN
    {refuse("no decision by a person with an interest in the file")}
END IF;
RETURN NEW;
"""

SIGNED_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.signed_by_id", application="NEW.application_id")}) THEN
    {refuse("no signature by a person with an interest in the file")}
END IF;
RETURN NEW;
"""

ACCEPTED_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.accepted_by_id", application="NEW.application_id")}) THEN
    {refuse("no report is accepted by a person with an interest in the file")}
END IF;
RETURN NEW;
"""

CHANGE_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND (
    NEW.agreed_by_id IS DISTINCT FROM OLD.agreed_by_id AND ({CONFLICTED.format(user="NEW.agreed_by_id", application="NEW.application_id")})
    OR NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id
        AND ({CONFLICTED.format(user="NEW.decided_by_id", application="NEW.application_id")})
) THEN {refuse("no change is answered by a person with an interest in the file")} END IF;
RETURN NEW;
"""

CONFLICT_STAYS = f"""
IF (NEW.id, NEW.user_id, NEW.application_id, NEW.named_id, NEW.reason, NEW.declared_at)
    IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.application_id, OLD.named_id, OLD.reason, OLD.declared_at)
THEN {refuse("a declared interest is lifted, never rewritten")} END IF;
IF OLD.lifted_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN {refuse("a lifted interest stays as it was lifted")} END IF;
IF NEW.lifted_by_id = NEW.user_id THEN {refuse("nobody lifts their own interest")} END IF;
RETURN NEW;
"""

NAMED_STAYS = f"""
IF TG_OP = 'UPDATE' THEN
    IF (NEW.id, NEW.declaration_id, NEW.organisation_id) IS DISTINCT FROM (OLD.id, OLD.declaration_id, OLD.organisation_id)
    THEN {refuse("an organisation declared is lifted, never rewritten")} END IF;
    IF OLD.lifted_at IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN {refuse("a lifted interest stays as it was lifted")} END IF;
END IF;
PERFORM 1 FROM reviews_interestdeclaration d WHERE d.id = NEW.declaration_id AND d.user_id = NEW.lifted_by_id;
IF FOUND THEN {refuse("nobody lifts their own interest")} END IF;
RETURN NEW;
"""

NAMED_RECUSES = f"""
IF EXISTS (SELECT 1 FROM reviews_interestdeclaration d
           JOIN applications_application a ON a.call_id = d.call_id AND a.organisation_id = NEW.organisation_id
           JOIN reviews_review r ON r.application_id = a.id AND r.evaluator_id = d.user_id
           WHERE d.id = NEW.declaration_id AND r.state <> 'recused') THEN
    {refuse("whoever declares an interest steps aside from their review")}
END IF;
RETURN NULL;
"""

# The other side of the guard of reviews: whoever declares an interest leaves no grid standing (TRUST I-22).
CONFLICT_RECUSES = f"""
IF EXISTS (SELECT 1 FROM reviews_review r WHERE r.application_id = NEW.application_id AND r.evaluator_id = NEW.user_id
           AND r.state <> 'recused') THEN
    {refuse("whoever declares an interest steps aside from their review")}
END IF;
RETURN NULL;
"""


def opinion_guards() -> list[Guard]:
    return [
        Guard(
            name="neutral",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            func=OPINION_BY_NEUTRAL,
        )
    ]


def review_guards() -> list[Guard]:
    return [
        Guard(
            name="neutral",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            func=REVIEW,
        )
    ]


def score_guards() -> list[Guard]:
    return [
        Guard(
            name="in_its_time",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("review", "record")],
            func=SCORE,
        )
    ]


def conflict_guards() -> list[Guard]:
    return [
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=CONFLICT_STAYS),
        Guard(
            name="recuses",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=CONFLICT_RECUSES,
        ),
    ]


def named_guards() -> list[Guard]:
    return [
        Guard(name="stays", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=NAMED_STAYS),
        Guard(
            name="recuses",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=NAMED_RECUSES,
        ),
    ]


def neutral_decision_guards() -> list[Guard]:
    return [
        Guard(name="neutral", when=pgtrigger.Before, operation=pgtrigger.Insert, func=DECIDED_BY_NEUTRAL),
        Guard(
            name="neutral_signature",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("NEW.signed_by_id IS NOT NULL AND OLD.signed_by_id IS NULL"),
            func=SIGNED_BY_NEUTRAL,
        ),
    ]


LABELLED_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.put_by_id", application="NEW.application_id")}) THEN
    {refuse("no label by a person with an interest in the file")}
END IF;
RETURN NEW;
"""


def neutral_label_guards() -> list[Guard]:
    return [Guard(name="neutral", when=pgtrigger.Before, operation=pgtrigger.Insert, func=LABELLED_BY_NEUTRAL)]


APPEAL_BY_NEUTRAL = f"""
IF NOT {BY_OWNER} AND ({CONFLICTED.format(user="NEW.answered_by_id", application="NEW.application_id")}) THEN
    {refuse("no answer to an appeal by a person with an interest in the file")}
END IF;
RETURN NEW;
"""


def neutral_appeal_guards() -> list[Guard]:
    return [
        Guard(
            name="neutral",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("NEW.answered_by_id IS NOT NULL AND OLD.answered_by_id IS NULL"),
            func=APPEAL_BY_NEUTRAL,
        )
    ]


def neutral_report_guards() -> list[Guard]:
    return [
        Guard(
            name="neutral",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition("NEW.accepted_by_id IS NOT NULL AND OLD.accepted_by_id IS NULL"),
            func=ACCEPTED_BY_NEUTRAL,
        )
    ]


def neutral_change_guards() -> list[Guard]:
    return [Guard(name="neutral", when=pgtrigger.Before, operation=pgtrigger.Update, func=CHANGE_BY_NEUTRAL)]
