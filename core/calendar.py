"""Local days and wall-clock times in the school's zone. Pure; the rules are the design's "When"."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NEIGHBOUR_WITHIN = timedelta(hours=3)
RECEIPT_DAY_BEYOND = timedelta(hours=12)
CLOCK_TOLERANCE = timedelta(minutes=5)

_DAY = timedelta(days=1)
_SHORTENED_DAYS = 2
"""By as much no number of days was ever shorter than as many times 24 hours, a date left out included."""
_TICK = timedelta(microseconds=1)
_NO_DAY = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), date.min
_latest_day: dict[ZoneInfo, tuple[datetime, datetime, date]] = {}
"""First instant, end and date of the day that was asked for last: most events are of the same one."""


@lru_cache(maxsize=4096)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local date, in UTC; it is not midnight where the clock skips midnight."""
    before, after = _readings(day, time.min, zone)
    if _local(before, zone).replace(tzinfo=None) == datetime.combine(day, time.min):
        return before
    # Midnight is skipped. The two readings lie on both sides of the jump: find the first instant behind it.
    low, high = min(before, after) - _TICK, max(before, after)
    while high - low > _TICK:
        middle = low + (high - low) // 2
        low, high = (low, middle) if _local(middle, zone).date() >= day else (middle, high)
    return high


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the local date an instant belongs to: the last one that has begun."""
    first, end, day = _latest_day.get(zone, _NO_DAY)
    if not first <= at < end:
        day = _local(at, zone).date()
        if day_start(day + _DAY, zone) <= at:
            day += _DAY
        _latest_day[zone] = day_start(day, zone), day_start(day + _DAY, zone), day
    return day


def place_wall_time(wall: time, received_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant meant by a wall-clock time that was received at `received_at`.

    It is on the local day of receipt, unless a neighbour day puts it within 3 hours of receipt while the day
    of receipt puts it more than 12 hours away.
    """
    today = local_date(received_at, zone)
    here = _on_day(today, wall, received_at, zone)
    if abs(here - received_at) <= RECEIPT_DAY_BEYOND:
        return here
    neighbours = [_on_day(day, wall, received_at, zone) for day in (today - _DAY, today + _DAY)]
    nearest = min(neighbours, key=lambda at: abs(at - received_at))
    return nearest if abs(nearest - received_at) <= NEIGHBOUR_WITHIN else here


def place_wall_pair(
    start: time, end: time, received_at: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the instants of a play and a pause sent together.

    The end is placed as if it were alone; the start stands on its day, or on the day before where the end
    reads earlier than the start.
    """
    ended_at = place_wall_time(end, received_at, zone)
    day = local_date(ended_at, zone) - (_DAY if end < start else timedelta())
    return _on_day(day, start, received_at, zone), ended_at


def refusal(occurred_at: datetime, received_at: datetime, late_days: int, zone: ZoneInfo) -> str | None:
    """Return why an `occurred_at` (its clock already corrected) is refused at receipt, or None."""
    age = received_at - occurred_at
    if age < -CLOCK_TOLERANCE:
        return (
            "occurred_at is more than 5 minutes in the future: check the clock, or send sent_at to correct it"
        )
    if age.days < late_days - _SHORTENED_DAYS:
        return None
    earliest = local_date(received_at, zone) - timedelta(days=late_days)
    if occurred_at < day_start(earliest, zone):
        return f"occurred_at is more than {late_days} days ago: that day is closed"
    return None


def _on_day(day: date, wall: time, received_at: datetime, zone: ZoneInfo) -> datetime:
    """Return a wall time on a date: nearer to receipt, then the earlier, where it occurs twice."""
    before, after = _readings(day, wall, zone)
    if before >= after:  # unambiguous, or skipped: the offset from before the gap moves it forward by the gap
        return before
    return min(before, after, key=lambda at: (abs(at - received_at), at))


def _readings(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants that a wall time means under the offsets before and after a change of the clock."""
    naive = datetime.combine(day, wall)
    return (
        naive.replace(tzinfo=zone, fold=0).astimezone(UTC),
        naive.replace(tzinfo=zone, fold=1).astimezone(UTC),
    )


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone)
