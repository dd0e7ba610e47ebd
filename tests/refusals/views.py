"""Views of the queue: named once, one first, never another owner."""

from tests.refusals.case import CHECK, REFUSED, UNIQUE, Case

TABLE = "reviews_savedview"


def view(**over: str) -> str:
    fields = {
        "owner_id": "$manager",
        "name": "'A'",
        "query": "'etat=tous'",
        "shared": "false",
        "is_default": "false",
        **over,
    }
    return f"INSERT INTO {TABLE} ({', '.join(fields)}) VALUES ({', '.join(fields.values())})"


VIEWS = [
    Case("the same name", view(name="'a'"), UNIQUE, "saved_view_name_once", (view(),)),
    Case("two first", view(name="'B'", is_default="true"), UNIQUE, "one_default", (view(is_default="true"),)),
    Case("a place in the list", view(query="'apres=1_2'"), CHECK, "saved_view_says_something"),
    Case(
        "another owner", f"UPDATE {TABLE} SET owner_id = $head", REFUSED, "keeps its owner", (view(),), f"{TABLE}.stays"
    ),
]
