"""Works on several files: nothing joins them later, nothing is done twice."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case


def job(**over: str) -> str:
    fields = {"key": "gen_random_uuid()", "kind": "'signer'", "asked": "'{}'", "asked_by_id": "$manager", **over}
    return f"INSERT INTO reviews_job ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


JOB = "(SELECT max(id) FROM reviews_job)"


def row(**over: str) -> str:
    fields = {
        "job_id": JOB,
        "application_id": "$reviewed",
        "state": "'waiting'",
        "seen": "'{}'",
        "reason": "''",
        **over,
    }
    return f"INSERT INTO reviews_jobrow ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


def row_is(changes: str) -> str:
    return f"UPDATE reviews_jobrow SET {changes} WHERE job_id = {JOB}"


def job_is(changes: str) -> str:
    return f"UPDATE reviews_job SET {changes} WHERE id = {JOB}"


DONE = row_is("state = 'done'")
STAYS, BORN, JOB_STAYS = "reviews_jobrow.stays", "reviews_jobrow.born", "reviews_job.stays"
JOBS = [
    Case("the same file twice", row(), UNIQUE, "job_row_one_a_file", before=(job(), row())),
    Case("born done", row(state="'done'"), REFUSED, "born waiting", before=(job(),), guard=BORN),
    Case("born finished", job(finished_at="now()"), REFUSED, "born unfinished", guard="reviews_job.born"),
    Case("no kind", job(kind="''"), CHECK, "job_has_a_kind"),
    Case("a row to no job of this moment", row(job_id="0"), REFUSED, "no row joins"),
    Case("concluded again", row_is("state = 'refused', reason = 'x'"), REFUSED, "once", (job(), row(), DONE), STAYS),
    Case("waiting again", row_is("state = 'waiting'"), REFUSED, "once", (job(), row(), DONE), STAYS),
    Case("refused without a word", row_is("state = 'refused'"), CHECK, "with_its_reason", (job(), row())),
    Case("another file", row_is("application_id = $draft"), REFUSED, "keeps its job", (job(), row()), STAYS),
    Case("finished too early", job_is("finished_at = now()"), REFUSED, "no row waits", (job(), row()), JOB_STAYS),
    Case("another verb", job_is("kind = 'decider'"), REFUSED, "does not change", (job(), row()), JOB_STAYS),
    Case(
        "finished twice",
        job_is("finished_at = NULL"),
        REFUSED,
        "finishes once",
        (job(), row(), DONE, job_is("finished_at = now()")),
        JOB_STAYS,
    ),
    Case("a row removed", f"DELETE FROM reviews_jobrow WHERE job_id = {JOB}", DENIED, "denied", (job(), row())),
]
LAWFUL = (job(), row(), DONE, job_is("finished_at = now()"))
