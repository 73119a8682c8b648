"""How times look at the HTTP edge: `HH:MM:SS`, truncated, and exact seconds beside it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def clock_time(at: datetime | None, zone: ZoneInfo) -> str | None:
    """Return an instant as a time of day in the school's zone."""
    return None if at is None else f"{at.astimezone(zone):%H:%M:%S}"


def duration(length: timedelta) -> str:
    """Return a length of time as `HH:MM:SS`; its hours go on beyond 23."""
    minutes, seconds = divmod(length // _SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"
