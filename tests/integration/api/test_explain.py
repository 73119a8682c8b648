"""A day explained over HTTP: to whom, from what, and that its seconds are those of the row."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from api.attendance import explain_routes
from api.attendance.app import SERVICE as ATTENDANCE
from core.database import Sessions
from core.policy import Overlap, Policy
from core.roles import Role
from core.settings import Settings
from core.tables import Attendance, AttendanceRule, User
from tests import oracle
from tests.histories import event_of, policy_of
from tests.integration.api.conftest import Api, bearer, serving
from tests.integration.workers.school import USERS, start_over
from tests.people import add_students, add_videos
from tests.strategies import histories
from workers.watch_time.prune import prune
from workers.watch_time.service import WatchTime

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def api(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[Api]:
    """Three students, three videos and user 4, an admin."""
    async with sessions.begin() as session:
        await add_students(session, len(USERS) + 1)
        await session.execute(update(User).where(User.id == 4).values(role=Role.ADMIN.value))
        await add_videos(session, 3)
    async with serving(settings, ATTENDANCE, clock=lambda: NOON + MINUTE) as running:
        yield running


def fact(number: int, kind: Any, at: datetime, *, video: int = 1, claimed: int | None = None) -> oracle.Fact:
    return oracle.Fact(UUID(int=number), 1, video, "", kind, at, claimed)


WATCHED = (fact(1, "play", NOON - 15 * MINUTE), fact(2, "pause", NOON - 5 * MINUTE, claimed=900))


async def ask(api: Api, user_id: int = 1, day: object = NOON.date(), asker: int = 1) -> httpx.Response:
    role = Role.ADMIN if asker == 4 else Role.STUDENT
    token = api.state.tokens.issue(asker, f"student{asker}", role)
    return await api.client.get(f"/attendance/user/{user_id}/explain?date={day}", headers=bearer(token))


async def test_every_second_is_listed_with_its_events_and_its_reason(api: Api, sessions: Sessions) -> None:
    await WatchTime(sessions, Policy(), clock=lambda: NOON).apply([event_of(one) for one in WATCHED])
    explained = (await ask(api)).json()
    assert explained["verdict"] == "Present: 600 s were watched, and the day asked for 30 s."
    assert explained["rule"] == {"id": None, "since": None, "minimum_seconds": 30, "minimum_share": None}
    assert (explained["log"], explained["agrees"], explained["total_time"]) == ("complete", True, "00:10:00")
    (span,) = explained["spans"]
    assert span["explanation"] == "The pause claimed 900 s but only 600 s had passed: 600 s count."
    assert (span["video_title"], span["ending"]) == ("Lesson 1", "claimed_more")
    assert (span["start"], span["end"]) == ("2026-06-12T11:45:00Z", "2026-06-12T11:55:00Z")
    assert [(event["kind"], event["claimed_seconds"], event["late"]) for event in span["events"]] == [
        ("play", None, False),
        ("pause", 900, False),
    ]
    assert span["counted_microseconds"] == explained["total_microseconds"] == 600_000_000


async def test_a_day_without_events_is_explained_by_their_absence(api: Api) -> None:
    explained = (await ask(api)).json()
    said = (
        "Excused: nothing was watched, and the day asked for 30 s, but nobody expected the student that day."
    )
    assert explained["verdict"] == said, "before there was an account"
    assert (explained["spans"], explained["agrees"]) == ([], True)
    for day in ("0001-01-01", "9999-12-31"):
        assert (await ask(api, day=day)).status_code == 400


async def test_corrections_and_rules_appear(api: Api, sessions: Sessions) -> None:
    await WatchTime(sessions, Policy(), clock=lambda: NOON).apply([event_of(one) for one in WATCHED])
    admin = bearer(api.state.tokens.issue(4, "student4", Role.ADMIN))
    async with sessions.begin() as session:
        rule = AttendanceRule(effective_from=date(2026, 1, 1), minimum_seconds=3600)
        session.add(rule)
        await session.flush()
        await session.execute(
            update(Attendance).values(rule_id=rule.id, required_seconds=3600, status="absent")
        )
    correction = {"status": "excused", "reason": "Ill."}
    address = f"/attendance/user/1/{NOON.date()}"
    assert (await api.client.put(address, json=correction, headers=admin)).status_code == 200
    explained = (await ask(api)).json()
    assert explained["verdict"] == (
        "Excused: 600 s were watched, and the day asked for 3600 s; an admin corrected absent to excused."
    )
    assert (explained["rule"]["since"], explained["rule"]["minimum_seconds"]) == ("2026-01-01", 3600)
    (change,) = explained["corrections"]
    assert (change["by_username"], change["new_status"], change["reason"]) == ("student4", "excused", "Ill.")
    confirmed = {"status": "absent", "reason": "She said so."}
    assert (await api.client.put(address, json=confirmed, headers=admin)).status_code == 200
    assert (await ask(api)).json()["verdict"].endswith("asked for 3600 s; an admin confirmed that.")


async def test_students_see_themselves_and_admins_everybody(api: Api) -> None:
    assert (await ask(api, user_id=1, asker=1)).status_code == 200
    assert (await ask(api, user_id=2, asker=1)).status_code == 403
    assert (await ask(api, user_id=2, asker=4)).status_code == 200
    assert (await ask(api, user_id=9, asker=4)).status_code == 404


async def test_what_cannot_be_listed_keeps_its_row(
    api: Api, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await WatchTime(sessions, Policy()).apply([event_of(one) for one in WATCHED])
    monkeypatch.setattr(explain_routes, "MOST_EVENTS", 1)
    explained = (await ask(api)).json()
    assert (explained["log"], explained["spans"], explained["total_seconds"]) == ("too_long", [], 600)
    later = NOON.date() + 10 * DAY
    assert [removal.events async for removal in prune(sessions, Policy(), later)] == [2]
    explained = (await ask(api)).json()
    assert (explained["log"], explained["agrees"], explained["pruned_before"]) == ("pruned", None, str(later))
    assert (explained["spans"], explained["total_seconds"]) == ([], 600)


async def test_a_row_that_is_not_what_the_log_says_is_not_explained_away(
    api: Api, sessions: Sessions
) -> None:
    await WatchTime(sessions, Policy()).apply([event_of(one) for one in WATCHED])
    async with sessions.begin() as session:
        await session.execute(update(Attendance).values(total_time=MINUTE))
    explained = (await ask(api)).json()
    assert explained["agrees"] is False
    assert [event["late"] for event in explained["spans"][0]["events"]] == [True, True], "applied today"


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories(), st.sampled_from(Overlap))
async def test_any_stored_day_is_explained_to_the_microsecond(
    api: Api, sessions: Sessions, history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    await start_over(sessions, policy)
    api.state.policy = policy
    await WatchTime(sessions, policy).apply([event_of(one) for one in facts])
    async with sessions.begin() as session:
        stored = (await session.scalars(select(Attendance))).all()
    for row in stored:
        explained = (await ask(api, row.user_id, row.date, asker=row.user_id)).json()
        assert explained["agrees"]
        counted = sum(span["counted_microseconds"] for span in explained["spans"])
        assert counted == row.total_time // timedelta.resolution
