"""Who asks to join, who administers, what a directory said: what the application role may not write."""

from tests.refusals.case import CHECK, REFUSED, UNIQUE, Case, change

ADMIN = "UPDATE accounts_membership SET ended_at = now(){0} WHERE id = $administration"
LABEL, TABLE = "accounts.joinrequest", "accounts_joinrequest"


def answered(state: str, request: str = "$waiting", *, before: str = "waiting", **fields: str) -> tuple[str, str]:
    """The journal's line, then the answer; as an administrator of the commune unless said otherwise."""
    given = {"decided_by_id": "$administrator", "decided_at": "now()", **fields}
    version = 3 if before == "waiting" else 2
    return change(TABLE, LABEL, request, version, before, state, **given)


ROLE = "INSERT INTO accounts_membership (user_id, organisation_id, role) VALUES ($other_drafter, $commune, 'drafter')"
ACCEPTED = {"user_id": "$other_drafter", "role": "'drafter'"}
LAWFUL_JOIN = (ROLE, *answered("accepted", **ACCEPTED))
LAWFUL_REFUSAL = answered("refused", reason="'non'")
LAWFUL_END = (ADMIN.format(", ended_by_id = $manager"),)


def join(name: str, sql: str, says: str, guard: str = "", *before: str, error: type[Exception] = REFUSED) -> Case:
    return Case(name, sql, error, says, before, guard)


PEOPLE = [
    join(
        "the last administrator leaves",
        ADMIN.format(""),
        "names another first",
        "accounts_membership.last_administrator",
    ),
    join("ended by oneself", ADMIN.format(", ended_by_id = $administrator"), "names another first"),
    join("ended by a signatory", ADMIN.format(", ended_by_id = $signatory"), "names another first"),
    join("ended by staff who keep no accounts", ADMIN.format(", ended_by_id = $instructor"), "names another first"),
    join(
        "the last administrator's account is closed",
        "UPDATE accounts_user SET is_active = false WHERE id = $administrator",
        "names another first",
        "accounts_user.last_administrator",
    ),
    join(
        "the end of a role put on another",
        "UPDATE accounts_membership SET ended_by_id = $manager WHERE id = $native_role",
        "never rewritten",
        "",
        "UPDATE accounts_membership SET ended_at = now() WHERE id = $native_role",
    ),
    join(
        "an author without an end",
        "UPDATE accounts_membership SET ended_by_id = $manager WHERE id = $native_role",
        "ended_by_at",
        error=CHECK,
    ),
    join(
        "an administrator of nothing",
        "INSERT INTO accounts_membership (user_id, role) VALUES ($native, 'organisation_admin')",
        "role_fits",
        error=CHECK,
    ),
    join(
        "an invitation turned into an administrator's",
        "UPDATE accounts_invitation SET as_administrator = true WHERE id = $invitation",
        "never rewritten",
        "accounts_invitation.stays",
    ),
    join(
        "an invitation sent elsewhere",
        "UPDATE accounts_invitation SET email = 'evil@x.fr' WHERE id = $invitation",
        "never rewritten",
    ),
    join(
        "a request under another address",
        "UPDATE accounts_joinrequest SET email = 'evil@x.fr' WHERE id = $waiting",
        "never rewritten",
        "accounts_joinrequest.stays",
    ),
    join(
        "a request for another commune",
        "UPDATE accounts_joinrequest SET organisation_id = $other_commune WHERE id = $waiting",
        "never rewritten",
    ),
    join(
        "accepted before its address is confirmed",
        answered("accepted", "$unconfirmed", before="unconfirmed", **ACCEPTED)[1],
        "no such change of state",
    ),
    join(
        "accepted without its line in the journal",
        answered("accepted", **ACCEPTED)[1],
        "without its journal entry",
        "",
        ROLE,
    ),
    join(
        "accepted by a drafter of the commune",
        answered("accepted", **{**ACCEPTED, "decided_by_id": "$drafter"})[1],
        "only an administrator",
        "accounts_joinrequest.answered",
        ROLE,
        answered("accepted")[0],
    ),
    join(
        "accepted by an instructor",
        answered("accepted", **{**ACCEPTED, "decided_by_id": "$instructor"})[1],
        "only an administrator",
        "",
        ROLE,
        answered("accepted")[0],
    ),
    join(
        "accepted and given no role",
        answered("accepted", **ACCEPTED)[1],
        "holds the role",
        "",
        answered("accepted")[0],
    ),
    join(
        "accepted as somebody else",
        answered("accepted", **{**ACCEPTED, "user_id": "$drafter"})[1],
        "under the confirmed address",
        "",
        answered("accepted")[0],
    ),
    join(
        "answered by oneself",
        answered("accepted", **{**ACCEPTED, "decided_by_id": "$other_drafter"})[1],
        "answered_by_another",
        error=CHECK,
    ),
    join("refused without a reason", answered("refused")[1], "refusal_has_reason", error=CHECK),
    join(
        "answered twice",
        "UPDATE accounts_joinrequest SET reason = 'autre' WHERE id = $waiting",
        "never rewritten",
        "",
        *answered("refused", reason="'non'"),
    ),
    join(
        "the same person waits twice",
        "UPDATE accounts_joinrequest SET state = 'waiting', version = 2, confirmed_at = now(), confirmed_through = 'x'"
        " WHERE id = (SELECT max(id) FROM accounts_joinrequest)",
        "join_waiting_once",
        "",
        "INSERT INTO accounts_joinrequest (organisation_id, email, first_name, last_name, job, expires_at, state, version,"
        " confirmed_through, role, as_administrator, checked_by_phone, reason)"
        " SELECT organisation_id, upper(email), 'a', 'b', 'c', expires_at, 'unconfirmed', 1, '', '', false, false, ''"
        " FROM accounts_joinrequest WHERE id = $waiting",
        error=UNIQUE,
    ),
    join(
        "a request that waits for its answer, removed",
        "DELETE FROM accounts_joinrequest WHERE id = $waiting",
        "never confirmed is forgotten",
        "accounts_joinrequest.forgotten",
    ),
    join(
        "a request whose link may still serve, removed",
        "DELETE FROM accounts_joinrequest WHERE id = $unconfirmed",
        "never confirmed is forgotten",
    ),
    join(
        "a directory that answers a foreign SIRET",
        "UPDATE accounts_companylookup SET state = 'found', answered_at = now(), siret = '99999999900017' WHERE id = $lookup",
        "begins with the SIREN",
        "accounts_companylookup.stays",
    ),
    join(
        "a directory that answers twice",
        "UPDATE accounts_companylookup SET address = 'ailleurs' WHERE id = $found_lookup",
        "answers once",
    ),
    join(
        "a commune with the SIRET of another",
        "UPDATE accounts_organisation SET siret = '99999999900017' WHERE id = $commune",
        "siret_of_siren",
        error=CHECK,
    ),
]
