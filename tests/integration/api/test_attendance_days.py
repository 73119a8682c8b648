"""Who is expected when, what closing a day writes down, and that nobody is absent where nobody expected them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.database import Sessions
from core.errors import Conflict
from core.settings import Settings
from core.tables import User
from tests.integration.api.analyst import MONDAY, School, at, school
from workers.day_close.close import close_again, close_due

DAY = timedelta(days=1)
TUESDAY, SATURDAY = MONDAY + DAY, MONDAY + 5 * DAY
CALENDAR = "/attendance/calendar"
SCHOOL_DAYS: dict[str, Any] = {
    "weekdays": [1, 2, 3, 4, 5],
    "holidays": [{"date": str(TUESDAY), "name": "Carnival"}],
}


@pytest.fixture
async def opened(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[School]:
    async with school(settings, sessions) as opened:
        yield opened


async def close(opened: School) -> list[date]:
    return [each.date async for each in close_due(opened.sessions, opened.policy, opened.now)]


async def history(opened: School, user_id: int) -> dict[str, str]:
    return {row["date"]: row["status"] for row in await opened.get(f"/attendance/user/{user_id}")}


async def test_closing_adds_the_absent_marks_days_final_and_is_idempotent(opened: School) -> None:
    ada = await opened.add_student("ada", joined=at(MONDAY))
    bob = await opened.add_student("bob", joined=at(TUESDAY))
    _, (video_id,) = await opened.add_course(600)
    await opened.watch(ada, video_id, MONDAY, 60)
    opened.today = MONDAY + 7 * DAY
    assert await close(opened) == [], "an event of Monday may still come"
    assert await history(opened, bob) == {}
    opened.today = MONDAY + 10 * DAY
    assert await close(opened) == [MONDAY, TUESDAY, TUESDAY + DAY], "and what was missed"
    assert await close(opened) == []
    assert await history(opened, ada) == {
        str(MONDAY): "present",
        str(TUESDAY): "absent",
        str(TUESDAY + DAY): "absent",
    }
    assert await history(opened, bob) == {str(TUESDAY): "absent", str(TUESDAY + DAY): "absent"}
    for day in (MONDAY, TUESDAY):
        listed = await opened.get(f"/attendance/date/{day}")
        of_users = [row for user in (ada, bob) for row in await opened.get(f"/attendance/user/{user}")]
        assert listed == [row for row in of_users if row["date"] == str(day)]
        assert not any(row["provisional"] for row in listed)


async def test_two_closers_at_once_close_each_day_once(opened: School) -> None:
    await opened.add_student("ada", joined=at(MONDAY))
    opened.today = MONDAY + 12 * DAY
    closed = await asyncio.gather(*(close(opened) for _ in range(3)))
    assert sorted(day for each in closed for day in each) == [MONDAY + number * DAY for number in range(5)]


async def test_days_without_school_produce_no_absence(opened: School) -> None:
    ada = await opened.add_student("ada", joined=at(MONDAY))
    _, (video_id,) = await opened.add_course(600)
    await opened.client.put(CALENDAR, json=SCHOOL_DAYS)
    await opened.watch(ada, video_id, TUESDAY, 10)
    opened.today = SATURDAY + 9 * DAY
    await opened.watch(ada, video_id, SATURDAY, 60)
    await close(opened)
    days = await history(opened, ada)
    assert str(SATURDAY + DAY) not in days
    assert (days[str(TUESDAY)], days[str(SATURDAY)]) == ("excused", "present")
    assert [day for day, status in days.items() if status == "absent"] == [
        str(MONDAY + number * DAY) for number in (4, 3, 2, 0)
    ]
    carnival = await opened.get(f"/attendance/user/{ada}/{TUESDAY}")
    assert (carnival["computed_status"], carnival["expected"]) == ("absent", False)
    assert await opened.statuses(SATURDAY + DAY) == {}


async def test_nobody_is_absent_before_joining_or_after_leaving_but_who_watched_was_there(
    opened: School,
) -> None:
    ada = await opened.add_student("ada", joined=at(TUESDAY, timedelta(hours=23, minutes=59)))
    _, (video_id,) = await opened.add_course(600)
    opened.today = MONDAY + 12 * DAY
    await opened.watch(ada, video_id, MONDAY - DAY, 10)
    async with opened.sessions.begin() as session:
        await session.execute(update(User).where(User.id == ada).values(disabled_at=at(TUESDAY + DAY)))
    for _ in range(2):
        days = await history(opened, ada)
        assert days[str(MONDAY - DAY)] == "absent", "reported late, of a day before there was an account"
        await close(opened)
    assert days == {str(MONDAY - DAY): "absent", str(TUESDAY): "absent", str(TUESDAY + DAY): "absent"}


async def test_students_of_courses_are_expected_while_one_of_them_runs(opened: School) -> None:
    short, _ = await opened.add_course(600)
    path = f"/courses/{short}"
    span = {"first_day": str(TUESDAY), "last_day": str(TUESDAY + DAY)}
    assert (await opened.client.patch(path, json=span)).json().items() >= span.items()
    ada = await opened.add_student("ada", joined=at(MONDAY))
    await opened.register(ada, short, at(MONDAY))
    expected = [await opened.get(f"/attendance/user/{ada}/{MONDAY + number * DAY}") for number in range(4)]
    assert [day["expected"] for day in expected] == [False, True, True, False]
    other, _ = await opened.add_course(600, archived_at=at(TUESDAY + 2 * DAY))
    await opened.register(ada, other, at(TUESDAY + 2 * DAY))
    expected = [await opened.get(f"/attendance/user/{ada}/{MONDAY + number * DAY}") for number in range(5)]
    assert [day["expected"] for day in expected] == [False, True, True, True, False]
    opened.today = TUESDAY
    assert await opened.statuses(MONDAY) == {}
    assert await opened.statuses(TUESDAY) == {"ada": "absent"}


async def test_in_a_course_nobody_is_absent_before_registering_or_outside_its_days(opened: School) -> None:
    course_id, (video_id,) = await opened.add_course(600, first_day=MONDAY, last_day=MONDAY + 3 * DAY)
    ada = await opened.add_student("ada")
    await opened.watch(ada, video_id, MONDAY, 10)
    await opened.register(ada, course_id, at(TUESDAY))
    await opened.client.put(
        CALENDAR, json=SCHOOL_DAYS | {"holidays": [{"date": str(TUESDAY + DAY), "name": "x"}]}
    )
    opened.today = MONDAY + 5 * DAY
    rows = await opened.get(f"/attendance/course/{course_id}")
    assert [(row["date"], row["status"], row["expected"]) for row in rows] == [
        (str(MONDAY), "excused", False),
        (str(TUESDAY), "absent", True),
        (str(MONDAY + 3 * DAY), "absent", True),
    ]


async def test_what_is_closed_stays_as_it_was_until_it_is_closed_anew(opened: School) -> None:
    """A report went out: neither the calendar nor leaving changes it behind anybody's back."""
    ada = await opened.add_student("ada", joined=at(MONDAY))
    bob = await opened.add_student("bob", joined=at(MONDAY))
    course_id, (video_id,) = await opened.add_course(600)
    await opened.watch(bob, video_id, TUESDAY, 10)
    opened.today = MONDAY + 9 * DAY
    await close(opened)
    before = await opened.get(f"/attendance/date/{TUESDAY}")
    assert [row["status"] for row in before] == ["absent", "absent"]
    await opened.client.put(CALENDAR, json=SCHOOL_DAYS)
    await opened.register(ada, course_id, at(MONDAY))
    await opened.client.patch(f"/courses/{course_id}", json={"last_day": str(MONDAY)})
    assert await opened.get(f"/attendance/date/{TUESDAY}") == before
    assert (await close_again(opened.sessions, opened.policy, TUESDAY, opened.now)).expected == 0
    assert await opened.statuses(TUESDAY) == {"bob": "excused"}
    with pytest.raises(Conflict, match="not final"):
        await close_again(opened.sessions, opened.policy, TUESDAY + 7 * DAY, opened.now)


