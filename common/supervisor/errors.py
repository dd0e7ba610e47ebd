class CannotStart(Exception):
    """Something the person who starts us can mend; the message is one sentence that says how."""
