"""Every page and form: who is let in. A page that is missing here fails the tests."""

from dataclasses import dataclass, field
from enum import Enum


class Who(Enum):
    """Who is let in."""

    ANYBODY = "anybody"
    SOMEBODY = "somebody"
    STUDENT = "student"
    ADMIN = "admin"


@dataclass(frozen=True)
class Page:
    """One page or form; `refused` is the status where what is asked for makes no sense to whoever may ask."""

    method: str
    path: str
    who: Who
    url: str = ""
    form: dict[str, str] = field(default_factory=dict)
    refused: int = 200
    is_html: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


COURSE = "/manage/courses/1"
VIDEO = f"{COURSE}/videos/1"
REPORT = "/reports/courses/1"
STUDENT_DAY = "/reports/students/1/2026-11-23"
LETTERS = "/operate/dead-letters/progress"

PAGES = (
    *(
        Page("GET", f"/{prefix}/{{rest:path}}", Who.SOMEBODY, f"/{prefix}/no/such/page", refused=404)
        for prefix in ("learn", "my-attendance", "reports", "manage", "operate")
    ),
    Page("GET", "/", Who.SOMEBODY),
    Page("GET", "/sign-in", Who.ANYBODY),
    Page("POST", "/sign-in", Who.ANYBODY, form={"username": "ada", "password": "wrong"}, refused=401),
    Page("POST", "/sign-out", Who.ANYBODY),
    Page("GET", "/sign-up", Who.ANYBODY),
    Page("POST", "/sign-up", Who.ANYBODY, form={"username": "x"}, refused=400),
    Page("GET", "/account", Who.SOMEBODY),
    Page("POST", "/account/password", Who.SOMEBODY, refused=400),
    Page("GET", "/account/export", Who.SOMEBODY, is_html=False),
    Page("GET", "/static/{version}/{name:path}", Who.ANYBODY, "/static/x/css/base.css", is_html=False),
    Page("GET", "/learn", Who.STUDENT),
    Page("GET", "/learn/courses/{course_id}", Who.STUDENT, "/learn/courses/1"),
    Page("POST", "/learn/courses/{course_id}/register", Who.STUDENT, "/learn/courses/1/register"),
    Page("GET", "/learn/videos/{video_id}", Who.STUDENT, "/learn/videos/1"),
    Page("POST", "/learn/token", Who.STUDENT),
    Page("GET", "/my-attendance", Who.STUDENT),
    Page("GET", "/my-attendance/{date}", Who.STUDENT, "/my-attendance/2026-11-23"),
    Page("GET", "/reports", Who.ADMIN),
    Page("GET", "/reports/courses/{course_id}", Who.ADMIN, REPORT),
    Page(
        "GET",
        "/reports/courses/{course_id}/attendance.csv",
        Who.ADMIN,
        f"{REPORT}/attendance.csv",
        is_html=False,
    ),
    Page(
        "GET",
        "/reports/courses/{course_id}/attendance.xlsx",
        Who.ADMIN,
        f"{REPORT}/attendance.xlsx",
        is_html=False,
    ),
    Page("GET", "/reports/students/{user_id}", Who.ADMIN, "/reports/students/1"),
    Page("GET", "/reports/students/{user_id}/{date}", Who.ADMIN, STUDENT_DAY),
    Page("POST", "/reports/students/{user_id}/{date}", Who.ADMIN, STUDENT_DAY, refused=400),
    Page("GET", "/manage/imports", Who.ADMIN),
    Page("POST", "/manage/imports", Who.ADMIN, form={"playlist_url": "x"}, refused=400),
    Page("GET", "/manage/imports/list", Who.ADMIN),
    Page("GET", "/manage/imports/preview", Who.ADMIN, "/manage/imports/preview?playlist_url=x"),
    Page("GET", "/manage/imports/{import_id}", Who.ADMIN, "/manage/imports/1"),
    Page("GET", "/manage/imports/{import_id}/state", Who.ADMIN, "/manage/imports/1/state"),
    Page("GET", "/manage/imports/{import_id}/events", Who.ADMIN, "/manage/imports/1/events", is_html=False),
    Page("POST", "/manage/imports/{import_id}/cancel", Who.ADMIN, "/manage/imports/1/cancel", refused=409),
    Page("POST", "/manage/imports/{import_id}/retry", Who.ADMIN, "/manage/imports/1/retry"),
    Page("GET", "/manage/courses", Who.ADMIN),
    Page("POST", "/manage/courses", Who.ADMIN, form={"course_title": "Logic"}),
    Page("GET", "/manage/courses/{course_id}", Who.ADMIN, COURSE),
    Page("POST", "/manage/courses/{course_id}", Who.ADMIN, COURSE, form={"course_title": "Optics 2"}),
    Page("POST", "/manage/courses/{course_id}/archive", Who.ADMIN, f"{COURSE}/archive"),
    Page("POST", "/manage/courses/{course_id}/restore", Who.ADMIN, f"{COURSE}/restore"),
    Page("POST", "/manage/courses/{course_id}/sync", Who.ADMIN, f"{COURSE}/sync"),
    Page("POST", "/manage/courses/{course_id}/videos", Who.ADMIN, f"{COURSE}/videos", refused=400),
    Page("GET", "/manage/courses/{course_id}/videos/{video_id}", Who.ADMIN, VIDEO),
    Page("POST", "/manage/courses/{course_id}/videos/{video_id}", Who.ADMIN, VIDEO, refused=400),
    Page("POST", "/manage/courses/{course_id}/videos/{video_id}/archive", Who.ADMIN, f"{VIDEO}/archive"),
    Page("POST", "/manage/courses/{course_id}/videos/{video_id}/restore", Who.ADMIN, f"{VIDEO}/restore"),
    Page("GET", "/manage/users", Who.ADMIN),
    Page("POST", "/manage/users", Who.ADMIN, form={"username": "x"}, refused=400),
    Page("POST", "/manage/users/{user_id}/disable", Who.ADMIN, "/manage/users/1/disable"),
    Page("POST", "/manage/users/{user_id}/enable", Who.ADMIN, "/manage/users/1/enable"),
    Page("GET", "/manage/users/{user_id}", Who.ADMIN, "/manage/users/1"),
    Page("GET", "/manage/users/{user_id}/export", Who.ADMIN, "/manage/users/1/export", is_html=False),
    Page("POST", "/manage/users/{user_id}/erase", Who.ADMIN, "/manage/users/1/erase", refused=400),
    Page("GET", "/manage/rosters", Who.ADMIN),
    Page("POST", "/manage/rosters/passwords", Who.ADMIN, is_html=False),
    Page("POST", "/manage/rosters", Who.ADMIN, refused=400),
    Page("GET", "/manage/rosters/{roster_id}", Who.ADMIN, "/manage/rosters/1", refused=404),
    Page("POST", "/manage/rosters/{roster_id}/apply", Who.ADMIN, "/manage/rosters/1/apply", refused=404),
    Page("GET", "/manage/rules", Who.ADMIN),
    Page("POST", "/manage/rules", Who.ADMIN, form={"effective_from": "2026-11-01"}, refused=400),
    Page("GET", "/manage/calendar", Who.ADMIN),
    Page("POST", "/manage/calendar/weekdays", Who.ADMIN, form={"weekday": "1"}),
    Page("POST", "/manage/calendar/holidays", Who.ADMIN, form={"date": "2026-12-25"}, refused=400),
    Page(
        "POST",
        "/manage/calendar/holidays/{date}/remove",
        Who.ADMIN,
        "/manage/calendar/holidays/2026-12-25/remove",
    ),
    Page("GET", "/operate", Who.ADMIN),
    Page("GET", "/operate/live", Who.ADMIN),
    Page("GET", "/operate/samples", Who.ADMIN, is_html=False),
    Page("GET", "/operate/dead-letters", Who.ADMIN),
    Page("GET", "/operate/dead-letters/{box}/{letter_id}", Who.ADMIN, f"{LETTERS}/none", refused=404),
    Page("POST", "/operate/dead-letters/{box}/{action}", Who.ADMIN, f"{LETTERS}/replay"),
)
