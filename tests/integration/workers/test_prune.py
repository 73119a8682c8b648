"""What is pruned stays as it is, what is not stays computable, and nothing counts again."""

import asyncio
from contextlib import aclosing
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.calendar import day_start, local_date
from core.database import Sessions
from core.errors import Conflict
from core.policy import Overlap, Policy
from core.tables import Player, ProgressEvent
from events.schemas import decode
from events.sender import REASON
from events.topology import PROGRESS_DEAD_LETTERS
from tests import oracle
from tests.histories import by_oracle, event_of, policy_of
from tests.integration.events.test_round_trip import consuming, publishing, take_from, waiting_in
from tests.integration.workers.school import USERS, differences, since, start_over, stored_rows, until
from tests.strategies import histories
from workers.watch_time import scope
from workers.watch_time.prune import Removal, preview, prune
from workers.watch_time.rebuild import adopt_policy, rebuild
from workers.watch_time.scope import Scope, survey
from workers.watch_time.service import WatchTime
from workers.watch_time.worker import handler

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
TODAY = NOON.date()


def play(number: int, at: datetime, user: int = 1, session: str = "") -> oracle.Fact:
    return oracle.Fact(UUID(int=number), user, 1, session, "play", at, None)


def pause(number: int, at: datetime, user: int = 1, claimed: int | None = None) -> oracle.Fact:
    return oracle.Fact(UUID(int=number), user, 1, "", "pause", at, claimed)


def heartbeat(number: int, at: datetime) -> oracle.Fact:
    return oracle.Fact(UUID(int=number), 1, 1, "", "heartbeat", at, None)


async def apply(sessions: Sessions, policy: Policy, *facts: oracle.Fact) -> list[str]:
    """Apply facts in one batch; return why each was not, or how it was."""
    answers = await WatchTime(sessions, policy).apply([event_of(fact) for fact in facts])
    return [answer.detail or answer.outcome for answer in answers]


async def prune_all(sessions: Sessions, policy: Policy, before: date) -> int:
    """Prune long after; return how many events went."""
    return sum([removal.events async for removal in prune(sessions, policy, before)])


async def logged(sessions: Sessions) -> list[datetime]:
    async with sessions.begin() as session:
        found = await session.scalars(select(ProgressEvent.occurred_at).order_by(ProgressEvent.occurred_at))
        return list(found)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(), st.sampled_from(Overlap), st.integers(0, 40), st.integers(-1, 4))
