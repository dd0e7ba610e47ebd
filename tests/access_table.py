"""Who may open what: every route of the product stands here, or the run fails (tests/test_access.py).

A row says who may GET and who may POST. Everybody else who is signed in gets a 404 or a 403, and an anonymous person is
sent to the sign-in page. `reader`, `drafter` and `signatory` are those of the organisation that owns the object of the row;
`stranger` writes for another commune. `args` names objects of the world by key.
"""

from dataclasses import dataclass, field

STAFF = {
    "instructor": "instructrice@metropole.demo",
    "manager": "gestionnaire@metropole.demo",
    "head": "cheffe.service@metropole.demo",
    "evaluator": "evaluatrice1@metropole.demo",
    "unassigned": "evaluatrice3@metropole.demo",
    "preparer": "prepa.finances@metropole.demo",
    "approver": "approbation.finances@metropole.demo",
    "auditor": "audit@metropole.demo",
    "admin": "admin@metropole.demo",
}
OWN = ("reader", "drafter", "signatory")
ACTORS = ("anonymous", *OWN, "stranger", *STAFF)
Set = frozenset[str]


def some(names: str) -> Set:
    return frozenset(names.split())


NOBODY: Set = frozenset()
SIGNED_IN = frozenset(ACTORS) - {"anonymous"}
EVERYBODY = frozenset(ACTORS)
OWN_PEOPLE = frozenset(OWN)
WRITERS = some("drafter signatory")
COMMUNES = OWN_PEOPLE | {"stranger"}
DESK = some("instructor manager head")
INSTRUCTS = some("instructor manager")
FINANCE = some("preparer approver")
STAFF_PEOPLE = frozenset(STAFF)
READERS = DESK | FINANCE | {"auditor"}


@dataclass(frozen=True)
class Row:
    get: Set = NOBODY
    post: Set = NOBODY
    args: dict[str, str] = field(default_factory=dict)
    organisation: str = "Aubagne"


def row(get: Set = NOBODY, post: Set = NOBODY, organisation: str = "Aubagne", **args: str) -> Row:
    return Row(get, post, args, organisation)


def both(who: Set, organisation: str = "Aubagne", **args: str) -> Row:
    return Row(who, who, args, organisation)


