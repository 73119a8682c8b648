"""What a class watched in the weeks before the demonstration. Pure, and always the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from events.schemas import Event, Heartbeat, Pause, Play

DAYS = 35
HOLIDAY = 16
"""Which of the days has no school, counted from 0."""
RULE_FROM = 14
"""From which of them on the course asks for more than the school."""
RULE_SECONDS = 480
HABITS = range(8, 20)
"""At which full hours students use to sit down."""

LEAST_SECONDS = 361
"""Nobody watches less on a day, nor leaves less of a lesson for another one."""
TO_THE_END, TAB_CLOSED = 0.7, 0.08
"""How often."""

_FRIDAY = 5


class Student(NamedTuple):
    """Somebody with a place in the course."""

    id: int
    username: str


class Lesson(NamedTuple):
    """A video of the course; how long it plays in seconds."""

    video_id: int
    seconds: int


@dataclass(slots=True)
class _Place:
    """How far a student is: in which lesson, and where in it."""

    lesson: int = 0
    position: int = 0


def past(
    first: date, students: Sequence[Student], lessons: Sequence[Lesson], zone: ZoneInfo
) -> Iterator[tuple[date, list[Event]]]:
    """Return the events of each day, in the order in which a school would receive them."""
    places = {student: _Place() for student in students}
    for number in range(DAYS):
        day = first + timedelta(days=number)
        events: list[Event] = []
        for student in students:
            if is_there(student.username, number, day):
                events += _sitting(student, places[student], day, lessons, zone)
        yield day, sorted(events, key=lambda event: event.order)


def is_there(username: str, number: int, day: date) -> bool:
    """Return whether somebody watches on a day: less at weekends, some more often than others."""
    diligence = 0.6 + 0.4 * Random(username).random()  # noqa: S311 - reproducible, not secret
    if number == HOLIDAY:
        diligence *= 0.15
    elif day.isoweekday() > _FRIDAY:
        diligence *= 0.75
    return _chance(username, day).random() < diligence


def _sitting(
    student: Student, place: _Place, day: date, lessons: Sequence[Lesson], zone: ZoneInfo
) -> Iterator[Event]:
    """Watch on from where it stopped: lessons to their end, or a part of one."""
    chance = _chance(f"{student.username} sits", day)
    hour = Random(f"{student.username} sits").choice(HABITS)  # noqa: S311 - likewise
    began = datetime.combine(day, time(hour), zone).astimezone(UTC)
    at = began + timedelta(minutes=chance.uniform(0, 100))
    watched, wanted = 0, LEAST_SECONDS * chance.choice((1, 1, 2))
    while watched < wanted:
        lesson = lessons[place.lesson]
        left = lesson.seconds - place.position
        part = int(left * chance.uniform(0.4, 0.6))
        seconds = left if chance.random() < TO_THE_END or part < LEAST_SECONDS else part
        pauses = chance.random() > TAB_CLOSED
        yield from _stretch(student, lesson, place.position, at, seconds, pauses=pauses)
        place.position += seconds
        if place.position >= lesson.seconds:
            place.lesson, place.position = (place.lesson + 1) % len(lessons), 0
        at += timedelta(seconds=seconds + chance.uniform(20, 400))
        watched += seconds


def _stretch(
    student: Student, lesson: Lesson, position: int, at: datetime, seconds: int, *, pauses: bool
) -> Iterator[Event]:
    """Play a part of a lesson as a player reports it; without a pause where its tab was closed."""
    session = f"demo {at:%m-%dT%H:%M:%S}"

    def report(kind: type[Event], after: int, **more: int) -> Event:
        happened = at + timedelta(seconds=after)
        return kind(
            event_id=uuid5(NAMESPACE_OID, f"{student.username} {session} {kind.__name__} {after}"),
            user_id=student.id,
            video_id=lesson.video_id,
            session_id=session,
            at=happened,
            received_at=happened + timedelta(milliseconds=80),
            position_seconds=float(position + after),
            playback_rate=1.0,
            **more,
        )

    yield report(Play, 0)
    for after in range(60, seconds, 60):
        yield report(Heartbeat, after)
    if pauses:
        yield report(Pause, seconds, claimed_seconds=seconds)


def _chance(what: str, day: date) -> Random:
    return Random(f"{what} {day}")  # noqa: S311 - likewise
