"""Every verb of a file. One function a verb: `verb(pk, *, by=…)`."""

from applications.services.appeals import answer_appeal, file_appeal, register_appeal, withdraw_appeal
from applications.services.assistance import ask_help, end_help, open_for, take_hand
from applications.services.changes import (
    accept_change,
    ask_change,
    awarded,
    refuse_change,
    sign_change,
    withdraw_change,
)
from applications.services.decisions import (
    decide,
    grant,
    reject,
    sign_decision,
    waitlist,
    withdraw_recorded,
)
from applications.services.documents import (
    AlreadyJoined,
    attach_document,
    date_document,
    remove_document,
    reusable,
    reuse_document,
)
from applications.services.drafting import (
    ask_signature,
    create_draft,
    return_to_drafter,
)
from applications.services.exchange import answer_pieces, open_request, remove_answer_document, save_answer
from applications.services.grounds import add_ground, list_ground, mend_ground
from applications.services.instruction import (
    adjourn,
    ask_pieces,
    assign_instructor,
    check_complete,
    declare_inadmissible,
    extend_deadline,
    finish_review,
    resume_instruction,
    send_to_review,
    start_instruction,
    take_over,
)
from applications.services.labels import change_labels, list_label, make_label
from applications.services.letter_texts import write_letter_text
from applications.services.messages import mark_messages_read, nothing_to_answer, write_to_commune, write_to_desk
from applications.services.questions import answers_left, change_questions, newer_questions
from applications.services.reading import for_reading
from applications.services.renewal import begin_again, mark_read
from applications.services.signed_papers import deposit_signed, make_convention
from applications.services.submission import AlreadySent, submit, withdraw
from applications.services.typos import check_typo, correct_typo
from applications.services.writing import restore, save_section, save_units, tokens

__all__ = [
    "AlreadyJoined",
    "AlreadySent",
    "accept_change",
    "add_ground",
    "adjourn",
    "answer_appeal",
    "answer_pieces",
    "answers_left",
    "ask_change",
    "ask_help",
    "ask_pieces",
    "ask_signature",
    "assign_instructor",
    "attach_document",
    "awarded",
    "begin_again",
    "change_labels",
    "change_questions",
    "check_complete",
    "check_typo",
    "correct_typo",
    "create_draft",
    "date_document",
    "decide",
    "declare_inadmissible",
    "deposit_signed",
    "end_help",
    "extend_deadline",
    "file_appeal",
    "finish_review",
    "for_reading",
    "grant",
    "list_ground",
    "list_label",
    "make_convention",
    "make_label",
    "mark_messages_read",
    "mark_read",
    "mend_ground",
    "newer_questions",
    "nothing_to_answer",
    "open_for",
    "open_request",
    "refuse_change",
    "register_appeal",
    "reject",
    "remove_answer_document",
    "remove_document",
    "restore",
    "resume_instruction",
    "return_to_drafter",
    "reusable",
    "reuse_document",
    "save_answer",
    "save_section",
    "save_units",
    "send_to_review",
    "sign_change",
    "sign_decision",
    "start_instruction",
    "submit",
    "take_hand",
    "take_over",
    "tokens",
    "waitlist",
    "withdraw",
    "withdraw_appeal",
    "withdraw_change",
    "withdraw_recorded",
    "write_letter_text",
    "write_to_commune",
    "write_to_desk",
]
