"""Which days have to be folded again when events are added to the log. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.calendar import day_start, local_date
from events.meaning.fold import LONGEST_SPAN

_DAY = timedelta(days=1)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Touched:
    """A player some new events fell into, and the turns (plays and pauses) of it around them.

    A turn settles what a player is doing, so nothing before `turn_before` or behind `turn_after` can change.
    """

    user_id: int
    first: datetime
    last: datetime
    turn_before: datetime | None
    last_heartbeat: datetime | None
    """Of the heartbeats behind `last`, up to the next turn."""
    turn_after: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """The instants from which one user's spans on some days can come, `end` excluded."""

    user_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Days:
    """Local dates of one user, `first` to `last`, whose rows may change.

    From `date.min` on, or to `date.max`, means without a limit.
    """

    user_id: int
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def since(self, day: date) -> "Days":
        return Days(self.user_id, max(self.first, day), self.last)

    def window(self, zone: ZoneInfo) -> Window:
        """Return the instants that hold every event of a span that lies partly on these days."""
        start, end = EARLIEST, LATEST
        if self.first > date.min:
            start = day_start(self.first, zone) - LONGEST_SPAN
        if self.last < date.max:
            end = day_start(self.last + _DAY, zone) + LONGEST_SPAN
        return Window(self.user_id, start, end)


def days_to_refold(touched: Iterable[Touched], zone: ZoneInfo) -> list[Days]:
    """Return the days whose rows the new events can change, those of one user apart from each other."""
    by_user: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for player in touched:
        start, end = _reach(player)
        by_user[player.user_id].append((local_date(start, zone), local_date(end, zone)))
    return [
        Days(user_id, first, last)
        for user_id, stretches in by_user.items()
        for first, last in _merged(stretches)
    ]


def _reach(player: Touched) -> tuple[datetime, datetime]:
    """Return between which instants the new events can change the credit of their player.

    Backwards to the turn before, which settles what came earlier. Forwards along the heartbeats that follow,
    for where a span begins decides where it grows too long, and to the turn that ends them; neither way
    further than a span or a claim can be long.
    """
    start = player.first - LONGEST_SPAN
    if player.turn_before is not None:
        start = max(start, player.turn_before)
    end = max(player.last, player.last_heartbeat or player.last)
    if player.turn_after is not None:
        end = min(player.turn_after, end + LONGEST_SPAN)
    return start, end


def _merged(stretches: Iterable[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    first: date | None = None
    last = date.min
    for start, end in sorted(stretches):
        if first is None:
            first, last = start, end
        elif start > last + _DAY:
            yield first, last
            first, last = start, end
        else:
            last = max(last, end)
    if first is not None:
        yield first, last
