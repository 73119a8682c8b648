"""Section 3 of the design, read slowly: what a set of events means, with nothing done for speed.

It shares no code with the workers and works the other way round: a history is carved into spans by looking ahead
instead of being fed to a state, days are found by looking at the clock minute by minute, and overlap by asking of
every slice between two boundaries whether an earlier span covers it. Where it and `workers.watch_time` disagree,
one of the two misreads the design.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from itertools import count, groupby, pairwise, takewhile
from math import floor
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

KIND_ORDER = {"pause": 0, "heartbeat": 1, "play": 2}
SILENCE = timedelta(seconds=120)
LONGEST_SPAN = timedelta(hours=12)
NEIGHBOUR_WITHIN = timedelta(hours=3)
RECEIPT_DAY_BEYOND = timedelta(hours=12)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
ZERO = timedelta(0)


@dataclass(frozen=True)
class Fact:
    """One event; `at` is aware UTC, `claimed` is in whole seconds and read on a pause alone."""

    event_id: UUID
    user_id: int
    video_id: int
    session_id: str
    kind: Literal["play", "pause", "heartbeat"]
    at: datetime
    claimed: int | None = None


@dataclass(frozen=True)
class ProgressRow:
    start_time: datetime | None
    first_start_time: datetime | None
    end_time: datetime | None
    watch_time: timedelta


@dataclass(frozen=True)
class AttendanceRow:
    total_time: timedelta
    status: str
    overlap: timedelta


@dataclass(frozen=True)
class Span:
    """Credit lying evenly over [begin, end); `named_by` is the event that opened it, or the pause if none did."""

    user_id: int
    video_id: int
    begin: datetime
    end: datetime
    credit: timedelta
    named_by: UUID


ProgressRows = dict[tuple[int, int, date], ProgressRow]
AttendanceRows = dict[tuple[int, date], AttendanceRow]
Credits = dict[tuple[int, int, date], timedelta]


def rows(
    facts: Sequence[Fact], zone: ZoneInfo, overlap: Literal["sum", "once"], minimum_seconds: int
) -> tuple[ProgressRows, AttendanceRows]:
    """The progress rows by (user, video, date) and the attendance rows by (user, date).

    Of facts that share user and event id the first in the list counts; beyond that their order means nothing.
    """
    kept = without_repeats(facts)
    spans = spans_of(kept)
    summed, once = summed_credits(spans, zone), once_credits(spans, zone)
    credited = summed if overlap == "sum" else once
    progress = progress_rows(kept, credited, zone)
    return progress, attendance_rows(progress, summed, once, minimum_seconds)


def without_repeats(facts: Sequence[Fact]) -> list[Fact]:
    return list({(fact.user_id, fact.event_id): fact for fact in reversed(facts)}.values())


def progress_rows(facts: Sequence[Fact], credited: Credits, zone: ZoneInfo) -> ProgressRows:
    dated = [(fact.user_id, fact.video_id, local_date(fact.at, zone), fact) for fact in facts]
    earning = {key for key, credit in credited.items() if credit > ZERO}
    keys = {(user, video, day) for user, video, day, _ in dated} | earning
    result = {}
    for key in keys:
        plays = [fact.at for *where, fact in dated if tuple(where) == key and fact.kind == "play"]
        pauses = [fact.at for *where, fact in dated if tuple(where) == key and fact.kind == "pause"]
        result[key] = ProgressRow(
            start_time=max(plays, default=None),
            first_start_time=min(plays, default=None),
            end_time=max(pauses, default=None),
            watch_time=credited.get(key, ZERO),
        )
    return result


def attendance_rows(
    progress: ProgressRows, summed: Credits, once: Credits, minimum_seconds: int
) -> AttendanceRows:
    watched = {key: row.watch_time for key, row in progress.items()}
    result = {}
    for user, day in {(user, day) for user, _, day in progress}:
        total = total_of(user, day, watched)
        status = "present" if total >= timedelta(seconds=minimum_seconds) else "absent"
        result[user, day] = AttendanceRow(
            total, status, overlap=total_of(user, day, summed) - total_of(user, day, once)
        )
    return result


def total_of(user: int, day: date, times: Mapping[tuple[int, int, date], timedelta]) -> timedelta:
    return sum((spent for (who, _, when), spent in times.items() if (who, when) == (user, day)), ZERO)


def spans_of(facts: Iterable[Fact]) -> list[Span]:
    """The spans of all users, in the order in which `once` takes them."""
    tabs: dict[tuple[int, int, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        tabs[fact.user_id, fact.video_id, fact.session_id].append(fact)
    found = [span for tab in tabs.values() for span in carve(sorted(tab, key=reading_order))]
    return sorted(found, key=lambda span: (span.begin, span.named_by))


def reading_order(fact: Fact) -> tuple[datetime, int, UUID]:
    return fact.at, KIND_ORDER[fact.kind], fact.event_id


def carve(tab: Sequence[Fact]) -> Iterator[Span]:
    """Cut one tab's events, in reading order, into spans and the pauses that stand alone."""
    first = 0
    while first < len(tab):
        if tab[first].kind == "pause":
            yield lone_pause(tab[first], tab[first - 1] if first else None)
            first += 1
            continue
        run = heartbeat_run(tab, first)
        following = tab[first + len(run)] if first + len(run) < len(tab) else None
        pause = following if following and closes(following, run) else None
        yield span_of(run, pause)
        first += len(run) + (1 if pause else 0)


