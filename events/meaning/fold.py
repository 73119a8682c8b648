"""What a set of events means, as pure functions: the specification of every progress and attendance row.

    events of one user ─ read_player ─▶ spans ─ shares ─▶ credit by video and local date ─ fold ─▶ rows

Nothing here knows a database, a clock or the order in which events arrived. However the worker gets there,
its rows must be those of `fold`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core.calendar import day_start, local_date
from core.policy import Overlap, Policy
from events.schemas import Event, Heartbeat, Pause, Play

SILENCE = timedelta(seconds=120)
"""A longer gap behind a heartbeat means that nobody was watching."""

LONGEST_SPAN = timedelta(hours=12)
"""A span that began longer ago than this is over before the next event is read."""

ZERO = timedelta()


class Ending(StrEnum):
    """Why a span earned what it earned."""

    PAUSED = "paused"
    CLAIMED_LESS = "claimed less than elapsed"
    CLAIMED_MORE = "claimed more than elapsed"
    ORPHANED = "a pause without a play"
    SILENT = "silent for too long"
    REPLACED = "another play came first"
    EXPIRED = "open for too long"
    UNFINISHED = "never paused"


class Span(msgspec.Struct, frozen=True):
    """A stretch of watching. `credit` lies evenly over `start` to `end` and is never longer than it."""

    video_id: int
    session_id: str
    start: datetime
    end: datetime
    credit: timedelta
    opened_by: UUID
    """The event that opened it, or the pause where none did."""
    closed_by: UUID | None
    ending: Ending


class OpenSpan(msgspec.Struct, frozen=True):
    """A span that may still grow."""

    video_id: int
    session_id: str
    start: datetime
    opened_by: UUID
    last_heartbeat: datetime | None

    @classmethod
    def opened(cls, event: Play | Heartbeat) -> "OpenSpan":
        """A heartbeat that opens a span is its first heartbeat."""
        heard = event.at if isinstance(event, Heartbeat) else None
        return cls(event.video_id, event.session_id, event.at, event.event_id, heard)

    def heard(self, at: datetime) -> "OpenSpan":
        return OpenSpan(self.video_id, self.session_id, self.start, self.opened_by, last_heartbeat=at)

    def is_expired(self, at: datetime) -> bool:
        return at - self.start > LONGEST_SPAN

    def is_silent(self, at: datetime) -> bool:
        return at - (self.last_heartbeat or self.start) > SILENCE

    def ended_at_last_heartbeat(self, ending: Ending, closed_by: UUID | None) -> Span:
        """Close without a pause: it earns up to its last heartbeat, or nothing if it had none."""
        end = self.last_heartbeat or self.start
        return self._closed(end, end - self.start, ending, closed_by)

    def ended_by(self, pause: Pause) -> Span:
        """Close by a pause, which must not come too long after the last heartbeat, if there was any."""
        if self.last_heartbeat and self.is_silent(pause.at):
            return self.ended_at_last_heartbeat(Ending.SILENT, pause.event_id)
        elapsed = pause.at - self.start
        claimed = elapsed if pause.claimed_seconds is None else timedelta(seconds=pause.claimed_seconds)
        ending = Ending.PAUSED
        if claimed != elapsed:
            ending = Ending.CLAIMED_LESS if claimed < elapsed else Ending.CLAIMED_MORE
        return self._closed(pause.at, min(claimed, elapsed), ending, pause.event_id)

    def _closed(self, end: datetime, credit: timedelta, ending: Ending, closed_by: UUID | None) -> Span:
        return Span(
            self.video_id, self.session_id, self.start, end, credit, self.opened_by, closed_by, ending
        )


class Player(msgspec.Struct, frozen=True):
    """All that its past events mean for the future of one user, video and session."""

    span: OpenSpan | None = None
    previous: datetime | None = None
    """When its latest event was."""

    def unfinished(self) -> list[Span]:
        """Return the span still open, as it counts if no event follows."""
        return [self.span.ended_at_last_heartbeat(Ending.UNFINISHED, None)] if self.span else []


def advance(player: Player, event: Event) -> tuple[Player, list[Span]]:
    """Return a player after its next event, and the spans that ended by it."""
    span = player.span
    ended: list[Span] = []
    if span and span.is_expired(event.at):
        ended.append(span.ended_at_last_heartbeat(Ending.EXPIRED, event.event_id))
        span = None
    if isinstance(event, Pause):
        ended.append(span.ended_by(event) if span else _orphaned(event, player.previous))
        span = None
    elif isinstance(event, Play):
        if span:
            ended.append(span.ended_at_last_heartbeat(Ending.REPLACED, event.event_id))
        span = OpenSpan.opened(event)
    else:
        if span and span.is_silent(event.at):
            ended.append(span.ended_at_last_heartbeat(Ending.SILENT, event.event_id))
            span = None
        span = span.heard(event.at) if span else OpenSpan.opened(event)
    return Player(span, event.at), ended


def _orphaned(pause: Pause, previous: datetime | None) -> Span:
    """A pause with nothing open earns its claim, counted back from its own time but not past `previous`."""
    start = pause.at - timedelta(seconds=pause.claimed_seconds or 0)
    if previous is not None:
        start = max(start, previous)
    credit, pause_id = pause.at - start, pause.event_id
    return Span(
        pause.video_id, pause.session_id, start, pause.at, credit, pause_id, pause_id, Ending.ORPHANED
    )


NEW_PLAYER = Player()


def read_player(events: Iterable[Event], player: Player = NEW_PLAYER) -> tuple[Player, list[Span]]:
    """Return a player after its next distinct events, given in their order, and the spans that ended."""
    ended: list[Span] = []
    for event in events:
        player, closed = advance(player, event)
        ended += closed
    return player, ended


def read_spans(events: Iterable[Event]) -> list[Span]:
    """Return every span of one user from their distinct events, in order of (start, opening event)."""
    players: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.order):
        players[event.video_id, event.session_id].append(event)
    spans: list[Span] = []
    for heard in players.values():
        player, ended = read_player(heard)
        spans += ended + player.unfinished()
    return sorted(spans, key=lambda span: (span.start, span.opened_by))


class Share(msgspec.Struct, frozen=True):
    """What one span adds to its video on one local date, counted both ways."""

    span: Span
    date: date
    summed: timedelta
    once: timedelta

    @property
    def video_id(self) -> int:
        return self.span.video_id


def shares(spans: Sequence[Span], zone: ZoneInfo) -> Iterator[Share]:
    """Split the credit of one user's spans, in their order, over local dates.

    Counted once, an instant belongs to the span that began first. Because spans come in order of their start,
    all that is taken of a span is its beginning: whatever lies before the latest end so far.
    """
    if not spans:
        return
    taken_until = spans[0].start
    for span in spans:
        for day, start, end, credit in by_date(span, zone):
            taken = _proportion(credit, min(max(taken_until, start), end) - start, end - start)
            yield Share(span, day, credit, credit - taken)
        taken_until = max(taken_until, span.end)


def by_date(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime, timedelta]]:
    """Cut a span at local midnights: yield the date, start, end and credit of each part.

    The last one takes the remainder, so that the parts sum exactly.
    """
    start, left = span.start, span.credit
    while start < span.end:
        day = local_date(start, zone)
        end = min(day_start(day + timedelta(days=1), zone), span.end)
        last = end == span.end
        credit = left if last else _proportion(span.credit, end - start, span.end - span.start)
        yield day, start, end, credit
        start, left = end, left - credit


def _proportion(credit: timedelta, part: timedelta, whole: timedelta) -> timedelta:
    """Return credit * part / whole, truncated to whole microseconds."""
    tick = timedelta.resolution
    return (credit // tick) * (part // tick) // (whole // tick) * tick


class ProgressRow(msgspec.Struct, frozen=True):
    """One user, video and local date: the latest and the first play, the latest pause, the credited time."""

    start_time: datetime | None = None
    first_start_time: datetime | None = None
    end_time: datetime | None = None
    watch_time: timedelta = ZERO


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """One user and local date. `overlap_time` is what `sum` counts beyond `once`."""

    status: str
    total_time: timedelta
    overlap_time: timedelta


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything the events of one user mean."""

    progress: Mapping[tuple[int, date], ProgressRow]
    """By video and local date; a row for every date with an event or with credit."""
    attendance: Mapping[date, AttendanceRow]
    """By local date; a row exactly where there is one of progress."""


