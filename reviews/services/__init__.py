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

__all__ = [
    "OPEN_REVIEWS",
    "OPINION_STATES",
    "Notes",
    "assign",
    "assign_evenly",
    "assign_several",
    "average_of_file",
    "check_opinion",
    "declare_conflict",
    "finish_review",
    "open_review",
    "save_scores",
    "start_job",
    "submit_review",
    "what_lacks",
    "write_opinion",
]