async def test_days_before_stay_as_they_are_and_days_after_go_on_as_if_nothing_was_pruned(
    school: Sessions, history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap, cut: int, offset: int
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    await start_over(school, policy)
    earlier, later = facts[:cut], facts[cut:]
    before = local_date(min(fact.at for fact in facts), zone) + offset * DAY
    if earlier:
        await apply(school, policy, *earlier)
    frozen = await stored_rows(school)
    await prune_all(school, policy, before)
    assert await stored_rows(school) == frozen
    taken = {(fact.user_id, fact.event_id): fact for fact in reversed(earlier)}
    pruned = {key for key, fact in taken.items() if local_date(fact.at, zone) < before}
    # The log forgets ids with the days: with another day in its body, a repeat is nothing it has seen.
    again = [
        fact
        for fact in [*later, *earlier]
        if (fact.user_id, fact.event_id) not in pruned or local_date(fact.at, zone) < before
    ]
    for fact in again:
        (outcome,) = await apply(school, policy, fact)
        key, day = (fact.user_id, fact.event_id), local_date(fact.at, zone)
        if day >= before:
            assert outcome == ("duplicate" if key in taken else "applied")
            taken.setdefault(key, fact)
        else:
            assert outcome == "duplicate" or f"{day} is pruned" in outcome
    assert not await differences(school, policy)
    assert sum([users async for users in rebuild(school, policy)]) == len(USERS)
    found, due = await stored_rows(school), by_oracle(list(taken.values()), policy)
    for table in (0, 1):
        assert until(before, found[table]) == until(before, frozen[table])
        assert since(before, found[table]) == since(before, due[table])


async def test_two_days_before_the_boundary_stay_in_the_log(school: Sessions) -> None:
    midnight = day_start(TODAY, ZoneInfo("UTC"))
    tick = timedelta(microseconds=1)
    instants = [midnight - 2 * DAY - tick, midnight - 2 * DAY, midnight - tick, midnight]
    await apply(school, Policy(), *(play(n, at, session=str(n)) for n, at in enumerate(instants)))
    assert [found async for found in preview(school, Policy(), TODAY)] == [Removal(3, 1)]
    assert len(await logged(school)) == 4, "a preview removes nothing"
    assert await prune_all(school, Policy(), TODAY) == 1
    assert await logged(school) == instants[1:]
    assert await prune_all(school, Policy(), TODAY) == 0, "a repeat finds nothing"
    assert not await differences(school, Policy())


async def test_an_event_of_a_pruned_day_is_refused_alone_and_says_since_when(school: Sessions) -> None:
    await apply(school, Policy(), play(1, NOON - 9 * DAY), play(2, NOON - DAY))
    await prune_all(school, Policy(), TODAY)
    refused, kept, repeat, forgotten = await apply(
        school,
        Policy(),
        play(3, NOON - DAY),
        pause(4, NOON, claimed=60),
        play(2, NOON - DAY),
        play(1, NOON - 9 * DAY),
    )
    today = datetime.now(UTC).date()
    assert refused == f"2025-06-11 is pruned: the log before 2025-06-12 was removed on {today}"
    assert (kept, repeat) == ("applied", "duplicate"), "the kept 48 hours still know their own"
    assert forgotten.startswith("2025-06-03 is pruned")
    assert not await differences(school, Policy())


async def test_a_span_across_the_boundary_counts_on_the_day_that_is_open(school: Sessions) -> None:
    midnight = day_start(TODAY, ZoneInfo("UTC"))
    await apply(school, Policy(), play(1, midnight - 10 * MINUTE))
    before = await stored_rows(school)
    await prune_all(school, Policy(), TODAY)
    assert await apply(school, Policy(), pause(2, midnight + 20 * MINUTE)) == ["applied"]
    progress, attendance = await stored_rows(school)
    assert until(TODAY, progress) == before[0]
    assert attendance[1, TODAY].total_time == 20 * MINUTE
    assert await apply(school, Policy(), pause(3, midnight + 2 * MINUTE)) == ["applied"]
    progress, attendance = await stored_rows(school)
    assert until(TODAY, progress) == before[0]
    assert attendance[1, TODAY].total_time == 2 * MINUTE
    assert not await differences(school, Policy())


async def test_a_player_that_never_pauses_is_in_the_same_spans_as_before(school: Sessions) -> None:
    """Where a span begins decides where the next one does, 12 hours on, and on."""
    start = day_start(TODAY, ZoneInfo("UTC")) - 51 * HOUR
    beats = [heartbeat(n, start + n * timedelta(seconds=115)) for n in range(30 * 64)]
    await apply(school, Policy(), play(10_000, start - MINUTE), *beats)
    rows = await stored_rows(school)
    assert await prune_all(school, Policy(), TODAY) == 0
    assert not await differences(school, Policy())
    await apply(school, Policy(), heartbeat(20_000, NOON + timedelta(seconds=7)))
    assert [users async for users in rebuild(school, Policy())] == [len(USERS)]
    assert await stored_rows(school) == rows


async def test_a_player_is_forgotten_with_its_last_event(school: Sessions) -> None:
    await apply(school, Policy(), play(1, NOON - 9 * DAY), play(2, NOON - 9 * DAY, user=2), play(3, NOON))
    await prune_all(school, Policy(), TODAY)
    async with school.begin() as session:
        assert list(await session.scalars(select(Player.user_id))) == [1]
    assert await apply(school, Policy(), pause(4, NOON, user=2, claimed=60)) == ["applied"]
    assert (await stored_rows(school))[1][2, TODAY].total_time == MINUTE
    assert not await differences(school, Policy())


async def test_days_that_are_not_final_are_refused(school: Sessions) -> None:
    policy = Policy(timezone="Pacific/Kiritimati", late_days=2)
    await start_over(school, policy)

    def clock() -> datetime:
        return datetime(2025, 6, 12, 10, tzinfo=UTC)  # midnight there: the 13th begins

    with pytest.raises(Conflict, match=r"from 2025-06-11 on are not final.*--before 2025-06-11"):
        await anext(prune(school, policy, date(2025, 6, 12), clock))
    with pytest.raises(Conflict, match="not final"):
        await anext(preview(school, policy, date(2025, 6, 12), clock))
    assert not (await survey(school)).boundary
    assert [found async for found in prune(school, policy, date(2025, 6, 11), clock)] == [Removal(3, 0)]
    assert (await survey(school)).boundary.before == date(2025, 6, 11)


async def test_the_boundary_never_moves_back(school: Sessions) -> None:
    await prune_all(school, Policy(), TODAY)
    with pytest.raises(Conflict, match="already pruned before 2025-06-12"):
        await prune_all(school, Policy(), TODAY - DAY)
    await prune_all(school, Policy(), TODAY + DAY)
    with pytest.raises(Conflict, match="pruned before 2025-06-13: rows of earlier days stay"):
        await survey(school, Scope(last=TODAY))


async def test_an_interrupted_prune_is_finished_by_the_next(
    school: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "PORTION_USERS", 1)
    await apply(school, Policy(), *(play(user, NOON - 9 * DAY, user=user) for user in USERS))
    async with aclosing(prune(school, Policy(), TODAY)) as half:
        assert await anext(half) == Removal(1, 1)
    assert not await differences(school, Policy())
    (outcome,) = await apply(school, Policy(), play(4, NOON - 9 * DAY))
    assert "is pruned" in outcome, "the boundary holds from the start"
    assert await apply(school, Policy(), play(3, NOON - 9 * DAY, user=3)) == ["duplicate"]
    assert await prune_all(school, Policy(), TODAY) == 2
    async with school.begin() as session:
        assert await session.scalar(select(func.count()).select_from(ProgressEvent)) == 0
    assert not await differences(school, Policy())


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
async def test_another_policy_leaves_pruned_days_alone(school: Sessions, zone: str) -> None:
    facts = [
        fact
        for hours in range(-72, 72, 5)
        for fact in (
            play(1000 + hours, NOON + hours * HOUR),
            pause(2000 + hours, NOON + hours * HOUR + MINUTE),
        )
    ]
    old, new = Policy(), Policy(timezone=zone)
    await apply(school, old, *facts)
    before = await stored_rows(school)
    await prune_all(school, old, TODAY)
    assert [users async for users in adopt_policy(school, new)] == [len(USERS)]
    after, due = await stored_rows(school), by_oracle(facts, new)
    for table in (0, 1):
        assert until(TODAY, after[table]) == until(TODAY, before[table])
        assert since(TODAY, after[table]) == since(TODAY, due[table])
    assert not await differences(school, new)


async def test_an_event_of_a_pruned_day_ends_alone_in_the_dead_letter_queue(
    school: Sessions, engine: AsyncEngine, broker: str
) -> None:
    await prune_all(school, Policy(), TODAY)
    late, kept = event_of(play(1, NOON - DAY)), event_of(pause(2, NOON, claimed=60))
    async with publishing(broker) as publisher, consuming(broker, handler(engine, Policy())):
        await publisher.publish([late, kept])
        async with asyncio.timeout(30):
            while not await waiting_in(broker, PROGRESS_DEAD_LETTERS.name):
                await asyncio.sleep(0.05)
    letter = await take_from(broker, PROGRESS_DEAD_LETTERS.name)
    assert [event.event_id for event in decode(letter.body)] == [late.event_id]
    assert "2025-06-11 is pruned: the log before 2025-06-12 was removed on" in str(letter.headers[REASON])
    assert (await stored_rows(school))[1][1, TODAY].total_time == MINUTE
