"""The two forms a player may speak, as writers of actions: times on the wall clock, and instants. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID

from core.calendar import day_start, local_date
from simulation.reports import Kind, Report
from simulation.scripts import Action, Delivery, Habits, Lesson, Stretch

SECOND = timedelta(seconds=1)
HEARTBEAT_EVERY = timedelta(seconds=30)
HEARTBEATS_A_BATCH = 4
NAP = timedelta(seconds=180)
"""Longer than the silence that ends a span."""


class Writer(ABC):
    """Turns stretches of watching into requests."""

    def __init__(self, random: Random, lesson: Lesson, habits: Habits, session_id: str) -> None:
        self._random = random
        self._lesson = lesson
        self._habits = habits
        self._session_id = session_id

    @abstractmethod
    def actions(self, stretch: Stretch) -> list[Action]:
        """Return the requests of a stretch."""

    @abstractmethod
    def midnight(self, video_id: int) -> list[Action]:
        """Return requests about a stretch across the latest local midnight."""

    def _does(self, likelihood: float) -> bool:
        return self._random.random() < likelihood

    def _event_id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def _claim(self, elapsed: timedelta) -> int | None:
        """Return nothing, the truth, too little or too much."""
        seconds = elapsed // SECOND
        return self._random.choice((None, seconds, seconds // 2, seconds + 600))

    def _some_time(self, start: timedelta = timedelta()) -> timedelta:
        return start + self._random.random() * max(self._lesson.length - start, timedelta())


class WallClock(Writer):
    """Reports whole seconds, `HH:MM:SS`, without sessions and often without ids."""

    def actions(self, stretch: Stretch) -> list[Action]:
        start, end = self._wall(stretch.start), self._wall(stretch.end)
        claimed = self._claim(stretch.end - stretch.start)
        if stretch.paused and self._does(self._habits.send_both_times):
            return [self._action(stretch.end, stretch.video_id, start, end, claimed)]
        play = self._action(stretch.start, stretch.video_id, start, None, None)
        if not stretch.paused:
            return [play]
        return [play, self._action(stretch.end, stretch.video_id, None, end, claimed)]

    def midnight(self, video_id: int) -> list[Action]:
        start, end = time(23, self._random.randrange(50, 60)), time(0, self._random.randrange(1, 10))
        return [self._action(self._some_time(), video_id, start, end, self._claim(timedelta(minutes=10)))]

    def _action(
        self, after: timedelta, video_id: int, start: time | None, end: time | None, claimed: int | None
    ) -> Action:
        report = Report(
            video_id=video_id,
            start_time=start,
            end_time=end,
            claimed_seconds=claimed,
            event_id=self._event_id() if self._does(self._habits.make_event_ids) else None,
        )
        return Action(after, (report,), self._random.choice((Delivery.WAITING, Delivery.ASYNC)))

    def _wall(self, after: timedelta) -> time:
        at = self._lesson.begins_at + after
        return at.astimezone(self._lesson.zone).time().replace(microsecond=0)


class Instants(Writer):
    """Reports `occurred_at` in milliseconds, with a session, an id and heartbeats, as our player does."""

    def actions(self, stretch: Stretch) -> list[Action]:
        play = self._report(stretch, "play", stretch.start)
        beats = [(at, self._report(stretch, "heartbeat", at)) for at in self._heartbeats(stretch)]
        pauses = [self._report(stretch, "pause", stretch.end)] if stretch.paused else []
        if self._does(self._habits.go_offline):
            reports = [play, *(beat for _, beat in beats), *pauses]
            return [self._afterwards(stretch.end, reports)]
        by_beacon = self._does(self._habits.send_beacon)
        return [
            Action(stretch.start, (play,)),
            *self._delivered(beats),
            *(
                Action(stretch.end, (pause,), Delivery.BEACON if by_beacon else Delivery.WAITING)
                for pause in pauses
            ),
        ]

    def midnight(self, video_id: int) -> list[Action]:
        """Return what was watched last night and is delivered now; nothing where that is too late."""
        lesson = self._lesson
        midnight = day_start(local_date(lesson.begins_at, lesson.zone), lesson.zone)
        start = midnight - lesson.begins_at - self._random.randrange(1, 600) * SECOND
        end = min(midnight - lesson.begins_at + self._random.randrange(1, 600) * SECOND, timedelta())
        if lesson.late_days == 0:
            return []
        watched = Stretch(video_id, start, end, paused=True)
        beats = (self._report(watched, "heartbeat", at) for at in self._heartbeats(watched))
        reports = [self._report(watched, "play", start), *beats, self._report(watched, "pause", end)]
        return [self._afterwards(timedelta(), reports)]

    def _afterwards(self, after: timedelta, reports: list[Report]) -> Action:
        """A player that was offline delivers everything at once, later and in no order."""
        self._random.shuffle(reports)
        return Action(self._some_time(after), tuple(reports), Delivery.BATCH)

    def _heartbeats(self, stretch: Stretch) -> list[timedelta]:
        """Return when a player says that it still plays, every now and then with a nap in between."""
        count = (stretch.end - stretch.start - SECOND) // HEARTBEAT_EVERY
        beats = [stretch.start + HEARTBEAT_EVERY * beat for beat in range(1, count + 1)]
        if not beats or not self._does(self._habits.fall_asleep):
            return beats
        asleep = self._random.choice(beats)
        return [beat for beat in beats if not asleep <= beat < asleep + NAP]

    def _delivered(self, beats: Sequence[tuple[timedelta, Report]]) -> list[Action]:
        if not self._does(self._habits.batch_heartbeats):
            return [Action(at, (beat,), Delivery.ASYNC) for at, beat in beats]
        batches = [
            beats[first : first + HEARTBEATS_A_BATCH] for first in range(0, len(beats), HEARTBEATS_A_BATCH)
        ]
        return [Action(batch[-1][0], tuple(beat for _, beat in batch), Delivery.BATCH) for batch in batches]

    def _report(self, stretch: Stretch, kind: Kind, after: timedelta) -> Report:
        return Report(
            video_id=stretch.video_id,
            kind=kind,
            occurred_at=_milliseconds(self._lesson.begins_at + after),
            claimed_seconds=self._claim(stretch.end - stretch.start) if kind == "pause" else None,
            event_id=self._event_id(),
            session_id=self._session_id,
        )


def _milliseconds(at: datetime) -> datetime:
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
