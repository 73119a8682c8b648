"""A month as a sheet of weeks. Pure."""

import re
from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.attendance.schemas import AttendanceDay
from core.attendance.rules import Status
from core.errors import BadRequest
from web.days.standing import standing

NO_MONTH = "a month must be written YYYY-MM, from 1970-01 on"

_MONTH = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A month, by its first day."""

    first: date

    @classmethod
    def of(cls, text: str, today: date) -> "Month":
        """Read a month; the present one where nothing is said.

        Raises:
            BadRequest: it is none.

        """
        if not text:
            return cls(today.replace(day=1))
        if _MONTH.fullmatch(text) is None:
            raise BadRequest(NO_MONTH)
        return cls(date.fromisoformat(f"{text}-01"))

    @property
    def last(self) -> date:
        return self.after.first - _DAY

    @property
    def before(self) -> "Month":
        return Month((self.first - _DAY).replace(day=1))

    @property
    def after(self) -> "Month":
        return Month((self.first.replace(day=28) + 4 * _DAY).replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    def days_until(self, today: date) -> list[date]:
        """Return the days that have begun."""
        count = (min(self.last, today) - self.first).days + 1
        return [self.first + number * _DAY for number in range(max(0, count))]

    def weeks(self) -> list[list[date | None]]:
        """Return the days week by week, from Monday on; None belongs to another month."""
        weeks = Calendar().monthdatescalendar(self.first.year, self.first.month)
        return [[day if day.month == self.first.month else None for day in week] for week in weeks]


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """What a month comes to."""

    present: int
    expected: int
    excused: int
    seconds: float

    @classmethod
    def of(cls, days: Mapping[date, AttendanceDay], today: date) -> "MonthTotals":
        """Add up the days, as heat maps do: not today while it may still become present."""
        shown: Sequence[AttendanceDay] = list(days.values())
        said = [standing(day, today) for day in shown if day.expected or day.corrected]
        return cls(
            present=said.count(Status.PRESENT),
            expected=sum(one in {Status.PRESENT, Status.ABSENT} for one in said),
            excused=sum(day.status == "excused" and day.corrected for day in shown),
            seconds=sum(day.total_seconds for day in shown),
        )
