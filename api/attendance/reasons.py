"""Why an admin did something, in words. Pure."""

from core.errors import BadRequest

MAX_REASON = 500
NO_REASON = f"a reason must have 1 to {MAX_REASON} characters"


def reason_of(text: str) -> str:
    """Return a reason as it is stored.

    Raises:
        BadRequest: it is none.

    """
    reason = text.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise BadRequest(NO_REASON)
    return reason
