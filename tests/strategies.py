"""Histories and receipts chosen to hurt: everything close to a limit, a midnight, a clock change or a tie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle import Fact, day_start

MAX_FACTS = 40
MOST_STEPS = 8
MOST_TABS = 5
MOST_REPEATS = 5
MICROSECOND = timedelta(microseconds=1)

UNEVENTFUL = date(2025, 6, 12)
ORDINARY_DAYS = {
    "UTC": (UNEVENTFUL,),
    "Asia/Kathmandu": (UNEVENTFUL,),
    "Europe/Berlin": (date(2025, 3, 30), date(2025, 10, 26)),
    "America/New_York": (date(2025, 3, 9), date(2025, 11, 2)),
    "Australia/Lord_Howe": (date(2025, 4, 6), date(2025, 10, 5)),
    "America/Havana": (date(2025, 3, 9), date(2025, 11, 2)),
    "Africa/Cairo": (date(2025, 4, 25), date(2025, 10, 31)),
    "Pacific/Apia": (UNEVENTFUL,),
}
# A date that never was, an hour skipped up to midnight, a midnight that is taken back after a minute.
FREAK_DAYS = {
    "Pacific/Apia": (date(2011, 12, 30), date(2011, 12, 31)),
    "America/Nuuk": (date(2025, 3, 30),),
    "America/St_Johns": (date(2010, 11, 7),),
}


def spread(*around: timedelta) -> tuple[timedelta, ...]:
    """Each duration with the microseconds on either side of it."""
    return tuple(
        sorted({base + nudge for base in around for nudge in (-MICROSECOND, timedelta(0), MICROSECOND)})
    )


ROUND_GAPS = tuple(timedelta(seconds=seconds) for seconds in (0, 1, 7, 29, 30, 60, 90, 119, 120, 121, 600))
LIMIT_GAPS = (
    MICROSECOND,
    timedelta(microseconds=333_333),
    *spread(timedelta(seconds=120), timedelta(hours=1), timedelta(hours=12)),
    timedelta(hours=7, microseconds=7),
    timedelta(days=1),
)
LEADS = (
    *spread(timedelta(0), timedelta(hours=-12)),
    *(timedelta(seconds=seconds) for seconds in (-3600, -600, -120, -60, -30, 30, 60, 120, 600)),
    *(timedelta(minutes=minutes) for minutes in (-30, 30, 60, 90, 120, 150, 180)),
)
BEATS = tuple(timedelta(seconds=seconds) for seconds in (0, 1, 29, 30, 60, 90, 119, 120))
SINCE_FIRST = spread(timedelta(hours=12), timedelta(seconds=120))
NASTY_CLAIMS = (None, 0, 1, 30, 59, 60, 61, 119, 120, 121, 3600, 43_199, 43_200)

gaps = st.one_of(st.sampled_from(ROUND_GAPS), st.sampled_from(ROUND_GAPS), st.sampled_from(LIMIT_GAPS))
claims = st.one_of(st.sampled_from(NASTY_CLAIMS), st.integers(0, 43_200))
kinds: st.SearchStrategy[Literal["play", "pause", "heartbeat"]] = st.sampled_from(
    ("play", "pause", "heartbeat", "heartbeat", "heartbeat", "pause")
)


@dataclass(frozen=True)
class Step:
    kind: Literal["play", "pause", "heartbeat"]
    after: timedelta
    since_first: bool
    claimed: int | None


@dataclass(frozen=True)
class Opening:
    days_later: int
    lead: timedelta

    def instant(self, day: date, zone: ZoneInfo) -> datetime:
        return day_start(day + timedelta(days=self.days_later), zone) + self.lead


@dataclass(frozen=True)
class Tab:
    """One player; where `opened` is a duration it is counted from where the history's tabs meet."""

    user_id: int
    video_id: int
    session_id: str
    opened: Opening | timedelta
    script: tuple[Step, ...]

    def facts(self, day: date, zone: ZoneInfo, met_at: datetime) -> list[Fact]:
        """The tab's events, not yet with ids of their own."""
        opened_at = (
            met_at + self.opened if isinstance(self.opened, timedelta) else self.opened.instant(day, zone)
        )
        made: list[Fact] = []
        for step in self.script:
            base = made[0].at if made and step.since_first else made[-1].at if made else opened_at
            claimed = step.claimed if step.kind == "pause" else None
            at = base + step.after if made else base
            made.append(
                Fact(UUID(int=0), self.user_id, self.video_id, self.session_id, step.kind, at, claimed)
            )
        return made


@dataclass(frozen=True)
class Sketch:
    """A history before its ids and its order of arrival; a shuffle of 0 leaves both as told."""

    zone_and_day: tuple[ZoneInfo, date]
    meeting: Opening
    tabs: list[Tab]
    repeats: list[tuple[int, int]]
    shuffle: int


