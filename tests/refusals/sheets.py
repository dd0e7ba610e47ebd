"""A sheet of decisions stays as it was read, and leads to one work."""

from tests.refusals.case import DENIED, REFUSED, Case

TABLE = "reviews_decisionsheet"
ONE = f"(SELECT max(id) FROM {TABLE})"
READ = f"INSERT INTO {TABLE} (key, name, sha256, lines, read_by_id) VALUES (gen_random_uuid(), 'a.csv', 'x', '[]', $manager)"


def job(kind: str = "'tableur'", sheet: str = f"{ONE}::text", by: str = "$manager") -> str:
    return (
        "INSERT INTO reviews_job (key, kind, asked, asked_by_id) VALUES"
        f" (gen_random_uuid(), {kind}, jsonb_build_object('sheet', ({sheet})::bigint), {by})"
    )


def row_is(changes: str) -> str:
    return f"UPDATE {TABLE} SET {changes} WHERE id = {ONE}"


LED = row_is("job_id = (SELECT max(id) FROM reviews_job)")
STAYS = f"{TABLE}.stays"
SHEETS = [
    Case("other lines", row_is("lines = '[1]'"), REFUSED, "as it was read", (READ,), STAYS),
    Case("another reader", row_is("read_by_id = $head"), REFUSED, "as it was read", (READ,), STAYS),
    Case("the work of another gesture", LED, REFUSED, "for that sheet", (READ, job("'decider'")), STAYS),
    Case("the work of another sheet", LED, REFUSED, "for that sheet", (READ, job(sheet="0")), STAYS),
    Case("the work of another person", LED, REFUSED, "for that sheet", (READ, job(by="$head")), STAYS),
    Case("a second work", row_is("job_id = NULL"), REFUSED, "one work", (READ, job(), LED), STAYS),
    Case("a sheet thrown away", f"DELETE FROM {TABLE}", DENIED, before=(READ,)),
]
LAWFUL = (READ, job(), LED)
