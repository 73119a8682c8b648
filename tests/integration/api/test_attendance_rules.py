"""What a day asks for, by versions: shown first, then applied; corrections stand, and each row names its rule."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from api.attendance import rule_routes, rules
from core.database import Sessions
from core.settings import Settings
from core.tables import Video
from tests.integration.api.analyst import MONDAY, School, school
from workers.day_close.close import judge_open
from workers.scheduler import chores
from workers.watch_time.rebuild import rebuild, verify

DAY = timedelta(days=1)
RULES = "/attendance/rules"


@pytest.fixture
async def opened(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[School]:
    async with school(settings, sessions) as opened:
        yield opened


async def watching(opened: School, **seconds: int) -> tuple[int, list[int]]:
    """Let students of a course watch its one video, of 600 s, on Monday; return course and students."""
    course_id, (video_id,) = await opened.add_course(600)
    users = []
    for name, watched in seconds.items():
        users.append(await opened.add_student(name))
        await opened.register(users[-1], course_id)
        await opened.watch(users[-1], video_id, MONDAY, watched)
    return course_id, users


async def ask(opened: School, day: date = MONDAY, *, dry_run: bool = False, **rule: Any) -> Any:
    body = {"effective_from": str(day), **rule}
    answer = await opened.client.post(RULES, params={"dry_run": dry_run}, json=body)
    assert answer.status_code == (200 if dry_run else 201), answer.text
    return answer.json()


async def assign(opened: School, day: date | None, **columns: Any) -> None:
    async with opened.sessions.begin() as session:
        await session.execute(update(Video).values(assigned_on=day, **columns))


async def test_a_dry_run_counts_and_lists_who_would_turn_and_changes_nothing(opened: School) -> None:
    _, (ada, bob, cleo) = await watching(opened, ada=100, bob=200, cleo=100)
    await opened.client.put(f"/attendance/user/{cleo}/{MONDAY}", json={"status": "present", "reason": "x"})
    before = await opened.get(f"/attendance/date/{MONDAY}")
    shown = await ask(opened, minimum_seconds=150, dry_run=True)
    assert (shown["dry_run"], shown["rule"], shown["total"], shown["corrected"]) == (True, None, 1, 1)
    assert shown["flips"] == {"to_present": 0, "to_absent": 1, "to_excused": 0}
    (flip,) = shown["listed"]
    assert (flip["user_id"], flip["old_status"], flip["new_status"]) == (ada, "present", "absent")
    assert (flip["total_seconds"], flip["required_seconds"]) == (100.0, 150)
    assert await opened.get(f"/attendance/date/{MONDAY}") == before
    assert await opened.get(RULES) == []
    assert bob not in {flip["user_id"] for flip in shown["listed"]}


async def test_a_dry_run_refuses_what_could_not_be_applied(opened: School) -> None:
    asked = {"effective_from": str(MONDAY), "minimum_seconds": 150}
    for wrong, status in (({"reason": " "}, 400), ({"reason": "x" * 501}, 400), ({"course": 1}, 422)):
        for dry_run in (True, False):
            answer = await opened.client.post(RULES, params={"dry_run": dry_run}, json=asked | wrong)
            assert answer.status_code == status, answer.text
    assert await opened.get(RULES) == []


async def test_what_was_shown_is_what_is_applied_and_the_version_stands_on_the_row(opened: School) -> None:
    _, (ada, bob, cleo) = await watching(opened, ada=100, bob=200, cleo=100)
    await opened.client.put(f"/attendance/user/{cleo}/{MONDAY}", json={"status": "present", "reason": "x"})
    shown = await ask(opened, minimum_seconds=150, reason="Decided.", dry_run=True)
    applied = await ask(opened, minimum_seconds=150, reason="Decided.")
    assert {**applied, "dry_run": True, "rule": None} == shown
    rule_id = applied["rule"]["id"]
    rows = {row["user_id"]: row for row in await opened.get(f"/attendance/date/{MONDAY}")}
    assert (rows[ada]["status"], rows[ada]["rule_id"], rows[ada]["required_seconds"]) == (
        "absent",
        rule_id,
        150,
    )
    assert rows[bob]["status"] == "present"
    assert (rows[cleo]["status"], rows[cleo]["computed_status"]) == ("present", "absent")
    (listed,) = await opened.get(RULES)
    assert (listed["reason"], listed["created_by"], listed["minimum_share"]) == ("Decided.", 1, None)
    again = await ask(opened, minimum_seconds=150, dry_run=True)
    assert again["total"] == 0


async def test_a_rule_judges_from_its_date_until_the_next_one_and_new_events_too(opened: School) -> None:
    _, (ada,) = await watching(opened, ada=100)
    _, (video_id,) = await opened.add_course(600)
    opened.today = MONDAY + 3 * DAY
    for number in (1, 2):
        await opened.watch(ada, video_id, MONDAY + number * DAY, 100)
    later = (await ask(opened, MONDAY + 2 * DAY, minimum_seconds=50))["rule"]["id"]
    early = (await ask(opened, MONDAY + DAY, minimum_seconds=101))["rule"]["id"]
    await opened.watch(ada, video_id, MONDAY + 3 * DAY, 49)
    rows = {row["date"]: row for row in await opened.get(f"/attendance/user/{ada}")}
    assert [
        (row["status"], row["rule_id"], row["required_seconds"])
        for row in (rows[str(MONDAY + number * DAY)] for number in range(4))
    ] == [
        ("present", None, 30),
        ("absent", early, 101),
        ("present", later, 50),
        ("absent", later, 50),
    ]
    same_day = (await ask(opened, MONDAY + DAY, minimum_seconds=100))["rule"]["id"]
    assert (await opened.get(f"/attendance/user/{ada}/{MONDAY + DAY}"))["rule_id"] == same_day
    assert not [found async for _, found in verify(opened.sessions, opened.policy) if found]


async def test_a_share_asks_for_its_part_of_what_is_assigned_rounded_up(opened: School) -> None:
    _, (ada, bob) = await watching(opened, ada=360, bob=361)
    await assign(opened, MONDAY, duration_seconds=601)
    await ask(opened, minimum_share=0.6)
    assert await opened.statuses(MONDAY) == {"ada": "absent", "bob": "present"}
    rows = {row["user_id"]: row for row in await opened.get(f"/attendance/date/{MONDAY}")}
    assert [rows[user]["required_seconds"] for user in (ada, bob)] == [361, 361]
    await assign(opened, None)
    await ask(opened, minimum_share=0.6, minimum_seconds=361)
    assert await opened.statuses(MONDAY) == {"ada": "absent", "bob": "present"}


async def test_a_video_that_leaves_its_course_is_assigned_no_more(opened: School) -> None:
    _, (ada,) = await watching(opened, ada=100)
    await assign(opened, MONDAY)
    await ask(opened, minimum_share=0.5)
    for change, status, required in (("archive", "present", 30), ("restore", "absent", 300)):
        assert (await opened.client.post(f"/videos/1/{change}")).status_code == 200
        day = await opened.get(f"/attendance/user/{ada}/{MONDAY}")
        assert (day["status"], day["required_seconds"]) == (status, required)


async def test_open_days_follow_places_dates_of_courses_and_imports_and_final_days_do_not(
    opened: School, settings: Settings
) -> None:
    course_id, (ada,) = await watching(opened, ada=290)
    other, _ = await opened.add_course(0)
    await assign(opened, MONDAY)
    await ask(opened, minimum_share=0.5)

    async def judged() -> tuple[str, int]:
        await judge_open(opened.sessions, opened.policy, opened.now)
        day = await opened.get(f"/attendance/user/{ada}/{MONDAY}")
        return day["status"], day["required_seconds"]

    assert await judged() == ("absent", 300)
    await assign(opened, MONDAY, duration_seconds=500)  # as an import does that was told so by YouTube
    assert await judged() == ("present", 250)
    await opened.register(ada, other)
    assert await judged() == ("absent", 500)
    ended = await opened.client.patch(f"/courses/{other}", json={"last_day": str(MONDAY - DAY)})
    assert ended.status_code == 200
    assert await judged() == ("present", 250)
    opened.today = MONDAY + 7 * DAY
    await opened.client.post(f"/courses/{course_id}/archive")
    assert await judged() == ("present", 250), "it was archived later"
    opened.today += DAY
    await assign(opened, MONDAY, duration_seconds=9_000)
    assert await judged() == ("present", 250)
    assert "scheduler.judge_days" in {chore.name for chore in chores(settings)}


async def test_a_final_day_keeps_what_a_share_came_to(opened: School) -> None:
    """Assigning something else later turns nobody, neither by a rebuild nor by a late event."""
    _, (ada,) = await watching(opened, ada=300)
    await assign(opened, MONDAY)
    await ask(opened, minimum_share=0.5)
    await assign(opened, MONDAY, duration_seconds=6_000)
    opened.today = MONDAY + 8 * DAY
    assert [portion async for portion in rebuild(opened.sessions, opened.policy, clock=opened.now)]
    await opened.watch(ada, 1, MONDAY, 5)
    day = await opened.get(f"/attendance/user/{ada}/{MONDAY}")
    assert (day["status"], day["required_seconds"], day["total_seconds"]) == ("present", 300, 305.0)
    assert not [found async for _, found in verify(opened.sessions, opened.policy) if found]
    await ask(opened, minimum_share=0.5)
    assert (await opened.get(f"/attendance/user/{ada}/{MONDAY}"))["required_seconds"] == 3_000


async def test_a_course_is_judged_by_its_own_rule_or_the_schools(opened: School) -> None:
    course_id, (ada, bob) = await watching(opened, ada=100, bob=200)
    _, (elsewhere,) = await opened.add_course(600)
    await opened.watch(ada, elsewhere, MONDAY, 500)
    path = f"/attendance/course/{course_id}?from={MONDAY}&to={MONDAY}"
    seconds = {row["username"]: row["total_seconds"] for row in await opened.get(path)}
    assert seconds == {"ada": 100.0, "bob": 200.0}, "of this course's videos alone"
    await ask(opened, minimum_seconds=101)
    assert {row["username"]: row["status"] for row in await opened.get(path)} == {
        "ada": "absent",
        "bob": "present",
    }
    shown = await ask(opened, minimum_seconds=201, course_id=course_id, dry_run=True)
    assert [flip["user_id"] for flip in shown["listed"]] == [bob]
    applied = await ask(opened, minimum_seconds=201, course_id=course_id)
    assert applied["flips"] == shown["flips"] == {"to_present": 0, "to_absent": 1, "to_excused": 0}
    assert {row["rule_id"] for row in await opened.get(path)} == {applied["rule"]["id"]}
    assert await opened.statuses(MONDAY) == {"ada": "present", "bob": "present"}


async def test_a_dry_run_for_a_course_holds_a_share_of_it_against_what_judges_it_now(opened: School) -> None:
    course_id, (ada, _, cleo) = await watching(opened, ada=100, bob=200, cleo=100)
    await assign(opened, MONDAY)
    await opened.client.put(f"/attendance/user/{cleo}/{MONDAY}", json={"status": "present", "reason": "x"})
    shown = await ask(opened, minimum_share=0.3, course_id=course_id, dry_run=True)
    (flip,) = shown["listed"]
    assert (flip["user_id"], flip["required_seconds"], flip["new_status"]) == (ada, 180, "absent")
    assert (shown["total"], shown["corrected"]) == (1, 1)
    await ask(opened, minimum_share=0.3, course_id=course_id)
    back = await ask(opened, minimum_seconds=100, course_id=course_id, dry_run=True)
    assert [(flip["user_id"], flip["new_status"]) for flip in back["listed"]] == [(ada, "present")]
    later = await ask(opened, MONDAY + DAY, minimum_seconds=9, course_id=course_id, dry_run=True)
    assert later["total"] == 0
    assert await opened.statuses(MONDAY) == {"ada": "present", "bob": "present", "cleo": "present"}


async def test_a_list_of_flips_comes_in_pages(opened: School) -> None:
    _, users = await watching(opened, **{f"student{n}": 100 for n in range(5)})
    seen: list[int] = []
    request: str = f"{RULES}?dry_run=true&limit=2"
    while request:
        body = {"effective_from": str(MONDAY), "minimum_seconds": 200}
        answer = await opened.client.post(request, json=body)
        assert answer.json()["total"] == 5
        seen += [flip["user_id"] for flip in answer.json()["listed"]]
        request = answer.links.get("next", {}).get("url", "")
    assert seen == users


async def test_what_takes_longer_than_a_request_may_is_left_to_the_command(
    opened: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watching(opened, ada=100, bob=100)
    monkeypatch.setattr(rules, "MOST_ROWS", 1)
    body = {"effective_from": str(MONDAY), "minimum_seconds": 200}
    refused = await opened.client.post(RULES, json=body)
    assert (refused.status_code, "edutrack rule add" in refused.json()["detail"]) == (409, True)
    assert (await ask(opened, minimum_seconds=200, dry_run=True))["total"] == 2, "it takes no longer to look"
    await ask(opened, minimum_seconds=200, course_id=1)
    monkeypatch.setattr(rule_routes, "WITHIN", timedelta(0))
    for course in (None, 1):
        late = await opened.client.post(f"{RULES}?dry_run=true", json={**body, "course_id": course})
        assert (late.status_code, late.json()["detail"]) == (409, rules.TOO_MANY)
    assert [rule["course_id"] for rule in await opened.get(RULES)] == [1], "which judges no rows"


async def test_no_version_is_ever_changed(opened: School) -> None:
    await ask(opened, minimum_seconds=200)
    for change in (
        "UPDATE attendance_rules SET minimum_seconds = 1",
        "DELETE FROM attendance_rules",
        "TRUNCATE attendance_rules",
    ):
        with pytest.raises(DBAPIError, match="only ever added to"):
            async with opened.sessions.begin() as session:
                await session.execute(text(change))
