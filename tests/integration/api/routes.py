"""Every route of the gateway: who is let in, and a request that is in order.

This table is the written matrix of routes and roles. A route that is missing here fails the tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

PLAYLIST = "https://www.youtube.com/playlist?list=PL0123456789abcdef"


class Who(Enum):
    """Who is let in."""

    ANYBODY = "anybody"
    USER = "user"
    STUDENT = "student"
    REPORTER = "reporter"
    """A student by what the token says: events are taken while the database is away."""
    ADMIN = "admin"


@dataclass(frozen=True)
class Route:
    """One operation; `url` and what follows make a request that succeeds on `furnished` tables."""

    method: str
    path: str
    who: Who
    url: str = ""
    json: Any = None
    form: dict[str, str] = field(default_factory=dict)
    content: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    may_be_empty: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def urls_with(self, value: str) -> Iterator[str]:
        """Return its URL with another value in the place of each of its parameters."""
        parts = self.request["url"].split("/")
        for place, name in enumerate(self.path.split("/")):
            if name.startswith("{"):
                yield "/".join([*parts[:place], value, *parts[place + 1 :]])

    @property
    def request(self) -> dict[str, Any]:
        body = {"data": self.form} if self.form else {"json": self.json} if self.json is not None else {}
        body = {"content": self.content} if self.content else body
        return {"method": self.method, "url": self.url or self.path, "headers": self.headers, **body}


SIGN_UP = {"username": "newcomer", "email": "newcomer@example.org", "password": "correct horse battery"}
LOGIN = {"username": "ada", "password": "correct horse battery"}
CHANGE = {"current_password": "correct horse battery", "new_password": "staple of the sea"}
COURSE = {"course_title": "Optics", "link": "https://school.example/optics"}
COURSE_CHANGE = {**COURSE, "resync_hours": 24, "first_day": "2026-09-01", "last_day": "2027-06-30"}
VIDEO = {"title": "Lenses", "video_link": "https://school.example/lenses.mp4", "assigned_on": "2026-11-23"}
ROSTER = "username,email,course_id\nnewton,newton@example.org,1\n"
EVENT = {"video_id": 1, "start_time": "10:00:00"}
CORRECTION = {"status": "excused", "reason": "She was ill."}
RULE = {"effective_from": "2026-11-01", "minimum_seconds": 300, "minimum_share": 0.6, "reason": "Decided."}
CALENDAR = {"weekdays": [1, 2, 3, 4, 5], "holidays": [{"date": "2026-12-25", "name": "Christmas"}]}
ASYNC = {"Prefer": "respond-async"}

ROUTES = (
    Route("GET", "/health", Who.ANYBODY),
    Route("GET", "/health/live", Who.ANYBODY),
    *(
        Route("GET", f"/{name}/health", Who.ANYBODY)
        for name in ("auth", "courses", "videos", "progress", "attendance", "rosters", "ops", "pages")
    ),
    Route("POST", "/auth/signup", Who.ANYBODY, json=SIGN_UP),
    Route("POST", "/auth/login", Who.ANYBODY, json=LOGIN),
    Route("POST", "/auth/token", Who.ANYBODY, form=LOGIN),
    Route("GET", "/auth/users/me", Who.USER),
    Route("POST", "/auth/password", Who.USER, json=CHANGE),
    Route("GET", "/auth/users/me/export", Who.USER),
    Route("GET", "/auth/users/{id}/export", Who.ADMIN, "/auth/users/2/export"),
    Route("DELETE", "/auth/users/{id}", Who.ADMIN, "/auth/users/2"),
    Route("GET", "/courses", Who.ANYBODY),
    Route("POST", "/courses", Who.ADMIN, json=COURSE),
    Route("GET", "/courses/{id}", Who.ANYBODY, "/courses/1"),
    Route("PATCH", "/courses/{id}", Who.ADMIN, "/courses/1", json=COURSE_CHANGE),
    Route("POST", "/courses/{id}/archive", Who.ADMIN, "/courses/1/archive"),
    Route("POST", "/courses/{id}/restore", Who.ADMIN, "/courses/1/restore"),
    Route("POST", "/courses/{id}/videos", Who.ADMIN, "/courses/1/videos", json=VIDEO),
    Route("POST", "/courses/{id}/register", Who.STUDENT, "/courses/1/register"),
    Route("GET", "/courses/{id}/registration", Who.USER, "/courses/1/registration"),
    Route("GET", "/videos/course/{id}", Who.ANYBODY, "/videos/course/1"),
    Route("PATCH", "/videos/{id}", Who.ADMIN, "/videos/1", json={**VIDEO, "position": 0}),
    Route("POST", "/videos/{id}/archive", Who.ADMIN, "/videos/1/archive"),
    Route("POST", "/videos/{id}/restore", Who.ADMIN, "/videos/1/restore"),
    Route("POST", "/videos/youtube-playlist", Who.ADMIN, json={"playlist_url": PLAYLIST}),
    Route("GET", "/videos/imports", Who.ADMIN),
    Route("GET", "/videos/imports/{id}", Who.ADMIN, "/videos/imports/1"),
    Route("GET", "/videos/imports/{id}/events", Who.ADMIN, "/videos/imports/3/events"),
    Route("POST", "/videos/imports/{id}/cancel", Who.ADMIN, "/videos/imports/1/cancel"),
    Route(
        "POST",
        "/videos/imports/{id}/retry",
        Who.ADMIN,
        "/videos/imports/2/retry",
        json={"accept_removals": True},
        may_be_empty=True,
    ),
    Route("POST", "/progress", Who.REPORTER, json=EVENT, headers=ASYNC),
    Route("POST", "/progress/batch", Who.REPORTER, json={"events": [EVENT]}),
    Route("GET", "/progress/video/{video_id}", Who.USER, "/progress/video/1"),
    Route("GET", "/attendance/today", Who.USER),
    Route("GET", "/attendance/me", Who.USER),
    Route("GET", "/attendance/user/{user_id}", Who.ADMIN, "/attendance/user/1"),
    Route(
        "GET",
        "/attendance/user/{user_id}/explain",
        Who.ADMIN,  # and the student whose day it is
        "/attendance/user/1/explain",
    ),
    Route("GET", "/attendance/date/{date}", Who.ADMIN, "/attendance/date/2026-11-23"),
    Route("GET", "/attendance/user/{user_id}/{date}", Who.ADMIN, "/attendance/user/1/2026-11-23"),
    Route(
        "PUT",
        "/attendance/user/{user_id}/{date}",
        Who.ADMIN,
        "/attendance/user/1/2026-11-23",
        json=CORRECTION,
    ),
    Route("DELETE", "/attendance/user/{user_id}/{date}", Who.ADMIN, "/attendance/user/1/2026-11-24"),
    Route(
        "GET",
        "/attendance/user/{user_id}/{date}/history",
        Who.ADMIN,
        "/attendance/user/1/2026-11-23/history",
    ),
    Route("GET", "/attendance/report", Who.ADMIN),
    Route("GET", "/attendance/course/{course_id}/summary", Who.ADMIN, "/attendance/course/1/summary"),
    Route("GET", "/attendance/rules", Who.ADMIN),
    Route("POST", "/attendance/rules", Who.ADMIN, json=RULE),
    Route("GET", "/attendance/calendar", Who.ADMIN),
    Route("PUT", "/attendance/calendar", Who.ADMIN, json=CALENDAR),
    Route("GET", "/attendance/course/{course_id}", Who.ADMIN, "/attendance/course/1"),
    Route("POST", "/rosters", Who.ADMIN, content=ROSTER, headers={"Content-Type": "text/csv"}),
    Route("GET", "/rosters", Who.ADMIN),
    Route("GET", "/rosters/{id}", Who.ADMIN, "/rosters/1"),
    Route("POST", "/rosters/{id}/apply", Who.ADMIN, "/rosters/1/apply"),
    Route("GET", "/ops/queues", Who.ADMIN),
    Route("GET", "/ops/dead-letters", Who.ADMIN),
    Route("GET", "/ops/dead-letters/{letter_id}", Who.ADMIN, "/ops/dead-letters/first"),
    Route("POST", "/ops/dead-letters/{letter_id}/replay", Who.ADMIN, "/ops/dead-letters/first/replay"),
    Route("DELETE", "/ops/dead-letters/{letter_id}", Who.ADMIN, "/ops/dead-letters/second"),
    Route("POST", "/ops/dead-letters/replay", Who.ADMIN),
    *(Route("GET", f"/sdk/{name}", Who.ANYBODY) for name in ("edutrack.js", "edutrack.mjs", "edutrack.d.ts")),
)

DOCUMENTATION = {"/docs", "/docs/oauth2-redirect", "/openapi.json", "/redoc"}
"""What FastAPI adds; it tells nothing that is not in the repository."""
