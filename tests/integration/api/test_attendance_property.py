"""Whatever is done to a school, in any order: its reports are those of an independent reading.

Students who join, register and watch; calendars, courses and assignments that change; corrections and rules;
days that pass and are closed.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.database import Sessions
from core.policy import Policy
from core.settings import Settings
from tests.book import Book, Line, Rule
from tests.conftest import empty
from tests.integration.api.analyst import MONDAY, School, at, school
from workers.day_close.close import close_due
from workers.watch_time.rebuild import rebuild, verify

POLICY = Policy(late_days=2)
STUDENTS, COURSES, VIDEOS = (2, 3, 4), (1, 2), (1, 2, 3, 4)
LONG = hypothesis_settings.get_current_profile_name() == "long"
SHORT = hypothesis_settings(
    max_examples=12, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
)

students, courses, videos = st.sampled_from(STUDENTS), st.sampled_from(COURSES), st.sampled_from(VIDEOS)
offsets = st.integers(0, 6)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("watch"), students, videos, st.integers(0, 5), st.integers(1, 300)),
        st.tuples(st.just("watch"), students, videos, st.integers(0, 5), st.sampled_from([29, 30, 60, 120])),
        st.tuples(st.just("pass_days"), st.integers(1, 3)),
        st.tuples(st.just("close")),
        st.tuples(st.just("register"), students, courses),
        st.tuples(
            st.just("correct"), students, offsets, st.sampled_from(["present", "absent", "excused", None])
        ),
        st.tuples(
            st.just("rule"),
            st.sampled_from([None, None, *COURSES]),
            offsets,
            st.sampled_from([1, 60, 120]),
            st.sampled_from([None, "0.3333", "0.5", "1"]),
        ),
        st.tuples(
            st.just("calendar"), st.sampled_from([(1, 2, 3, 4, 5), tuple(range(1, 8)), (1, 3)]), offsets
        ),
        st.tuples(st.just("span"), courses, st.one_of(st.none(), offsets), st.integers(0, 4)),
        st.tuples(st.just("assign"), videos, st.one_of(st.none(), offsets)),
        st.tuples(st.just("rebuild")),
    ),
    min_size=8,
    max_size=24,
)


class Both:
    """Does each thing to the school and to the book."""

    def __init__(self, opened: School, joined: list[int]) -> None:
        self.opened = opened
        self.book = Book(MONDAY, POLICY.late_days)
        self.joined = joined

    async def furnish(self) -> None:
        for number, offset in enumerate(self.joined):
            day = MONDAY + timedelta(days=offset)
            student = await self.opened.add_student(f"student{number}", joined=at(day))
            self.book.joined[student] = day
        for durations in ((100, 200), (301, 400)):
            course, added = await self.opened.add_course(*durations)
            self.book.spans[course] = None, None
            for video, duration in zip(added, durations, strict=True):
                self.book.videos[video] = course, duration, None
        assert (tuple(self.book.joined), tuple(self.book.videos)) == (STUDENTS, VIDEOS)

    async def watch(self, student: int, video: int, days_ago: int, seconds: int) -> None:
        day = max(self.book.today - timedelta(days=days_ago), MONDAY)
        await self.opened.watch(student, video, day, seconds)
        self.book.watch(student, video, day, seconds)

    async def pass_days(self, days: int) -> None:
        self.book.today += timedelta(days=days)
        self.opened.today = self.book.today

    async def close(self) -> None:
        async for _ in close_due(self.opened.sessions, POLICY, self.opened.now):
            pass
        self.book.close()

    async def register(self, student: int, course: int) -> None:
        if (student, course) not in self.book.places:
            await self.opened.register(student, course, self.opened.now())
            self.book.places[student, course] = self.book.today

    async def correct(self, student: int, offset: int, status: str | None) -> None:
        day = MONDAY + timedelta(days=offset)
        url = f"/attendance/user/{student}/{day}"
        if status is None:
            found = (await self.opened.client.delete(url)).status_code
            assert found == (200 if self.book.corrections.pop((student, day), None) else 404)
        else:
            assert (
                await self.opened.client.put(url, json={"status": status, "reason": "x"})
            ).status_code == 200
            self.book.corrections[student, day] = status

    async def rule(self, course: int | None, offset: int, minimum: int, share: str | None) -> None:
        since = MONDAY + timedelta(days=offset)
        body: dict[str, Any] = {"course_id": course, "effective_from": str(since), "minimum_seconds": minimum}
        body |= {} if share is None else {"minimum_share": float(share)}
        before = await self.seen(course)
        shown = await self.opened.client.post("/attendance/rules?dry_run=true&limit=1000", json=body)
        assert before == await self.seen(course), "a dry run changes nothing"
        answer = (await self.opened.client.post("/attendance/rules?limit=1000", json=body)).json()
        assert answer["listed"] == shown.json()["listed"]
        fraction = None if share is None else Fraction(share)
        self.book.add_rule(Rule(answer["rule"]["id"], course, since, minimum, fraction))
        after = await self.seen(course)
        turned = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        assert turned == {
            (flip["user_id"], flip["date"]): (flip["old_status"], flip["new_status"])
            for flip in answer["listed"]
        }

    async def seen(self, course: int | None) -> dict[tuple[int, str], str]:
        rows = [
            row
            for path in ([f"/attendance/course/{course}?from={MONDAY}"] if course else self.dates())
            for row in await self.opened.get(path)
        ]
        return {(row["user_id"], row["date"]): row["status"] for row in rows}

    def dates(self) -> list[str]:
        return [f"/attendance/date/{day}" for day in self.days()]

    def days(self) -> list[date]:
        return [MONDAY + timedelta(days=number) for number in range((self.book.today - MONDAY).days + 1)]

    async def calendar(self, weekdays: tuple[int, ...], offset: int) -> None:
        holiday = MONDAY + timedelta(days=offset)
        body = {"weekdays": weekdays, "holidays": [{"date": str(holiday), "name": "x"}]}
        assert (await self.opened.client.put("/attendance/calendar", json=body)).status_code == 200
        self.book.weekdays, self.book.holidays = set(weekdays), {holiday}

    async def span(self, course: int, offset: int | None, length: int) -> None:
        first = None if offset is None else MONDAY + timedelta(days=offset)
        last = None if first is None else first + timedelta(days=length)
        body = {"first_day": first and str(first), "last_day": last and str(last)}
        assert (await self.opened.client.patch(f"/courses/{course}", json=body)).status_code == 200
        self.book.spans[course] = first, last

    async def assign(self, video: int, offset: int | None) -> None:
        day = None if offset is None else MONDAY + timedelta(days=offset)
        body = {"assigned_on": day and str(day)}
        assert (await self.opened.client.patch(f"/videos/{video}", json=body)).status_code == 200
        self.book.assign(video, day)

    async def rebuild(self) -> None:
        assert [portion async for portion in rebuild(self.opened.sessions, POLICY, clock=self.opened.now)]
        for student, day in self.book.asked:
            if not self.book.is_final(day):
                self.book.judge(student, day)

    async def compare(self) -> None:
        by_student: dict[tuple[int, date], Line] = {}
        for day in self.days():
            rows = await self.opened.get(f"/attendance/date/{day}")
            assert {row["user_id"]: line(row) for row in rows} == self.book.roster(day), day
            by_student |= {(row["user_id"], day): line(row) for row in rows}
        for student in STUDENTS:
            listed = await self.opened.get(f"/attendance/user/{student}?to={self.book.today}")
            known = {date.fromisoformat(row["date"]): line(row) for row in listed}
            assert known == {
                day: found
                for (who, day), found in by_student.items()
                if who == student
                and (found.seconds or found.corrected or student in self.book.rolls.get(day, ()))
            }
        for course in COURSES:
            rows = await self.opened.get(f"/attendance/course/{course}?from={MONDAY}&limit=1000")
            found = {(row["user_id"], date.fromisoformat(row["date"])): line(row) for row in rows}
            assert found == self.book.course(course, self.days())
        assert not [found async for _, found in verify(self.opened.sessions, POLICY) if found]


def line(row: dict[str, Any]) -> Line:
    names = (
        "status",
        "computed_status",
        "total_seconds",
        "expected",
        "corrected",
        "rule_id",
        "required_seconds",
    )
    return Line(*(row[name] for name in names))


@pytest.fixture
async def opened(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[School]:
    await empty(sessions, POLICY)
    async with school(settings.model_copy(update={"late_days": POLICY.late_days}), sessions) as opened:
        opened.policy = POLICY
        yield opened


@pytest.mark.timeout(0 if LONG else 300)
@(hypothesis_settings() if LONG else SHORT)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=3), actions)
async def test_whatever_is_done_the_report_is_that_of_an_independent_reading(
    opened: School, joined: list[int], done: list[tuple[Any, ...]]
) -> None:
    await empty(opened.sessions, POLICY)
    opened.today = MONDAY
    await opened.add_admin()
    both = Both(opened, joined)
    await both.furnish()
    for name, *arguments in done:
        act: Callable[..., Coroutine[Any, Any, None]] = getattr(both, name)
        await act(*arguments)
    await both.compare()
