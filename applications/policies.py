"""Who may do what with a file: pure predicates (actor, application) -> bool; services call them, views show by them."""

from typing import Any

import rules

from accounts import absences
from accounts.states import DESK_ROLES, WRITING_ROLES, Role
from applications.states import REPORT_WITH_COMMUNE, UNDECIDED, ApplicationState


@rules.predicate
def writes_for_its_commune(user: Any, application: Any) -> bool:
    return application.organisation_id in user.organisation_ids(*WRITING_ROLES)


@rules.predicate
def signs_for_its_commune(user: Any, application: Any) -> bool:
    return application.organisation_id in user.organisation_ids(Role.SIGNATORY)


@rules.predicate
def reads_for_its_commune(user: Any, application: Any) -> bool:
    return application.organisation_id in user.organisation_ids()


def may_help(user: Any, organisation: Any) -> bool:
    """Of the team that instructs, and not of this commune."""
    return bool(user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER) and organisation.pk not in user.organisation_ids())


@rules.predicate
def helps(user: Any, application: Any) -> bool:
    """Was given the hand on this draft, and still has it (assisted entry)."""
    return bool(
        user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER)
        and application.organisation_id not in user.organisation_ids()
        and application.assistances.filter(helper=user, ended_at=None).exists()
    )


@rules.predicate
def has_helped(user: Any, application: Any) -> bool:
    """Wrote in the commune's name: gives no opinion on this file and decides nothing of it."""
    return application is not None and any(one.helper_id == user.pk for one in application.assistances.all())


@rules.predicate
def is_desk(user: Any, application: Any) -> bool:
    return user.has_role(*DESK_ROLES)


@rules.predicate
def is_desk_elsewhere(user: Any, application: Any) -> bool:
    """Of the desk, and not of the commune of the file."""
    return user.has_role(*DESK_ROLES) and application.organisation_id not in user.organisation_ids()


@rules.predicate
def is_instructor(user: Any, application: Any) -> bool:
    """Instructs: not on a file of one's own commune."""
    own = application is not None and application.organisation_id in user.organisation_ids()
    return user.has_role(Role.INSTRUCTOR, Role.FUND_MANAGER) and not own


@rules.predicate
def is_fund_manager(user: Any, application: Any) -> bool:
    own = application is not None and application.organisation_id in user.organisation_ids()
    return user.has_role(Role.FUND_MANAGER) and not own


@rules.predicate
def is_head_of_service(user: Any, application: Any) -> bool:
    return user.has_role(Role.HEAD_OF_SERVICE)


def power_to_sign(user: Any) -> tuple[bool, Any]:
    """May this person sign decisions today, and by which delegation (None for the head of service)."""
    if user.has_role(Role.HEAD_OF_SERVICE):
        return True, None
    found = absences.delegation_of(user) if user.has_role(*DESK_ROLES) else None
    return found is not None, found


@rules.predicate
def is_draft(user: Any, application: Any) -> bool:
    return application.state == ApplicationState.DRAFT


@rules.predicate
def awaits_commune(user: Any, application: Any) -> bool:
    return application.state == ApplicationState.AWAITING_COMMUNE


@rules.predicate
def is_undecided(user: Any, application: Any) -> bool:
    return application.state in UNDECIDED


@rules.predicate
def report_with_commune(user: Any, report: Any) -> bool:
    return report.state in REPORT_WITH_COMMUNE and report.application.state == ApplicationState.GRANTED


@rules.predicate
def writes_its_report(user: Any, report: Any) -> bool:
    return bool(writes_for_its_commune(user, report.application))


@rules.predicate
def signs_its_report(user: Any, report: Any) -> bool:
    return bool(signs_for_its_commune(user, report.application))


writes_it = writes_for_its_commune | helps
can_edit = writes_it & is_draft
can_submit = signs_for_its_commune & is_draft
can_answer_pieces = writes_for_its_commune & awaits_commune
can_write_to_desk = writes_for_its_commune
can_write_to_commune = is_desk_elsewhere
can_withdraw = signs_for_its_commune & is_undecided
can_instruct = is_instructor
can_give_opinion = is_instructor & ~has_helped
can_record_decision = is_fund_manager & ~has_helped
can_sign_decision = is_head_of_service
can_write_report = writes_its_report & report_with_commune
can_send_report = signs_its_report & report_with_commune