def fold(events: Iterable[Event], policy: Policy) -> Rows:
    """Return the rows of one user from their distinct events, given in any order."""
    zone = policy.zone
    happened: dict[tuple[int, date], list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.order):
        happened[event.video_id, local_date(event.at, zone)].append(event)
    earned: dict[tuple[int, date], timedelta] = defaultdict(timedelta)
    overlap: dict[date, timedelta] = defaultdict(timedelta)
    for share in shares(read_spans(event for day in happened.values() for event in day), zone):
        earned[share.video_id, share.date] += share.summed if policy.overlap is Overlap.SUM else share.once
        overlap[share.date] += share.summed - share.once
    keys = {*happened, *(key for key, credit in earned.items() if credit)}
    progress = {key: progress_row(happened.get(key, ()), earned.get(key, ZERO)) for key in keys}
    return Rows(progress, _attendance(progress, overlap, policy))


def progress_row(events: Sequence[Event], watch_time: timedelta) -> ProgressRow:
    """Return the row of one video and local date from its events, in their order, and its credit."""
    plays = [event.at for event in events if isinstance(event, Play)]
    pauses = [event.at for event in events if isinstance(event, Pause)]
    return ProgressRow(
        start_time=plays[-1] if plays else None,
        first_start_time=plays[0] if plays else None,
        end_time=pauses[-1] if pauses else None,
        watch_time=watch_time,
    )


def _attendance(
    progress: Mapping[tuple[int, date], ProgressRow],
    overlap: Mapping[date, timedelta],
    policy: Policy,
) -> dict[date, AttendanceRow]:
    totals: dict[date, timedelta] = defaultdict(timedelta)
    for (_, day), row in progress.items():
        totals[day] += row.watch_time
    return {
        day: AttendanceRow(
            status="present" if total >= policy.attendance_minimum else "absent",
            total_time=total,
            overlap_time=overlap.get(day, ZERO),
        )
        for day, total in totals.items()
    }
