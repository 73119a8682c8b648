"""Behind which user and date a page begins."""

from datetime import date
from typing import NamedTuple

from api.paging import BAD_CURSOR, Page
from core.errors import BadRequest


class DayKey(NamedTuple):
    """A user's day; written as `Page.after_numbers` reads it."""

    user_id: int
    ordinal: int

    def __str__(self) -> str:
        return f"{self.user_id}-{self.ordinal}"

    @property
    def day(self) -> date:
        return date.fromordinal(self.ordinal)


BEFORE_ALL = DayKey(0, 1)


def day_key(user_id: int, day: date) -> DayKey:
    """Return the key of a row."""
    return DayKey(user_id, day.toordinal())


def key_after(page: Page) -> DayKey:
    """Return the key of a page's cursor, or the one before all rows.

    Raises:
        BadRequest: it is no cursor of such a list.

    """
    numbers = page.after_numbers(2)
    if numbers is None:
        return BEFORE_ALL
    if not 0 < numbers[1] <= date.max.toordinal():
        raise BadRequest(BAD_CURSOR)
    return DayKey(*numbers)
