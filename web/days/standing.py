"""What pages say of a day: its status, but that nobody is absent from one which is not over. Pure."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from typing import Protocol

from core.attendance.rules import Status

NOT_YET = "not yet"


class Judged(Protocol):
    """A day as it was judged: of a student, or of one in a course."""

    @property
    def date(self) -> Date: ...

    @property
    def status(self) -> str: ...

    @property
    def corrected(self) -> bool: ...


def standing(day: Judged, today: Date) -> str:
    """Return a day's status; "not yet" today, while too little was watched and no admin said what counts."""
    is_open = day.date == today and day.status == Status.ABSENT and not day.corrected
    return NOT_YET if is_open else day.status
