"""Final reports: a plan rewritten, a content changed once sent, a photo without consent, an acceptance by the commune."""

from tests.refusals.case import CHECK, DENIED, REFUSED, Case, change

REPORTS = [
    Case(
        "a report that was sent",
        "UPDATE applications_finalreport SET spent_cents = 1 WHERE id = $report",
        REFUSED,
        "report that was sent",
        guard="applications_finalreport.stays",
    ),
    *(
        Case(
            f"the {what} of a report that was sent",
            f"UPDATE applications_{table} SET {change_} WHERE id = ${name}",
            REFUSED,
            "report that was sent",
            guard=f"applications_{table}.frozen",
        )
        for what, table, change_, name in (
            ("text", "reportsection", "text = 'x'", "report_text"),
            ("consent", "reportsection", "publish = true", "report_text"),
            ("count", "reportindicator", "done = '9'", "report_measure"),
            ("money", "reportline", "done_cents = 9", "report_line"),
        )
    ),
    Case(
        "a line planned after the fact",
        "INSERT INTO applications_reportline (report_id, side, account, label, funder, planned_cents, is_request, added, position) VALUES ($report_draft, 'charge', '62', '', '', 7, false, false, 9)",
        REFUSED,
        "what was planned",
        guard="applications_reportline.frozen",
    ),
    Case(
        "another plan in a report",
        "UPDATE applications_reportline SET planned_cents = 7 WHERE id = $draft_line",
        REFUSED,
        "what was planned",
    ),
    Case("a planned line taken away", "DELETE FROM applications_reportline WHERE id = $draft_line", REFUSED, "planned"),
    Case(
        "less than nothing spent",
        "UPDATE applications_reportline SET done_cents = -1 WHERE id = $draft_line",
        CHECK,
        "sane",
    ),
    Case(
        "another target in a report",
        "UPDATE applications_reportindicator SET target = '1' WHERE id = $draft_measure",
        REFUSED,
        "what was planned",
        guard="applications_reportindicator.frozen",
    ),
    Case(
        "a part judged before the report was sent",
        "UPDATE applications_reportsection SET moderation = 'non_publiable' WHERE id = $draft_text",
        REFUSED,
        "judged once",
        guard="applications_reportsection.frozen",
    ),
    Case(
        "published without consent",
        "UPDATE applications_reportsection SET moderation = 'publiable' WHERE id = $report_text",
        CHECK,
        "consented",
    ),
    Case(
        "a report of another file",
        "UPDATE applications_finalreport SET application_id = $draft WHERE id = $report_draft",
        REFUSED,
        "keeps its file",
    ),
    Case(
        "what was said of a report rewritten",
        "UPDATE applications_reportremark SET text = 'x' WHERE id = $report_remark",
        DENIED,
    ),
    Case(
        "a report certified by one who does not sign",
        change(
            "applications_finalreport",
            "applications.finalreport",
            "$report_draft",
            3,
            "draft",
            "submitted",
            certified_by_id="$drafter",
        )[1],
        REFUSED,
        "certified by a signatory",
        (change("applications_finalreport", "applications.finalreport", "$report_draft", 3, "draft", "submitted")[0],),
        guard="applications_finalreport.sent",
    ),
    Case(
        "a photo without consent sent with its report",
        change(
            "applications_finalreport",
            "applications.finalreport",
            "$report_draft",
            3,
            "draft",
            "submitted",
            certified_by_id="$signatory",
        )[1],
        REFUSED,
        "consent of the people",
        (
            "INSERT INTO applications_reportphoto (report_id, organisation_id, file_id, added_by_id, caption, alternative, credit, people, rights, publish, moderation) VALUES ($report_draft, $commune, $clean, $drafter, 'Une salle', 'Une salle', '', '', true, false, '')",
            change("applications_finalreport", "applications.finalreport", "$report_draft", 3, "draft", "submitted")[0],
        ),
        guard="applications_finalreport.sent",
    ),
    *(
        Case(
            f"a report accepted by {who}",
            change(
                "applications_finalreport",
                "applications.finalreport",
                "$report",
                4,
                "submitted",
                "accepted",
                accepted_by_id=by,
            )[1],
            REFUSED,
            "never of the commune",
            (change("applications_finalreport", "applications.finalreport", "$report", 4, "submitted", "accepted")[0],),
            guard=guard,
        )
        # Without the first guard, that of the neutral reader would still refuse somebody of the commune.
        for who, by, guard in (
            ("nobody", "NULL", "applications_finalreport.accepted"),
            ("its commune", "$signatory", ""),
        )
    ),
    Case(
        "a report accepted by a person with an interest",
        change(
            "applications_finalreport",
            "applications.finalreport",
            "$report",
            4,
            "submitted",
            "accepted",
            accepted_by_id="$interested",
        )[1],
        REFUSED,
        "interest in the file",
        (
            "INSERT INTO reviews_conflict (user_id, application_id, reason) SELECT $interested, application_id, 'x' FROM applications_finalreport WHERE id = $report",
            change("applications_finalreport", "applications.finalreport", "$report", 4, "submitted", "accepted")[0],
        ),
        guard="applications_finalreport.neutral",
    ),
    Case(
        "another commune's file in a report",
        "UPDATE applications_reportdocument SET file_id = $foreign_file WHERE id = $proof",
        REFUSED,
        "belongs to its commune",
        guard="applications_reportdocument.same_commune",
    ),
]
