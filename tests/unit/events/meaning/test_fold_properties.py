"""The fold against an independent reading of the specification, and what must hold of any history."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import day_start, place_wall_pair, place_wall_time
from core.policy import Overlap
from events.meaning.fold import Ending, read_spans
from events.schemas import Pause
from tests import oracle
from tests.histories import by_fold, by_oracle, event_of, policy_of
from tests.strategies import Receipt, histories, receipts

overlaps = st.sampled_from(Overlap)
a_lot = settings(max_examples=400, deadline=None)


@a_lot
@given(histories(), overlaps)
def test_the_fold_reads_every_history_as_the_oracle_does(
    history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    assert by_fold(facts, policy) == by_oracle(facts, policy)


@a_lot
@given(histories(), overlaps)
def test_a_days_total_is_exactly_the_sum_of_its_watch_times(
    history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap
) -> None:
    zone, facts = history
    progress, attendance = by_fold(facts, policy_of(zone, overlap))
    assert {(user_id, day) for user_id, _, day in progress} == attendance.keys()
    for (user_id, day), row in attendance.items():
        watched = [p.watch_time for (u, _, d), p in progress.items() if (u, d) == (user_id, day)]
        assert row.total_time == sum(watched, timedelta())
        assert row.overlap_time >= timedelta()


@a_lot
@given(histories())
def test_counted_once_a_day_never_earns_more_than_its_own_length(
    history: tuple[ZoneInfo, list[oracle.Fact]],
) -> None:
    zone, facts = history
    _, attendance = by_fold(facts, policy_of(zone, Overlap.ONCE))
    for (_, day), row in attendance.items():
        length = day_start(day + timedelta(days=1), zone) - day_start(day, zone)
        assert row.total_time <= length


@a_lot
@given(histories())
def test_a_span_never_earns_more_than_was_claimed_or_elapsed(
    history: tuple[ZoneInfo, list[oracle.Fact]],
) -> None:
    _, facts = history
    events = {(fact.user_id, fact.event_id): event_of(fact) for fact in reversed(facts)}
    for user_id in {user_id for user_id, _ in events}:
        for span in read_spans(event for (user, _), event in events.items() if user == user_id):
            assert timedelta() <= span.credit <= span.end - span.start
            pause = events[user_id, span.closed_by] if span.closed_by else None
            if isinstance(pause, Pause) and span.ending in CLOSED_BY_A_PAUSE:
                assert pause.claimed_seconds is None or span.credit <= timedelta(
                    seconds=pause.claimed_seconds
                )


CLOSED_BY_A_PAUSE = {Ending.PAUSED, Ending.CLAIMED_LESS, Ending.CLAIMED_MORE, Ending.ORPHANED}


@a_lot
@given(receipts())
def test_wall_times_are_placed_where_the_oracle_places_them(receipt: Receipt) -> None:
    zone, received_at = receipt.zone, receipt.received_at
    assert place_wall_time(receipt.end, received_at, zone) == oracle.place_wall_time(
        receipt.end, received_at, zone
    )
    assert place_wall_pair(receipt.start, receipt.end, received_at, zone) == oracle.place_pair(
        receipt.start, receipt.end, received_at, zone
    )
