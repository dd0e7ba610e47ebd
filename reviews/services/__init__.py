"""The opinion, the evaluators and their grids, the interests declared. Files move through `applications.services`."""

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
    "WrongLine",
    "assign",
    "assign_evenly",
    "assign_several",
    "average_of_file",
    "can_draw",
    "can_retain",
    "check_opinion",
    "create_scenario",
    "declare_conflict",
    "duplicate_scenario",
    "finish_review",
    "let_scenario_go",
    "open_review",
    "retain_scenario",
    "save_scenario",
    "save_scores",
    "share_scenario",
    "start_job",
    "submit_review",
    "what_lacks",
    "write_opinion",
]
