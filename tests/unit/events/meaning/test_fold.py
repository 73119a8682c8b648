"""Section by section what events mean; each case is small enough to check by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.policy import Overlap, Policy
from events.meaning.fold import Ending, ProgressRow, Rows, fold, read_spans
from events.schemas import Event, Heartbeat, Pause, Play

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
DAY = date(2026, 5, 10)
MIDNIGHT = datetime(2026, 5, 11, tzinfo=UTC)

_ids = iter(range(1, 1_000_000))


def _event(kind: type[Event], seconds: float, *, video: int = 1, session: str = "", **rest: object) -> Event:
    at = rest.pop("start", NOON)
    assert isinstance(at, datetime)
    at += timedelta(seconds=seconds)
    fields = {"event_id": UUID(int=next(_ids)), **rest}
    return kind(user_id=1, video_id=video, at=at, received_at=at, session_id=session, **fields)  # type: ignore[arg-type]


def play(seconds: float, **rest: object) -> Event:
    return _event(Play, seconds, **rest)  # type: ignore[arg-type]


def beat(seconds: float, **rest: object) -> Event:
    return _event(Heartbeat, seconds, **rest)  # type: ignore[arg-type]


def pause(seconds: float, claim: int | None = None, **rest: object) -> Event:
    return _event(Pause, seconds, claimed_seconds=claim, **rest)  # type: ignore[arg-type]


def credit(events: Sequence[Event]) -> float:
    return sum(span.credit.total_seconds() for span in read_spans(events))


def endings(events: Sequence[Event]) -> list[Ending]:
    return [span.ending for span in read_spans(events)]


def rows(events: Sequence[Event], **policy: object) -> Rows:
    return fold(events, Policy(**policy))  # type: ignore[arg-type]


HOUR = 3600


@pytest.mark.parametrize(
    ("events", "seconds", "ended"),
    [
        ([play(0), pause(90)], 90, [Ending.PAUSED]),
        ([play(0), pause(90, 60)], 60, [Ending.CLAIMED_LESS]),
        ([play(0), pause(90, 600)], 90, [Ending.CLAIMED_MORE]),
        ([play(0), pause(90, 0)], 0, [Ending.CLAIMED_LESS]),
        ([play(0)], 0, [Ending.UNFINISHED]),
        ([play(0), beat(50)], 50, [Ending.UNFINISHED]),
        ([play(0), play(30), pause(90)], 60, [Ending.REPLACED, Ending.PAUSED]),
        ([play(0), beat(20), play(30), pause(90)], 80, [Ending.REPLACED, Ending.PAUSED]),
        ([beat(0), beat(60), pause(90)], 90, [Ending.PAUSED]),
        ([play(0), beat(120), beat(240)], 240, [Ending.UNFINISHED]),
        ([play(0), beat(121), beat(200)], 79, [Ending.SILENT, Ending.UNFINISHED]),
        ([play(0), beat(60), beat(181), pause(190)], 69, [Ending.SILENT, Ending.PAUSED]),
        ([play(0), beat(60), pause(180)], 180, [Ending.PAUSED]),
        ([play(0), beat(60), pause(181, 500)], 60, [Ending.SILENT]),
        ([play(0), beat(60), pause(181, 5)], 60, [Ending.SILENT]),
        ([play(0), pause(5 * HOUR)], 5 * HOUR, [Ending.PAUSED]),
        ([play(0), pause(12 * HOUR)], 12 * HOUR, [Ending.PAUSED]),
        ([play(0), pause(12 * HOUR + 1)], 0, [Ending.EXPIRED, Ending.ORPHANED]),
        ([play(0), pause(12 * HOUR + 1, 60)], 60, [Ending.EXPIRED, Ending.ORPHANED]),
        ([pause(0, 60)], 60, [Ending.ORPHANED]),
        ([pause(0)], 0, [Ending.ORPHANED]),
        ([pause(0), pause(40, 60)], 40, [Ending.ORPHANED, Ending.ORPHANED]),
        ([play(0), pause(60, 60), pause(60, 60)], 60, [Ending.PAUSED, Ending.ORPHANED]),
        ([play(0, session="a"), pause(60, session="b")], 0, [Ending.UNFINISHED, Ending.ORPHANED]),
        ([play(0, video=1), pause(60, video=2)], 0, [Ending.UNFINISHED, Ending.ORPHANED]),
    ],
)
def test_what_a_player_did_earns_this_much(
    events: Sequence[Event], seconds: float, ended: list[Ending]
) -> None:
    assert credit(events) == seconds
    assert endings(events) == ended


def test_at_one_instant_a_pause_is_read_before_a_heartbeat_before_a_play() -> None:
    at_once = [play(60), beat(60), pause(60)]
    ended = endings([play(0), *at_once, pause(100)])
    assert sorted(ended) == sorted([Ending.PAUSED, Ending.REPLACED, Ending.PAUSED])
    assert credit([play(0), *at_once, pause(100)]) == 100


def test_heartbeats_without_end_are_cut_every_twelve_hours() -> None:
    beats = [beat(seconds) for seconds in range(0, 25 * HOUR, 60)]
    assert endings(beats) == [Ending.EXPIRED, Ending.EXPIRED, Ending.UNFINISHED]


class TestARow:
    def test_shows_the_latest_play_the_first_play_and_the_latest_pause(self) -> None:
        events = [play(0), pause(10), play(20), pause(30)]
        assert rows(events).progress == {
            (1, DAY): ProgressRow(
                start_time=NOON + timedelta(seconds=20),
                first_start_time=NOON,
                end_time=NOON + timedelta(seconds=30),
                watch_time=timedelta(seconds=20),
            )
        }

    def test_of_a_play_alone_has_a_start_only(self) -> None:
        assert rows([play(0)]).progress == {(1, DAY): ProgressRow(start_time=NOON, first_start_time=NOON)}

    def test_exists_for_a_day_with_credit_and_no_event(self) -> None:
        claimed = pause(0, 60, start=MIDNIGHT + timedelta(seconds=0))
        found = rows([claimed]).progress
        assert found[1, DAY] == ProgressRow(watch_time=timedelta(seconds=60))
        assert found[1, DAY + timedelta(days=1)] == ProgressRow(end_time=MIDNIGHT)

    def test_is_present_from_the_minimum_on(self) -> None:
        assert rows([pause(0, 30)]).attendance[DAY].status == "present"
        assert rows([pause(0, 29)]).attendance[DAY].status == "absent"


class TestMidnight:
    def test_splits_credit_in_proportion(self) -> None:
        found = rows([play(-100, start=MIDNIGHT), pause(300, 200, start=MIDNIGHT)])
        assert found.attendance[DAY].total_time == timedelta(seconds=50)
        assert found.attendance[DAY + timedelta(days=1)].total_time == timedelta(seconds=150)

    def test_leaves_the_remainder_to_the_last_part(self) -> None:
        found = rows([play(-1, start=MIDNIGHT), pause(2, 1, start=MIDNIGHT)])
        assert found.attendance[DAY].total_time == timedelta(microseconds=333_333)
        assert found.attendance[DAY + timedelta(days=1)].total_time == timedelta(microseconds=666_667)

    def test_is_the_schools(self) -> None:
        in_kathmandu = rows([play(0), pause(60)], timezone="Asia/Kathmandu", attendance_min_seconds=0)
        assert list(in_kathmandu.attendance) == [DAY]
        late_evening = rows([play(7 * HOUR), pause(7 * HOUR + 60)], timezone="Asia/Kathmandu")
        assert list(late_evening.attendance) == [DAY + timedelta(days=1)]


class TestOverlap:
    two_tabs = (
        play(0, session="a"),
        play(50, video=2, session="b"),
        pause(100, session="a"),
        pause(200, 75, video=2, session="b"),
    )

    def test_counts_every_span_by_default(self) -> None:
        day = rows(self.two_tabs).attendance[DAY]
        assert day.total_time == timedelta(seconds=175)
        assert day.overlap_time == timedelta(seconds=25)

    def test_counts_each_instant_once_for_the_span_that_began_first(self) -> None:
        found = rows(self.two_tabs, overlap=Overlap.ONCE)
        assert found.progress[1, DAY].watch_time == timedelta(seconds=100)
        assert found.progress[2, DAY].watch_time == timedelta(seconds=50)
        assert found.attendance[DAY].total_time == timedelta(seconds=150)
        assert found.attendance[DAY].overlap_time == timedelta(seconds=25)

    def test_a_span_that_claims_nothing_still_occupies_its_interval(self) -> None:
        events = [play(0), play(10, video=2), pause(20, video=2), pause(100, 0)]
        assert rows(events, overlap=Overlap.ONCE).attendance[DAY].total_time == timedelta()