async def test_a_late_event_takes_the_place_of_an_absence(opened: School) -> None:
    ada = await opened.add_student("ada", joined=at(MONDAY))
    _, (video_id,) = await opened.add_course(600)
    opened.today = MONDAY + 8 * DAY
    await close(opened)
    await opened.watch(ada, video_id, MONDAY, 60)
    assert await history(opened, ada) == {str(MONDAY): "present"}
    assert await opened.statuses(MONDAY) == {"ada": "present"}


async def test_the_calendar_is_written_whole_and_never_over_what_was_not_read(opened: School) -> None:
    first = await opened.client.get(CALENDAR)
    assert first.json() == {"weekdays": [1, 2, 3, 4, 5, 6, 7], "holidays": []}
    written = await opened.client.put(CALENDAR, json=SCHOOL_DAYS, headers={"If-Match": first.headers["etag"]})
    assert written.json() == SCHOOL_DAYS == await opened.get(CALENDAR)
    stale = await opened.client.put(CALENDAR, json=SCHOOL_DAYS, headers={"If-Match": first.headers["etag"]})
    assert stale.status_code == 412
    assert (await opened.client.put(CALENDAR, json={"weekdays": [1]})).json()["holidays"] == []
    for wrong, status in (
        ({"weekdays": [0]}, 422),
        ({"weekdays": [1, 1]}, 400),
        ({"weekdays": [1], "holidays": SCHOOL_DAYS["holidays"] * 2}, 400),
        ({"weekdays": [1], "holidays": [{"date": "2026-02-30", "name": "x"}]}, 400),
        ({"weekdays": [1], "holidays": [{"date": 20_000, "name": "x"}]}, 422),
        ({"weekdays": [1], "holidays": [{"date": str(MONDAY), "name": " "}]}, 400),
    ):
        assert (await opened.client.put(CALENDAR, json=wrong)).status_code == status, wrong


async def test_a_course_does_not_end_before_it_begins(opened: School) -> None:
    course_id, _ = await opened.add_course(600)
    path = f"/courses/{course_id}"
    assert (await opened.client.patch(path, json={"first_day": str(TUESDAY)})).status_code == 200
    refused = await opened.client.patch(path, json={"last_day": str(MONDAY)})
    assert refused.status_code == 400
    assert (await opened.client.patch(path, json={"first_day": None})).json()["first_day"] is None
