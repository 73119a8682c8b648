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


PAGES = (
    Page("GET", "/", Who.SOMEBODY),
    Page("GET", "/sign-in", Who.ANYBODY),
    Page("POST", "/sign-in", Who.ANYBODY, form={"username": "ada", "password": "wrong"}, refused=401),
    Page("POST", "/sign-out", Who.ANYBODY),
    Page("GET", "/static/{version}/{name:path}", Who.ANYBODY, "/static/x/css/base.css", is_html=False),
    Page("GET", "/learn", Who.STUDENT),
    Page("GET", "/learn/courses/{course_id}", Who.STUDENT, "/learn/courses/1"),
    Page("POST", "/learn/courses/{course_id}/register", Who.STUDENT, "/learn/courses/1/register"),
    Page("GET", "/learn/videos/{video_id}", Who.STUDENT, "/learn/videos/1"),
    Page("POST", "/learn/token", Who.STUDENT),
    Page("GET", "/manage/users", Who.ADMIN),
    Page("POST", "/manage/users", Who.ADMIN, form={"username": "x"}, refused=400),
    Page("POST", "/manage/users/{user_id}/disable", Who.ADMIN, "/manage/users/1/disable"),
    Page("POST", "/manage/users/{user_id}/enable", Who.ADMIN, "/manage/users/1/enable"),
)
