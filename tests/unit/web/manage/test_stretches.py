"""Holidays from a day to a day: how they are typed, and how single ones are joined again."""

from datetime import date, timedelta

import pytest

from api.attendance.calendar_schemas import HolidayAnswer
from web.inputs import BadInput, read
from web.manage.stretches import MOST_DAYS, NewStretch, stretches

MONDAY = date(2026, 12, 21)
DAY = timedelta(days=1)


def holidays(name: str, *numbers: int) -> list[HolidayAnswer]:
    """Return holidays so many days after a Monday."""
    return [HolidayAnswer(date=MONDAY + number * DAY, name=name) for number in numbers]


def joined(*found: HolidayAnswer) -> list[tuple[str, list[int]]]:
    """Return stretches by name and days after that Monday."""
    return [(one.name, [(day - MONDAY).days for day in one.days]) for one in stretches(found)]


def test_days_that_follow_each_other_under_one_name_are_one_stretch_whatever_their_order() -> None:
    assert joined(*holidays("Winter", 2, 0, 1)) == [("Winter", [0, 1, 2])]
    assert stretches([]) == []


def test_another_name_or_a_day_of_school_between_them_parts_stretches_the_latest_first() -> None:
    found = joined(*holidays("Winter", 0, 1, 3, 5), *holidays("Christmas", 4))
    assert found == [("Winter", [5]), ("Christmas", [4]), ("Winter", [3]), ("Winter", [0, 1])]


def test_both_ends_are_among_the_days_and_the_first_alone_is_one() -> None:
    assert typed() == [MONDAY]
    assert typed(last=0) == [MONDAY]
    assert typed(last=2) == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]


def test_a_stretch_ends_where_it_begins_or_within_a_year_of_it() -> None:
    assert len(typed(last=MOST_DAYS - 1)) == MOST_DAYS
    for days in (-1, MOST_DAYS):
        with pytest.raises(BadInput, match="last: choose the first day, or one of the 365 days after it"):
            typed(last=days)


def typed(*, last: int | None = None) -> list[date]:
    """Return the days of a stretch from that Monday to so many days after it."""
    end = "" if last is None else str(MONDAY + last * DAY)
    return read(NewStretch, {"date": str(MONDAY), "last": end}).days()
