"""What the commune and the desk write to each other."""

from tests.refusals.case import CHECK, DENIED, REFUSED, UNIQUE, Case

TABLE = "applications_filemessage"


def message(application: str, author: str, side: str, kind: str, text: str = "'Bonjour'", shared: str = "NULL") -> str:
    return (
        f"INSERT INTO {TABLE} (application_id, author_id, side, kind, text, shared)"
        f" VALUES ({application}, {author}, '{side}', '{kind}', {text}, {shared})"
    )


def paper(of: str, file: str) -> str:
    return f"INSERT INTO applications_messagepaper (message_id, file_id) VALUES ({of}, {file})"


def reading(of: str, by: str) -> str:
    return f"INSERT INTO applications_messagereading (message_id, by_id) VALUES ({of}, {by})"


FALSE_SIDE = "somebody of its side"
JOINED = "deposited by its author"
NEWEST = f"(SELECT max(id) FROM {TABLE})"

CONVERSATIONS = [
    Case(
        "by the desk to a draft that asked nothing",
        message("$second_draft", "$instructor", "desk", "question"),
        REFUSED,
        "never addressed first",
        guard=f"{TABLE}.written",
    ),
    Case("a message on a draft", message("$draft", "$drafter", "commune", "message"), REFUSED, "asked on a draft"),
    Case("a question once sent", message("$submitted", "$drafter", "commune", "question"), REFUSED, "asked on a draft"),
    Case(
        "for a commune that is not one's own",
        message("$draft", "$other_drafter", "commune", "question"),
        REFUSED,
        FALSE_SIDE,
        guard=f"{TABLE}.written",
    ),
    Case("as the commune, by the desk", message("$draft", "$instructor", "commune", "question"), REFUSED, FALSE_SIDE),
    Case("as the desk, by the commune", message("$draft", "$drafter", "desk", "question"), REFUSED, FALSE_SIDE),
    Case("as the desk, by finance", message("$submitted", "$approver", "desk", "message"), REFUSED, FALSE_SIDE),
    Case("nothing at all", message("$draft", "$drafter", "commune", "question", "E' \\n'"), CHECK, "says_something"),
    Case("a side nobody knows", message("$submitted", "$drafter", "x", "message"), CHECK, "side_known"),
    Case(
        "a draft shown once sent",
        message("$submitted", "$drafter", "commune", "message", shared="'[]'"),
        CHECK,
        "shown_by_its_commune",
    ),
    Case("reworded", f"UPDATE {TABLE} SET text = 'x' WHERE id = $said", DENIED, ""),
    Case("removed", f"DELETE FROM {TABLE} WHERE id = $said", DENIED, ""),
    Case("the document of another commune", paper("$said", "$foreign_file"), REFUSED, JOINED),
    Case(
        "a document joined afterwards",
        paper("$question", "$clean"),
        REFUSED,
        JOINED,
        guard="applications_messagepaper.joined",
    ),
    Case("a document of the draft, by the desk", paper("$answer", "$clean"), REFUSED, JOINED),
    Case(
        "a document taken from somebody else",
        paper(NEWEST, "$clean"),
        REFUSED,
        JOINED,
        before=(message("$submitted", "$instructor", "desk", "message"),),
    ),
    Case(
        "a document in two messages",
        paper("$answer", "(SELECT file_id FROM applications_messagepaper)"),
        REFUSED,
        JOINED,
    ),
    Case(
        "read by one's own side",
        reading("$question", "$signatory"),
        REFUSED,
        "by the other side",
        guard="applications_messagereading.read",
    ),
    Case("read by another commune", reading("$answer", "$other_drafter"), REFUSED, "by the other side"),
    Case("read twice", reading("$said", "$manager"), UNIQUE, "message_id"),
    Case("unread again", "DELETE FROM applications_messagereading WHERE id = $reading", DENIED, ""),
]
LAWFUL = {
    "a question is asked": (message("$second_draft", "$drafter", "commune", "question", shared="'[]'"),),
    "a question is answered": (
        message("$draft", "$instructor", "desk", "question"),
        reading("$question", "$instructor"),
    ),
    "a message is written and read": (
        message("$submitted", "$head", "desk", "message"),
        reading(NEWEST, "$drafter"),
    ),
}