def heartbeat_run(tab: Sequence[Fact], first: int) -> list[Fact]:
    """The opening event and every heartbeat that extends its span."""
    steps = takewhile(lambda step: extends(tab[first], *step), pairwise(tab[first:]))
    return [tab[first], *(later for _, later in steps)]


def extends(opening: Fact, earlier: Fact, later: Fact) -> bool:
    return (
        later.kind == "heartbeat"
        and later.at - earlier.at <= SILENCE
        and later.at - opening.at <= LONGEST_SPAN
    )


def closes(following: Fact, run: Sequence[Fact]) -> bool:
    return following.kind == "pause" and following.at - run[0].at <= LONGEST_SPAN


def span_of(run: Sequence[Fact], pause: Fact | None) -> Span:
    opening = run[0]
    heartbeats = [fact.at for fact in run if fact.kind == "heartbeat"]
    end = max(heartbeats, default=opening.at)
    credit = end - opening.at
    if pause and not (heartbeats and pause.at - heartbeats[-1] > SILENCE):
        end = pause.at
        elapsed = pause.at - opening.at
        credit = elapsed if pause.claimed is None else min(timedelta(seconds=pause.claimed), elapsed)
    return Span(opening.user_id, opening.video_id, opening.at, end, credit, opening.event_id)


def lone_pause(pause: Fact, previous: Fact | None) -> Span:
    credit = timedelta(seconds=pause.claimed or 0)
    if previous:
        credit = min(credit, pause.at - previous.at)
    return Span(pause.user_id, pause.video_id, pause.at - credit, pause.at, credit, pause.event_id)


def summed_credits(spans: Iterable[Span], zone: ZoneInfo) -> Credits:
    totals: Credits = defaultdict(timedelta)
    for span in spans:
        for begin, _, credit in date_parts(span, zone):
            totals[span.user_id, span.video_id, local_date(begin, zone)] += credit
    return dict(totals)


def once_credits(spans: Sequence[Span], zone: ZoneInfo) -> Credits:
    totals: Credits = defaultdict(timedelta)
    for place, span in enumerate(spans):
        earlier = [other for other in spans[:place] if other.user_id == span.user_id]
        for begin, end, credit in date_parts(span, zone):
            pieces = free_and_taken(begin, end, earlier)
            shares = shared(credit, [length for _, length in pieces])
            earned = sum((share for (taken, _), share in zip(pieces, shares, strict=True) if not taken), ZERO)
            totals[span.user_id, span.video_id, local_date(begin, zone)] += earned
    return dict(totals)