PUBLIC = row(EVERYBODY)
TABLE: dict[str, Row] = {
    # Public
    "home": PUBLIC,
    "call_list": PUBLIC,
    "call_detail": row(EVERYBODY, slug="call"),
    "call_calendar": row(EVERYBODY, slug="call"),
    "accessibility": PUBLIC,
    "privacy": PUBLIC,
    "legal": PUBLIC,
    "open_data": PUBLIC,
    "csp_report": row(post=EVERYBODY),
    "demo_mail_list": PUBLIC,
    "demo_mail_detail": row(EVERYBODY, pk="message"),
    "demo_mail_html": row(EVERYBODY, pk="message"),
    "demo_mail_attachment": row(EVERYBODY, pk="message", index="0"),
    "demo_components": PUBLIC,
    "invitation_accept": both(EVERYBODY, token="token"),
    # Personal links of outside opinions: a token made up says calmly that it opens nothing (tests/reviews/test_outside.py)
    "outside_link": both(EVERYBODY, token="token"),
    "outside_read": both(EVERYBODY, token="token"),
    "outside_paper": row(token="token", pk="attachment"),
    "join": both(EVERYBODY),
    "join_sent": PUBLIC,
    "join_received": PUBLIC,
    "join_confirm": both(EVERYBODY, token="token"),
    # The person
    "profile": both(SIGNED_IN),
    # The commune's file
    "my_applications": row(SIGNED_IN),
    "application_create": both(SIGNED_IN, slug="call"),
    "application_home": row(OWN_PEOPLE, public_id="draft"),
    "application_print": row(OWN_PEOPLE, public_id="draft"),
    "application_review": row(OWN_PEOPLE, public_id="draft"),
    "application_section": row(OWN_PEOPLE, WRITERS, public_id="draft", section="section"),
    "application_budget": row(OWN_PEOPLE, WRITERS, public_id="draft"),
    "application_messages": row(OWN_PEOPLE, WRITERS, public_id="draft"),
    "application_messages_read": row(NOBODY, WRITERS, public_id="draft"),
    "application_budget_figures": row(NOBODY, WRITERS, public_id="draft"),
    "application_history": row(OWN_PEOPLE, public_id="draft"),
    "application_version": row(OWN_PEOPLE, WRITERS, public_id="draft", pk="version"),
    "application_presence": row(OWN_PEOPLE, WRITERS, public_id="draft"),
    "application_kept_forget": row(NOBODY, OWN_PEOPLE, public_id="draft", slug="section"),
    "application_change_questions": both(WRITERS, public_id="draft"),
    "application_documents": row(OWN_PEOPLE, WRITERS, public_id="draft"),
    "application_document_remove": row(NOBODY, WRITERS, public_id="draft", pk="attachment"),
    "application_document_reuse": row(NOBODY, WRITERS, public_id="draft", pk="attachment"),
    "application_document_state": row(OWN_PEOPLE, public_id="draft", code="document"),
    "application_help": row(OWN_PEOPLE, WRITERS, public_id="draft"),
    "application_help_end": row(NOBODY, WRITERS, public_id="draft"),
    "application_again": row(WRITERS, WRITERS, public_id="instructed"),
    "application_section_read": row(NOBODY, WRITERS, public_id="draft", section="section"),
    "application_ask_signature": row(WRITERS, WRITERS, public_id="draft"),
    "application_return": row(some("signatory"), some("signatory"), public_id="draft"),
    "application_submit": row(some("signatory"), some("signatory"), public_id="draft"),
    "application_sent": row(OWN_PEOPLE, public_id="instructed"),
    "application_withdraw": row(some("signatory"), some("signatory"), public_id="instructed"),
    "application_answer_pieces": row(WRITERS, WRITERS, "Gignac-la-Nerthe", public_id="awaiting"),
    "application_letters": row(OWN_PEOPLE, some("signatory"), public_id="granted"),
    "application_change": row(OWN_PEOPLE, WRITERS, public_id="granted"),
    "application_payments": row(OWN_PEOPLE | READERS, public_id="granted"),
    "award": row(OWN_PEOPLE | READERS, public_id="granted"),
    "act_sign": row(pk="no_act"),
    "act_withdraw": row(pk="no_act"),
    "act_prepare": both(some("manager"), public_id="granted"),
    "application_bank": row(WRITERS, WRITERS, public_id="granted"),
    "instalment_request": row(WRITERS, WRITERS, pk="planned"),
    # The report of a granted file
    "report_home": row(OWN_PEOPLE, public_id="granted"),
    "report_text": row(OWN_PEOPLE, WRITERS, public_id="granted", part="report_text"),
    "report_measures": row(OWN_PEOPLE, WRITERS, public_id="granted"),
    "report_budget": row(OWN_PEOPLE, WRITERS, public_id="granted"),
    "report_proofs": row(OWN_PEOPLE, WRITERS, public_id="granted"),
    "report_proof_remove": row(NOBODY, WRITERS, "Auriol", public_id="mended", pk="proof"),
    "report_photos": row(OWN_PEOPLE, WRITERS, public_id="granted"),
    "report_photo": row(OWN_PEOPLE, WRITERS, "Auriol", public_id="mended", pk="photo"),
    "report_photo_remove": row(NOBODY, WRITERS, "Auriol", public_id="mended", pk="photo"),
    "report_publication": row(OWN_PEOPLE, WRITERS, public_id="granted"),
    "report_review": row(OWN_PEOPLE, public_id="granted"),
    "report_ask_signature": both(WRITERS, public_id="granted"),
    "report_return": both(some("signatory"), public_id="granted"),
    "report_submit": both(some("signatory"), public_id="granted"),
    "report_print": row(OWN_PEOPLE, public_id="granted"),
    "report_list": row(DESK | {"auditor"}),
    "desk_report": row(DESK | {"auditor"}, public_id="reported"),
    "desk_report_return": both(INSTRUCTS, public_id="reported"),
    "desk_report_accept": both(INSTRUCTS, public_id="reported"),
    "desk_report_moderate": row(NOBODY, INSTRUCTS, public_id="reported"),
    "file_download": row(OWN_PEOPLE | READERS, key="paper"),
    # The commune's people
    "team": row(COMMUNES | {"unassigned"}),
    "team_invite": both(WRITERS | some("manager admin"), siren="siren"),
    "membership_end": both(some("signatory manager admin"), pk="membership"),
    "hand_over": both(some("signatory"), siren="siren"),
    "person_roles": both(some("signatory manager admin"), siren="siren", pk="colleague"),
    "person_remove": both(some("reader signatory manager admin"), siren="siren", pk="colleague"),  # the reader leaves
    "join_list": row(some("manager admin")),
    "join_answer": both(some("signatory manager admin"), pk="join_request"),
    # Without the address of the directory these pages do not exist (tests/accounts/test_directory_lookup.py).
    "lookup_ask": row(siren="siren"),
    "lookup_state": row(siren="siren"),
    "lookup_keep": row(siren="siren"),
    "invitation_resend": row(pk="invitation"),
    "invitation_revoke": row(pk="invitation"),
    # The desk
    "desk_queue": row(DESK | {"auditor"}),
    "desk_answers_export": row(DESK | {"auditor"}, slug="call", kind="format"),
    "bulk": row(INSTRUCTS, INSTRUCTS, code="confier"),
    "job_list": row(DESK),
    "job_detail": both(some("instructor manager"), key="job"),
    "job_export": row(some("instructor manager"), key="job"),
    "desk_queue_export": row(DESK | {"auditor"}),
    "desk_queue_workbook": row(DESK | {"auditor"}),
    "desk_file": row(READERS, public_id="instructed"),
    "desk_questions": row(DESK),
    "desk_messages": row(DESK | {"auditor"}, DESK, public_id="instructed"),
    "desk_messages_done": row(NOBODY, DESK, public_id="instructed"),
    "desk_shared_draft": row(DESK, public_id="asked", pk="asked_question"),
    "desk_take": row(NOBODY, INSTRUCTS, public_id="instructed"),
    "desk_complete": row(NOBODY, INSTRUCTS, public_id="instructed"),
    "desk_checklist": both(INSTRUCTS, public_id="instructed"),
    "desk_compare": row(
        public_id="instructed", other_id="00000000-0000-4000-8000-000000000000"
    ),  # two files in the address: tests/reviews/test_family.py
    "desk_remarks": both(INSTRUCTS, public_id="instructed"),
    "desk_remark_drop": row(public_id="instructed", pk="0"),  # one remark in the address: tests/reviews/test_remarks.py
    "desk_notes": row(DESK | {"auditor"}, DESK, public_id="instructed"),
    "desk_note": row(public_id="instructed", pk="0"),  # one's own note: tests/reviews/test_notes.py
    "absence_list": both(DESK),
    "absence_cancel": row(pk="0"),  # tests/accounts/test_absences.py
    "delegation_revoke": row(pk="0"),
    "desk_typo": both(INSTRUCTS, public_id="instructed"),
    "application_typos": row(OWN_PEOPLE, public_id="instructed"),
    "desk_help": row(INSTRUCTS),
    "desk_help_open": both(INSTRUCTS),
    "desk_help_take": row(pk="membership"),  # a hand that no commune gave
    "desk_pieces": both(INSTRUCTS, public_id="instructed"),
    "desk_outside": row(DESK | {"auditor"}, public_id="instructed"),
    "desk_outside_ask": both(INSTRUCTS, public_id="instructed"),
    "outside_renew": both(INSTRUCTS, pk="outside"),
    "outside_withdraw": both(INSTRUCTS, pk="outside"),
    "desk_deadline": both(INSTRUCTS, "Gignac-la-Nerthe", public_id="awaiting"),
    "desk_letters": row(DESK | {"auditor"}, DESK, public_id="granted"),
    "desk_change": row(DESK | {"auditor"}, some("manager"), public_id="granted", pk="change"),
    "desk_inadmissible": both(INSTRUCTS, public_id="instructed"),
    "desk_opinion": row(NOBODY, INSTRUCTS, public_id="instructed"),
    "desk_opinion_consequence": row(DESK | {"auditor"}, public_id="instructed"),
    "desk_review": row(DESK | {"auditor"}, INSTRUCTS, public_id="instructed"),
    "desk_review_finish": row(NOBODY, some("manager"), public_id="under_review"),
    "desk_decide": row(some("manager"), some("manager"), "Marseille", public_id="reviewed"),
    "desk_conflict": both(DESK, public_id="instructed"),
    "view_list": row(DESK | {"auditor"}, DESK | {"auditor"}),
    "view_change": row(NOBODY, some("manager"), pk="saved_view"),
    "label_list": row(DESK | {"auditor"}, some("manager")),
    "label_listed": row(NOBODY, some("manager"), pk="label"),
    "desk_labels": row(DESK | {"auditor"}, INSTRUCTS, public_id="instructed"),
    "decision_preview": row(DESK | {"auditor"}, pk="recorded"),
    "application_appeal": row(OWN_PEOPLE, some("signatory"), public_id="granted"),
    "desk_appeal": row(DESK | {"auditor"}, public_id="granted"),
    "letter_text_list": row(DESK | {"auditor"}),
    "letter_text": row(DESK | {"auditor"}, some("manager"), slug="call", kind="attribution"),
    "ground_list": row(DESK | {"auditor"}),
    "ground_add": both(some("manager")),
    "ground_edit": both(some("manager"), pk="ground"),
    "ground_listed": row(NOBODY, some("manager"), pk="ground"),
    "waiting_list": row(DESK | {"auditor"}),
    "sheet_list": both(some("manager")),
    "sheet_model": row(some("manager")),
    "sheet_detail": both(some("manager"), pk="sheet"),
    "decision_list": row(DESK | {"auditor"}),
    "decision_sign": row(DESK | {"auditor"}, some("head"), pk="recorded"),
    "decision_withdraw": both(some("manager"), pk="recorded"),
    "committee_list": row(DESK | some("auditor evaluator unassigned")),
    "committee_create": both(some("manager"), slug="call"),
    "committee_detail": row(DESK | {"auditor"}, pk="session"),
    "committee_edit": both(some("manager"), pk="session"),
    "committee_agenda": row(NOBODY, some("manager"), pk="session"),
    "committee_invite": row(NOBODY, some("manager"), pk="session"),
    "committee_cancel": both(some("manager"), pk="session"),
    "committee_open": both(some("manager"), pk="session"),
    "committee_attendance": row(NOBODY, INSTRUCTS, pk="session"),
    "committee_screen": row(DESK | {"auditor"}, pk="session"),
    "committee_envelope": row(DESK | {"auditor"}, pk="session"),
    "committee_pen": both(INSTRUCTS, pk="session", item_pk="item"),
    "committee_close": both(some("manager"), pk="session"),
    "committee_sign": both(some("head"), pk="session"),
    "committee_record": row(pk="session"),  # once signed: tests/reviews/test_committee_pages.py
    "committee_export": row(pk="session", kind="format"),  # once closed: the same
    "scenario_list": row(DESK | {"auditor"}),
    "scenario_compare": row(),  # two scenarios in the address: tests/reviews/test_scenarios.py
    "scenario_create": both(INSTRUCTS, slug="call"),
    "scenario_propose": both(INSTRUCTS, slug="call"),
    "scenario_grid": row(DESK | {"auditor"}, INSTRUCTS, pk="scenario"),
    "scenario_export": row(DESK | {"auditor"}, pk="scenario", kind="format"),
    "scenario_share": row(NOBODY, INSTRUCTS, pk="scenario"),
    "scenario_duplicate": row(NOBODY, INSTRUCTS, pk="scenario"),
    "scenario_retain": both(some("manager head"), pk="scenario"),
    "dashboard": row(READERS),
    # Evaluation
    "review_list": row(some("evaluator unassigned")),
    "review_grid": both(some("evaluator"), pk="review"),
    "review_conflict": both(some("evaluator"), pk="review"),
    "interest_list": row(STAFF_PEOPLE),
    "interest_declare": both(STAFF_PEOPLE, slug="call"),
    "interest_register": row(some("manager head auditor"), slug="call"),
    "interest_register_pdf": row(some("manager head auditor"), slug="call"),
    "conflict_lift": both(some("manager"), pk="conflict"),
    "interest_lift": row(pk="no_act"),  # nobody named a commune: tests/reviews/test_interest_pages.py
    "review_ranking": row(DESK | {"auditor"}),
    # Payments
    "instalment_list": row(READERS),
    "instalment_detail": row(READERS, pk="requested"),
    "instalment_certify": both(some("instructor"), pk="requested"),
    "instalment_endorse": both(some("head"), pk="requested"),
    "award_settle": row(OWN_PEOPLE | READERS, some("instructor"), public_id="granted"),
    "instalment_join": row(NOBODY, WRITERS | DESK, pk="planned"),
    "finance_desk": row(READERS),
    "due_list": row(READERS),
    "finance_export": row(READERS, name="versements", format="format"),
    "recovery_list": row(READERS),
    "recovery_detail": row(NOBODY, NOBODY, pk="recovery"),  # none in the demonstration: tests/payments/test_settling.py
    "payment_rules": row(READERS, some("manager")),
    "instalment_approve": both(some("approver"), pk="requested"),
    "instalment_return_to_commune": both(some("instructor"), pk="requested"),
    "instalment_return_to_desk": both(FINANCE | some("head"), pk="requested"),
    "bank_list": row(READERS),
    "bank_detail": row(OWN_PEOPLE | READERS, pk="bank", organisation="Martigues"),
    "bank_reveal": row(NOBODY, WRITERS | FINANCE | some("instructor head"), pk="bank", organisation="Martigues"),
    "bank_verify": both(some("instructor head"), pk="bank", organisation="Martigues"),
    "bank_refuse": both(some("instructor head"), pk="bank", organisation="Martigues"),
    "batch_list": row(READERS),
    "batch_create": row(NOBODY, some("preparer")),
    "batch_detail": row(READERS, pk="batch"),
    "batch_add": row(NOBODY, some("preparer"), pk="batch"),
    "batch_remove": row(NOBODY, some("preparer"), pk="batch", line="payment_line"),
    "batch_seal": both(some("preparer"), pk="batch"),
    "batch_transmit": row(NOBODY, some("preparer"), pk="batch"),
    "line_cancel": both(some("approver"), pk="batch", line="payment_line"),
    "contrary_export": row(NOBODY, NOBODY, pk="contrary"),
    "export_layout": both(FINANCE),
    "export_hold": both(FINANCE | {"admin"}),
    "return_list": row(FINANCE | {"auditor"}, FINANCE),
    "return_detail": row(FINANCE | {"auditor"}, pk="returned"),
    "return_map": row(NOBODY, FINANCE, pk="returned"),
    "return_apply": row(NOBODY, FINANCE, pk="returned"),
    "return_discard": row(NOBODY, FINANCE, pk="returned"),
    "difference_settle": row(FINANCE | {"auditor"}, FINANCE, pk="difference"),
    "difference_attach": row(NOBODY, FINANCE, pk="difference"),
    "reconciliation": row(FINANCE | {"auditor"}),
    "batch_export": row(NOBODY, FINANCE, pk="batch", format="format"),
    # The fund
    "budget": row(READERS),
    "budget_year": row(READERS, year="year"),
    "budget_years": row(READERS),
    "ledger": row(READERS),
    "budget_line_add": both(some("manager"), year="year"),
    "budget_transfer": both(some("manager"), year="year"),
    "budget_carry_over": both(some("manager"), year="year"),
    "budget_payments": row(READERS, some("manager"), year="year"),
    "budget_close": both(some("manager"), year="year"),
    "budget_create": both(some("manager")),
    "budget_line_amend": both(some("manager"), pk="line"),
    "budget_line_describe": both(some("manager"), pk="line"),
    "fund_settings": both(some("manager")),
    "call_manage_list": row(DESK | {"auditor"}),
    "call_create": both(some("manager")),
    "call_edit": row(DESK | {"auditor"}, slug="call"),
    "call_preview": row(DESK | {"auditor"}, slug="call"),
    "call_questions": row(DESK | {"auditor"}, slug="new_call"),
    "call_questions_act": row(post=some("manager"), slug="new_call", act="prepare_act"),
    "call_questions_preview": both(DESK | {"auditor"}, slug="new_call"),
    "call_questions_serve": both(some("manager"), slug="new_call"),
    "call_question_add": both(some("manager"), slug="new_call"),
    "call_question_edit": both(some("manager"), slug="new_call", pk="question"),
    "call_question_remove": both(some("manager"), slug="new_call", pk="question"),
    "call_part": both(some("manager"), slug="call", part="part"),
    "call_step": both(some("manager"), slug="new_call", step="step"),
    # Accounts and directory
    "account_list": row(some("admin")),
    "account_detail": row(some("admin"), pk="user"),
    "staff_invite": both(some("admin")),
    "account_grant": both(some("admin"), pk="user"),
    "account_end_sessions": row(NOBODY, some("admin"), pk="user"),
    "account_close": both(some("admin"), pk="user", act="act"),
    "commune_list": row(READERS | {"admin"}),
    "commune_detail": row(READERS | {"admin"}, siren="siren"),
    "commune_plan": both(DESK, siren="siren"),
    "commune_contacts": both(some("signatory manager admin"), siren="siren"),
    "commune_import": both(some("manager admin")),
    # Messages and journal
    "message_list": row(some("manager admin")),
    "message_send_again": row(NOBODY, some("manager admin"), pk="message"),
    "journal": row(some("auditor head")),
    "journal_access": row(some("auditor head")),
    "journal_entry": row(some("auditor head"), pk="entry"),
}
