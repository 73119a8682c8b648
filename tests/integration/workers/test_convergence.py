"""Through the real database: whatever arrives in whatever order and batches, the rows are those of the fold."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from core.database import Sessions
from core.policy import Overlap, Policy
from core.policy_store import PolicyMismatch, store_policy
from core.tables import Attendance, Player, Progress, ProgressEvent
from events.schemas import Event
from tests import oracle
from tests.histories import AttendanceRows, ProgressRows, by_oracle, event_of, policy_of, together
from tests.people import add_students, add_videos
from tests.strategies import histories
from workers.watch_time import rows
from workers.watch_time.rebuild import Difference, adopt_policy, rebuild, verify
from workers.watch_time.service import WatchTime

USERS = (1, 2, 3)
NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
through_the_database = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
cuts = st.lists(st.integers(1, 12), min_size=1, max_size=40)
overlaps = st.sampled_from(Overlap)


@pytest.fixture
async def school(sessions: Sessions) -> Sessions:
    async with sessions.begin() as session:
        await add_students(session, len(USERS))
        await add_videos(session, 3)
    return sessions


async def start_over(sessions: Sessions, policy: Policy) -> None:
    async with sessions.begin() as session:
        for table in (Attendance, Progress, Player, ProgressEvent):
            await session.execute(delete(table))
        await store_policy(session, policy)


def batches(events: list[Event], sizes: list[int]) -> list[list[Event]]:
    cut, first = [], 0
    for size in sizes:
        cut.append(events[first : first + size])
        first += size
    return [batch for batch in [*cut, events[first:]] if batch]


async def stored_rows(sessions: Sessions) -> tuple[ProgressRows, AttendanceRows]:
    async with sessions.begin() as session:
        return together(await rows.stored(session, USERS))


async def differences(sessions: Sessions, policy: Policy) -> list[Difference]:
    return [found async for _, portion in verify(sessions, policy) for found in portion]


@through_the_database
@given(histories(), overlaps, cuts, st.booleans())
async def test_any_order_repetition_and_batches_give_the_rows_of_the_specification(
    school: Sessions,
    history: tuple[ZoneInfo, list[oracle.Fact]],
    overlap: Overlap,
    sizes: list[int],
    every_batch_twice: bool,
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    await start_over(school, policy)
    watch_time = WatchTime(school, policy)
    for batch in batches([event_of(fact) for fact in facts], sizes):
        for _ in range(1 + every_batch_twice):
            await watch_time.apply(batch)
    assert await stored_rows(school) == by_oracle(facts, policy)
    assert not await differences(school, policy)


@through_the_database
@given(histories(), overlaps, cuts)
async def test_events_in_the_order_they_happened_give_the_rows_of_the_specification(
    school: Sessions, history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap, sizes: list[int]
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    in_order = sorted(facts, key=lambda fact: event_of(fact).order)
    await start_over(school, policy)
    watch_time = WatchTime(school, policy)
    for batch in batches([event_of(fact) for fact in in_order], sizes):
        await watch_time.apply(batch)
    assert await stored_rows(school) == by_oracle(in_order, policy)
    assert not await differences(school, policy)


async def test_rebuild_mends_rows_that_were_spoilt_and_verify_names_them(school: Sessions) -> None:
    policy = Policy()
    facts = [
        oracle.Fact(UUID(int=1), 1, 1, "", "play", NOON, None),
        oracle.Fact(UUID(int=2), 1, 1, "", "pause", NOON + timedelta(minutes=1), None),
        oracle.Fact(UUID(int=3), 2, 1, "", "play", NOON, None),
    ]
    await start_over(school, policy)
    await WatchTime(school, policy).apply([event_of(fact) for fact in facts])
    async with school.begin() as session:
        row = await session.get_one(Progress, (1, 1, NOON.date()))
        row.watch_time += timedelta(seconds=1)
        await session.execute(delete(Attendance).where(Attendance.user_id == 2))
    spoilt = await differences(school, policy)
    assert {(found.user_id, found.table) for found in spoilt} == {(1, "progress"), (2, "attendance")}
    assert [portion async for portion in rebuild(school, policy)] == [len(USERS)]
    assert not await differences(school, policy)
    assert await stored_rows(school) == by_oracle(facts, policy)


@pytest.mark.parametrize("policy", [Policy(timezone="Asia/Kathmandu"), Policy(attendance_min_seconds=3600)])
async def test_another_policy_is_adopted_for_all_rows_at_once(school: Sessions, policy: Policy) -> None:
    facts = [
        oracle.Fact(UUID(int=1), 1, 1, "", "play", NOON + timedelta(hours=6), None),
        oracle.Fact(UUID(int=2), 1, 1, "", "pause", NOON + timedelta(hours=6, minutes=30), None),
    ]
    await start_over(school, Policy())
    await WatchTime(school, Policy()).apply([event_of(fact) for fact in facts])
    assert [portion async for portion in adopt_policy(school, policy)] == [len(USERS)]
    assert await stored_rows(school) == by_oracle(facts, policy)
    with pytest.raises(PolicyMismatch, match="edutrack rebuild --policy"):
        await WatchTime(school, Policy()).apply([event_of(fact) for fact in facts])
