"""A lesson and a course to write scripts for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from simulation.scripts import Course, Lesson

BERLIN = ZoneInfo("Europe/Berlin")
COURSES = (Course(1, (11, 12, 13, 14)), Course(2, (21,)))


def lesson(minutes: int = 10, *, late_days: int = 7) -> Lesson:
    return Lesson(
        begins_at=datetime(2026, 11, 23, 9, 0, 0, 123456, UTC),
        length=timedelta(minutes=minutes),
        zone=BERLIN,
        late_days=late_days,
    )
