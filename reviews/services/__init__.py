"""The opinion, the evaluators and their grids, the interests declared. Files move through `applications.services`."""

from reviews.services.checklist import answer_checks, find_complete
from reviews.services.duplicates import judge_pair, same_family, verdicts_of_pair
from reviews.services.evaluation import (
    OPEN_REVIEWS,
    Notes,
    assign,
    assign_evenly,
    assign_several,
    average_of_file,
    finish_review,
    open_review,
    save_scores,
    submit_review,
    what_lacks,
)
from reviews.services.interests import declare_conflict
from reviews.services.jobs import start_job
from reviews.services.opinion import OPINION_STATES, check_opinion, write_opinion
from reviews.services.outside import (
    Question,
    answer_outside,
    ask_outside,
    draft_of,
    open_outside,
    remind_outside,
    renew_outside,
    withdraw_outside,
)
from reviews.services.scenario import (
    Given,
    WrongLine,
    can_draw,
    can_retain,
    create_scenario,
    duplicate_scenario,
    let_scenario_go,
    retain_scenario,
    save_scenario,
    share_scenario,
)

__all__ = [
    "OPEN_REVIEWS",
    "OPINION_STATES",
    "Given",
    "Notes",
    "Question",
    "WrongLine",
    "answer_checks",
    "answer_outside",
    "ask_outside",
    "assign",
    "assign_evenly",
    "assign_several",
    "average_of_file",
    "can_draw",
    "can_retain",
    "check_opinion",
    "create_scenario",
    "declare_conflict",
    "draft_of",
    "duplicate_scenario",
    "find_complete",
    "finish_review",
    "judge_pair",
    "let_scenario_go",
    "open_outside",
    "open_review",
    "remind_outside",
    "renew_outside",
    "retain_scenario",
    "same_family",
    "save_scenario",
    "save_scores",
    "share_scenario",
    "start_job",
    "submit_review",
    "verdicts_of_pair",
    "what_lacks",
    "withdraw_outside",
    "write_opinion",
]