def date_parts(span: Span, zone: ZoneInfo) -> list[tuple[datetime, datetime, timedelta]]:
    """The (begin, end, credit) of each local date that the span touches; none for an empty span."""
    days = range(local_date(span.begin, zone).toordinal(), local_date(span.end, zone).toordinal() + 1)
    midnights = {day_start(date.fromordinal(day), zone) for day in days}
    cuts = sorted({span.begin, span.end} | {cut for cut in midnights if span.begin < cut < span.end})
    parts = list(pairwise(cuts))
    shares = shared(span.credit, [end - begin for begin, end in parts])
    return [(begin, end, credit) for (begin, end), credit in zip(parts, shares, strict=True)]


def free_and_taken(begin: datetime, end: datetime, earlier: Sequence[Span]) -> list[tuple[bool, timedelta]]:
    """The maximal (taken, length) pieces of [begin, end), in time's order."""
    edges = {edge for span in earlier for edge in (span.begin, span.end) if begin < edge < end}
    slices = pairwise(sorted({begin, end} | edges))
    marked = [(any(span.begin <= a and b <= span.end for span in earlier), b - a) for a, b in slices]
    pieces = groupby(marked, key=lambda piece: piece[0])
    return [(taken, sum((length for _, length in group), ZERO)) for taken, group in pieces]


def shared(credit: timedelta, lengths: Sequence[timedelta]) -> list[timedelta]:
    """Split a credit in proportion to the lengths, each share rounded down, the last taking what remains."""
    if not lengths:
        return []
    whole = sum(lengths, ZERO)
    per_length = Fraction(credit // MICROSECOND, whole // MICROSECOND)
    shares = [timedelta(microseconds=floor(per_length * (length // MICROSECOND))) for length in lengths[:-1]]
    return [*shares, credit - sum(shares, ZERO)]


@cache
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant whose date in the zone is `day`, or a later one where the zone skipped that day.

    Looks at every minute: since 1972 no zone has been off UTC by a fraction of one.
    """
    minutes = (datetime.combine(day, time(0), UTC) + timedelta(minutes=minute) for minute in count(-16 * 60))
    return next(minute for minute in minutes if minute.astimezone(zone).date() >= day)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The last date that has begun: one cannot fall back out of a day, even where the clock does."""
    around = [at.date() + nearby * DAY for nearby in range(-2, 3)]
    return max(day for day in around if day_start(day, zone) <= at)


def place_wall_time(wall: time, received_at: datetime, zone: ZoneInfo) -> datetime:
    return placed(wall, received_at, zone)[1]


def place_pair(start: time, end: time, received_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    end_day, ended_at = placed(end, received_at, zone)
    start_day = end_day - DAY if end < start else end_day
    return occurrence(start, start_day, received_at, zone), ended_at


def placed(wall: time, received_at: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    """The date on which a wall-clock time is read, and its instant on that date."""
    today = local_date(received_at, zone)
    here = occurrence(wall, today, received_at, zone)
    for neighbour in (today - DAY, today + DAY):
        there = occurrence(wall, neighbour, received_at, zone)
        if abs(there - received_at) <= NEIGHBOUR_WITHIN and abs(here - received_at) > RECEIPT_DAY_BEYOND:
            return neighbour, there
    return today, here


def occurrence(wall: time, day: date, received_at: datetime, zone: ZoneInfo) -> datetime:
    return min(readings(datetime.combine(day, wall), zone), key=lambda at: (abs(at - received_at), at))


def readings(shown: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every instant at which the zone's clocks show this; if they skip it, the one at which clocks not set would."""
    as_utc = shown.replace(tzinfo=UTC)
    offsets = [offset_at(as_utc + timedelta(hours=hour), zone) for hour in range(-36, 37)]
    instants = {as_utc - offset for offset in offsets}
    return [at for at in instants if at + offset_at(at, zone) == as_utc] or [as_utc - offsets[0]]


def offset_at(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
