"""On which days there is school, which are closed, and from when to when each lasts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.calendar import day_start

EVERY_WEEKDAY = (1, 2, 3, 4, 5, 6, 7)
FIRST_DAY = date(1970, 1, 1)
"""Nothing happened on a day before it: no clock of a server was ever set to one."""

_DAY = timedelta(days=1)

DAYS = """unnest(CAST(:dates AS date[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]),
    CAST(:school AS bool[]), CAST(:closed AS bool[]))
    AS d (date, starts_at, ends_at, is_school_day, is_closed)"""
"""Days as a relation `d` of a statement, from `SchoolDays.columns`."""


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """The calendar as it is now, and as it was on the days that are closed."""

    zone: ZoneInfo
    weekdays: frozenset[int] = frozenset(EVERY_WEEKDAY)
    holidays: frozenset[date] = frozenset()
    closed: Mapping[date, bool] = field(default_factory=dict)
    """Those that are, with whether there was school."""

    def is_school_day(self, day: date) -> bool:
        """Return whether there is school; of a closed day, whether there was when it was closed."""
        if day in self.closed:
            return self.closed[day]
        return self.has_school(day)

    def has_school(self, day: date) -> bool:
        """Return what the calendar says now."""
        return day.isoweekday() in self.weekdays and day not in self.holidays

    def columns(self, days: Iterable[date]) -> dict[str, object]:
        """Return the parameters of `DAYS`."""
        dates = list(days)
        return {
            "dates": dates,
            "starts": [day_start(day, self.zone) for day in dates],
            "ends": [day_start(day + _DAY, self.zone) for day in dates],
            "school": [self.is_school_day(day) for day in dates],
            "closed": [day in self.closed for day in dates],
        }


_KNOWN_OF = text("""
SELECT (SELECT weekdays FROM school_calendar) AS weekdays,
    ARRAY(SELECT date FROM holidays WHERE date BETWEEN :first AND :last) AS holidays,
    ARRAY(SELECT date FROM closed_days
          WHERE date BETWEEN :first AND :last AND is_school_day) AS with_school,
    ARRAY(SELECT date FROM closed_days
          WHERE date BETWEEN :first AND :last AND NOT is_school_day) AS without
""")


async def load_school_days(session: AsyncSession, zone: ZoneInfo, first: date, last: date) -> SchoolDays:
    """Return what is known of some days, both included."""
    row = (await session.execute(_KNOWN_OF, {"first": first, "last": last})).one()
    return SchoolDays(
        zone,
        frozenset(EVERY_WEEKDAY if row.weekdays is None else row.weekdays),
        frozenset(row.holidays),
        dict.fromkeys(row.with_school, True) | dict.fromkeys(row.without, False),
    )
