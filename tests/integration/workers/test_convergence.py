"""Through the real database: whatever arrives in whatever order and batches, the rows are those of the fold."""

from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.database import Sessions
from core.policy import Overlap
from events.schemas import Event
from tests import oracle
from tests.histories import by_oracle, event_of, policy_of
from tests.integration.workers.school import differences, start_over, stored_rows
from tests.strategies import histories
from workers.watch_time.service import WatchTime

through_the_database = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
cuts = st.lists(st.integers(1, 12), min_size=1, max_size=40)
overlaps = st.sampled_from(Overlap)


def batches(events: list[Event], sizes: list[int]) -> list[list[Event]]:
    cut, first = [], 0
    for size in sizes:
        cut.append(events[first : first + size])
        first += size
    return [batch for batch in [*cut, events[first:]] if batch]


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
