"""A course that somebody has watched, everybody with a window, and what they have done there."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.e2e.visitors import Visitor

FILE = 4
"""The video that is a file; the others are at YouTube."""
LONG = "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET} (1) " + "incomprehensibilities" * 8
"""What some video is called, which has to find its place on every page."""
PAGES = (
    ("nobody", "sign-in", "/sign-in"),
    ("nobody", "sign-up", "/sign-up"),
    ("ada", "account", "/account"),
    ("grace", "person", "/manage/users/1"),
    ("nobody", "not-found", "/learn/videos/none"),
    ("ada", "my-courses", "/learn"),
    ("ada", "course", "/learn/courses/1"),
    ("ada", "watch-youtube", "/learn/videos/2"),
    ("ada", "watch-file", "/learn/videos/{file}"),
    ("ada", "my-month", "/my-attendance"),
    ("ada", "my-day", "/my-attendance/{day}"),
    ("ada", "no-such-video", "/learn/videos/999"),
    ("grace", "reports", "/reports"),
    ("grace", "heat-map", "/reports/courses/1?from=2026-09-01"),
    ("grace", "student", "/reports/students/1"),
    ("grace", "student-day", "/reports/students/1/{day}"),
    ("grace", "imports", "/manage/imports"),
    ("grace", "import", "/manage/imports/{import_id}"),
    ("grace", "courses", "/manage/courses"),
    ("grace", "manage-course", "/manage/courses/1"),
    ("grace", "manage-video", "/manage/courses/1/videos/1"),
    ("grace", "people", "/manage/users"),
    ("grace", "rosters", "/manage/rosters"),
    ("grace", "rules", "/manage/rules"),
    ("grace", "calendar", "/manage/calendar"),
    ("grace", "operations", "/operate"),
    ("grace", "dead-letters", "/operate/dead-letters"),
    ("grace", "dead-letter", "/operate/dead-letters/progress/first"),
)


@dataclass
class School:
    """A course that ada has watched, and everybody with a window."""

    ada: Visitor
    grace: Visitor
    nobody: Visitor
    student: httpx.Client
    day: str
    import_id: int

    def of(self, who: str) -> Visitor:
        return {"ada": self.ada, "grace": self.grace, "nobody": self.nobody}[who]

    def path(self, template: str) -> str:
        return template.format(day=self.day, import_id=self.import_id, file=FILE)


def calendar() -> dict[str, Any]:
    """Return school on every day but three that follow each other, a month from now."""
    first = datetime.now(UTC).date() + timedelta(days=30)
    holidays = [{"date": str(first + timedelta(days=number)), "name": "Winter"} for number in range(3)]
    return {"weekdays": [1, 2, 3, 4, 5, 6, 7], "holidays": holidays}


def watch_some(student: httpx.Client) -> str:
    """Watch ten minutes that ended a minute ago, with a repeat in a second window; return the date."""
    ended = datetime.now(UTC) - timedelta(minutes=1)
    for session, minutes in (("first", 10), ("second", 3)):
        for kind, at in (("play", ended - timedelta(minutes=minutes)), ("pause", ended)):
            event = {"video_id": 1, "kind": kind, "occurred_at": at.isoformat(), "session_id": session}
            record = student.post("/progress", json=event | {"position_seconds": 60.0 * minutes})
    return str(record.json()["date"])


def total(school: School) -> float:
    """Return what ada has watched on the day."""
    days = school.student.get("/attendance/me", params={"from": school.day}).json()
    return float(sum(day["total_seconds"] for day in days))