def steps(
    kind: st.SearchStrategy[Literal["play", "pause", "heartbeat"]],
    after: st.SearchStrategy[timedelta],
    *,
    since_first: bool = False,
) -> st.SearchStrategy[Step]:
    return st.builds(Step, kind, after, st.just(since_first), claims)


opening = steps(st.sampled_from(("play", "play", "heartbeat", "pause")), st.just(timedelta(0)))
walking = steps(kinds, gaps)
beating = steps(st.just("heartbeat"), st.sampled_from(BEATS))
ending = st.one_of(
    steps(st.just("pause"), gaps), steps(kinds, st.sampled_from(SINCE_FIRST), since_first=True), walking
)
Script = tuple[Step, ...]
wandering: st.SearchStrategy[Script] = st.lists(walking, min_size=1, max_size=MOST_STEPS).map(tuple)
sitting: st.SearchStrategy[Script] = st.tuples(
    opening, st.lists(beating, max_size=MOST_STEPS - 3), st.lists(ending, max_size=2)
).map(lambda parts: (parts[0], *parts[1], *parts[2]))


def zones_and_days(*tables: dict[str, tuple[date, ...]]) -> st.SearchStrategy[tuple[ZoneInfo, date]]:
    pairs = [(name, day) for table in tables for name, days in table.items() for day in days]
    return st.sampled_from(pairs).map(lambda pair: (ZoneInfo(pair[0]), pair[1]))


openings = st.builds(Opening, st.integers(-1, 2), st.sampled_from(LEADS))
tabs = st.builds(
    Tab,
    user_id=st.sampled_from((1, 1, 1, 1, 2, 3)),
    video_id=st.integers(1, 3),
    session_id=st.sampled_from(("", "", "left", "right")),
    opened=st.one_of(gaps, gaps.map(timedelta.__neg__), openings),
    script=st.one_of(sitting, sitting, wandering),
)
sketches = st.builds(
    Sketch,
    zone_and_day=zones_and_days(ORDINARY_DAYS, FREAK_DAYS),
    meeting=openings,
    tabs=st.lists(tabs, min_size=1, max_size=MOST_TABS),
    repeats=st.lists(st.tuples(st.integers(0, MAX_FACTS), st.integers(0, MAX_FACTS)), max_size=MOST_REPEATS),
    shuffle=st.integers(0, 2**32),
)


def histories() -> st.SearchStrategy[tuple[ZoneInfo, list[Fact]]]:
    """A zone and at most 40 facts in order of arrival, some of them repeating an event id.

    A repeat of a user's id may carry another body; the same id under another user is another event.
    """
    return sketches.map(drawn_out)


def drawn_out(sketch: Sketch) -> tuple[ZoneInfo, list[Fact]]:
    zone, day = sketch.zone_and_day
    met_at = sketch.meeting.instant(day, zone)
    told = [fact for tab in sketch.tabs for fact in tab.facts(day, zone, met_at)][: MAX_FACTS - MOST_REPEATS]
    order = Random(sketch.shuffle)
    ranks = list(range(len(told)))
    if sketch.shuffle:
        order.shuffle(ranks)
    facts = [replace(fact, event_id=spread_id(rank)) for fact, rank in zip(told, ranks, strict=True)]
    repeats = [
        replace(facts[body % len(facts)], event_id=facts[named % len(facts)].event_id)
        for named, body in sketch.repeats
    ]
    arrived = [*facts, *repeats]
    if sketch.shuffle:
        order.shuffle(arrived)
    return zone, arrived


def spread_id(rank: int) -> UUID:
    """Ids whose order shows in the first byte, so that half of them begin with a set high bit."""
    return UUID(int=(rank + 1) * (2**128 // (MAX_FACTS + 1)))


@dataclass(frozen=True)
class Receipt:
    """What a request with wall-clock times says, and when it came in."""

    zone: ZoneInfo
    received_at: datetime
    start: time
    end: time


WALLS = (
    *(time(hour, minute) for hour in (0, 1, 2, 3, 11, 12, 20, 21, 22, 23) for minute in (0, 15, 30, 59)),
    time(0, 0, 1),
    time(23, 59, 59),
)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    """Leaves out the freak days, on which section 3 does not say which day is the neighbour."""
    zone, day = draw(zones_and_days(ORDINARY_DAYS))
    midnight = day_start(day + timedelta(days=draw(st.integers(-1, 1))), zone)
    received_at = midnight + draw(st.sampled_from(LEADS)) + draw(st.sampled_from((timedelta(0), *LIMIT_GAPS)))
    seen = received_at.astimezone(zone)
    recent = [
        (seen - ago).time().replace(microsecond=0, fold=0) for ago in (timedelta(0), timedelta(hours=3))
    ]
    walls = st.one_of(st.sampled_from(recent), st.sampled_from(WALLS), st.times().map(whole_second))
    return Receipt(zone, received_at.astimezone(UTC), draw(walls), draw(walls))


def whole_second(wall: time) -> time:
    return wall.replace(microsecond=0, fold=0)
