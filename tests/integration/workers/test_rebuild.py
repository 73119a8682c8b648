"""Rows are mended from the log, and compared with it: all of them, or those of some users and dates."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update

from core.database import Sessions
from core.errors import NotFound
from core.policy import Overlap, Policy
from core.policy_store import PolicyMismatch
from core.tables import Attendance, Player, Progress
from tests import oracle
from tests.histories import by_oracle, event_of, policy_of
from tests.integration.workers.school import USERS, differences, start_over, stored_rows
from tests.strategies import histories
from workers.watch_time.rebuild import adopt_policy, rebuild
from workers.watch_time.scope import Scope, survey
from workers.watch_time.service import WatchTime

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
LONG_AGO = date(2001, 1, 1)
"""A day nobody watched anything on."""


async def spoil(sessions: Sessions) -> None:
    """Make every row of progress wrong, take every row of attendance away, and add one without a cause."""
    async with sessions.begin() as session:
        await session.execute(update(Progress).values(watch_time=Progress.watch_time + timedelta(seconds=1)))
        await session.execute(delete(Attendance))
        nothing = {"status": "absent", "total_time": timedelta(), "overlap_time": timedelta()}
        await session.execute(insert(Attendance), [{"user_id": 1, "date": LONG_AGO, **nothing}])


scopes = st.builds(
    lambda users, first, days: (users, first, days),
    st.sampled_from([(), (1,), (2, 3)]),
    st.integers(-2, 3),
    st.sampled_from([0, 0, 1, 2, None]),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.sampled_from(Overlap), scopes)
async def test_a_rebuild_mends_the_rows_of_its_users_and_dates_and_no_others(
    school: Sessions,
    history: tuple[ZoneInfo, list[oracle.Fact]],
    overlap: Overlap,
    drawn: tuple[tuple[int, ...], int, int | None],
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    await start_over(school, policy)
    await WatchTime(school, policy).apply([event_of(fact) for fact in facts])
    await spoil(school)
    spoilt, right = await stored_rows(school), by_oracle(facts, policy)
    users, offset, days = drawn
    first = min(fact.at for fact in facts).astimezone(zone).date() + timedelta(days=offset)
    scope = Scope(users, first, date.max if days is None else first + timedelta(days=days))

    def chosen(user_id: int, day: date) -> bool:
        return scope.first <= day <= scope.last and user_id in (users or USERS)

    assert {(found.user_id, found.table) for found in await differences(school, policy, scope)} == {
        (key[0], table)
        for table, rows in (("progress", right[0]), ("attendance", right[1]))
        for key in rows
        if chosen(key[0], key[-1])
    }
    assert sum([portion async for portion in rebuild(school, policy, scope)]) == len(users or USERS)
    mended = await stored_rows(school)
    for table in (0, 1):
        assert mended[table] == {
            **{key: row for key, row in spoilt[table].items() if not chosen(key[0], key[-1])},
            **{key: row for key, row in right[table].items() if chosen(key[0], key[-1])},
        }
    assert not await differences(school, policy, scope)


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


@pytest.mark.parametrize("scope", [Scope(), Scope((1,), NOON.date(), NOON.date())])
async def test_where_players_stand_is_compared_and_mended_too(school: Sessions, scope: Scope) -> None:
    policy = Policy()
    await start_over(school, policy)
    facts = [oracle.Fact(UUID(int=1), 1, 1, "", "play", NOON, None)]
    await WatchTime(school, policy).apply([event_of(fact) for fact in facts])
    async with school.begin() as session:
        await session.execute(update(Player).values(span_start=NOON - timedelta(hours=1)))
    assert [found.table for found in await differences(school, policy, scope)] == ["players"]
    assert [portion async for portion in rebuild(school, policy, scope)]
    assert not await differences(school, policy, scope)


async def test_a_user_who_does_not_exist_is_named(school: Sessions) -> None:
    assert (await survey(school)).users == len(USERS)
    assert (await survey(school, Scope((3, 3, 1)))).users == 2
    with pytest.raises(NotFound, match="there is no user 7, 9"):
        await survey(school, Scope((9, 1, 7)))


async def test_a_rebuild_leaves_a_row_that_is_right_untouched(school: Sessions) -> None:
    await start_over(school, Policy())
    facts = [oracle.Fact(UUID(int=1), 1, 1, "", "play", NOON, None)]
    await WatchTime(school, Policy()).apply([event_of(fact) for fact in facts])
    versions = text("SELECT xmin::text FROM progress UNION ALL SELECT xmin::text FROM attendance")
    async with school.begin() as session:
        before = (await session.scalars(versions)).all()
    assert [portion async for portion in rebuild(school, Policy())]
    async with school.begin() as session:
        assert (await session.scalars(versions)).all() == before


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
