"""What is told of a day adds up to its row, leaves no event out, and says why in words."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import local_date
from core.policy import Overlap, Policy
from events.meaning.explanation import Piece, in_words, pieces_of_day, window
from events.meaning.fold import fold
from events.schemas import Event, Heartbeat, Pause, Play
from tests import oracle
from tests.histories import by_oracle, event_of, policy_of
from tests.strategies import histories

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
DAY = date(2026, 5, 10)


def of_users(facts: Sequence[oracle.Fact]) -> dict[int, list[Event]]:
    """Return the distinct events by user; of repeated ids the first counts."""
    distinct = {(fact.user_id, fact.event_id): event_of(fact) for fact in reversed(facts)}
    users: dict[int, list[Event]] = {}
    for (user_id, _), event in distinct.items():
        users.setdefault(user_id, []).append(event)
    return users


def around(events: Sequence[Event], day: date, zone: ZoneInfo) -> list[Event]:
    """Return what has to be read to explain a day: its window, and of each player what its last turn left."""
    start, end = window(day, zone)
    players = {(event.video_id, event.session_id) for event in events if start <= event.at < end}
    found: list[Event] = []
    for player in players:
        heard = [event for event in events if (event.video_id, event.session_id) == player]
        turns = [event.at for event in heard if event.at < start and not isinstance(event, Heartbeat)]
        found += [event for event in heard if max(turns, default=event.at) <= event.at < end]
    return found


@settings(max_examples=100, deadline=None)
@given(histories(), st.sampled_from(Overlap))
def test_what_is_told_of_a_day_sums_exactly_to_its_row(
    history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap
) -> None:
    zone, facts = history
    policy = policy_of(zone, overlap)
    _, attendance = by_oracle(facts, policy)
    users = of_users(facts)
    for (user_id, day), row in attendance.items():
        pieces = pieces_of_day(around(users[user_id], day, zone), day, policy)
        assert sum((piece.counted for piece in pieces), timedelta()) == row.total_time
        assert sum((piece.overlap for piece in pieces), timedelta()) == row.overlap_time
        told = Counter(event.event_id for piece in pieces for event in piece.told.events)
        assert max(told.values(), default=1) == 1
        happened = {event.event_id for event in users[user_id] if local_date(event.at, zone) == day}
        assert happened <= told.keys()
        for piece in pieces:
            assert bool(piece.overlap) <= bool(piece.behind)
            assert in_words(piece, policy).endswith(".")


SILENT = "Nothing was heard of the player for more than 120 s"
_numbers = iter(range(1, 1_000))


def event(kind: type[Event], seconds: float, video: int = 1, **fields: object) -> Event:
    at = NOON + timedelta(seconds=seconds)
    number = UUID(int=next(_numbers))
    return kind(event_id=number, user_id=1, video_id=video, at=at, received_at=at, **fields)  # type: ignore[arg-type]


def told(*events: Event, overlap: Overlap = Overlap.SUM) -> list[str]:
    policy = Policy(overlap=overlap)
    pieces = pieces_of_day(events, DAY, policy)
    assert (
        sum((each.counted for each in pieces), timedelta()) == fold(events, policy).attendance[DAY].total_time
    )
    return [in_words(piece, policy) for piece in pieces]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([(Play, 0), (Pause, 600)], "The pause claimed nothing, so what passed since the start counts: 600 s count."),
        ([(Play, 0), (Pause, 600, 600)], "The pause claimed exactly what had passed: 600 s count."),
        ([(Play, 0), (Pause, 600, 900)], "The pause claimed 900 s but only 600 s had passed: 600 s count."),
        ([(Play, 0), (Pause, 600.25, 0)], "The pause claimed 0 s of the 600.25 s that had passed: nothing counts."),
        (
            [(Pause, 0, 60)],
            "The pause had no play before it, and what it claimed counts back from it: 60 s count.",
        ),
        ([(Pause, 0)], "The pause had no play before it and claimed nothing: nothing counts."),
        ([(Play, 0)], "No pause ended it: with no heartbeat after its start nothing counts."),
        ([(Play, 0), (Heartbeat, 30)], "No pause ended it: 30 s up to its last heartbeat count."),
        (
            [(Play, 0), (Heartbeat, 30), (Pause, 300, 300)],
            f"{SILENT}: 30 s up to its last heartbeat count. The 300 s its pause claimed are ignored.",
        ),
    ],
)  # fmt: skip
def test_a_span_says_why_it_earned_what_it_did(events: list[tuple[Any, ...]], words: str) -> None:
    made = [
        event(kind, seconds, **dict(zip(["claimed_seconds"], claims, strict=False)))
        for kind, seconds, *claims in events
    ]
    assert told(*made) == [words]


def test_spans_that_something_else_ends_say_so() -> None:
    assert told(event(Play, 0), event(Play, 60), event(Pause, 90))[0] == (
        "The player started anew without a pause: with no heartbeat after its start nothing counts."
    )
    expired = told(event(Play, -11 * 3600), event(Pause, 2 * 3600, claimed_seconds=60))
    assert expired == [
        "It was open for more than 12 hours: with no heartbeat after its start nothing counts.",
        "The pause had no play before it, and what it claimed counts back from it: 60 s count.",
    ]
    twice = told(event(Play, 0), event(Pause, 60), event(Pause, 70, claimed_seconds=60))
    assert twice[1] == (
        "The pause had no play before it and claimed 60 s, which reach back beyond the event before it: 10 s count."
    )


def test_overlap_is_told_as_it_is_counted() -> None:
    both = [event(Play, 0), event(Play, 30, 2), event(Pause, 60), event(Pause, 90, 2)]
    assert told(*both)[1].endswith(
        "60 s count. 30 s were being watched elsewhere too, and count in both places."
    )
    once = told(*both, overlap=Overlap.ONCE)
    assert once[1].endswith("60 s count. 30 s were being watched elsewhere already and count only there.")
    pieces = pieces_of_day(both, DAY, Policy())
    assert [piece.behind for piece in pieces] == [(), (both[0].event_id,)]


def test_a_span_across_midnight_says_what_lies_where() -> None:
    events = [event(Play, 43_170), event(Pause, 43_260)]
    days = [pieces_of_day(events, day, Policy()) for day in (DAY, DAY + timedelta(days=1))]
    assert [lying(day) for day in days] == [30, 60]
    assert in_words(days[0][0], Policy()).endswith("It crosses midnight: 30 s of that lie on this date.")


def lying(pieces: list[Piece]) -> float:
    return sum(piece.counted.total_seconds() for piece in pieces)
