"""Students who watch, as events in the order in which they arrive: a play, heartbeats every 10 s, a pause."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import uuid4

from bench.load import EVENT_EVERY, Students
from core.clock import utc_now
from events.schemas import Event, Heartbeat, Pause, Play

VISIT_EVENTS = 25
"""From a play to its pause."""


def watching(students: Students, how_many: int) -> list[Event]:
    """Return so many events of all students in turn; their time moves on by it."""
    events = list(islice(_turns(students), how_many))
    students.at = events[-1].at + 2 * EVENT_EVERY
    return events


def _turns(students: Students) -> Iterator[Event]:
    session, turn = uuid4().hex[:8], 0
    while True:
        nth = turn % VISIT_EVENTS
        kind = Play if nth == 0 else Pause if nth == VISIT_EVENTS - 1 else Heartbeat
        video = 1 + turn // VISIT_EVENTS % students.videos
        for student in students.ids:
            yield kind(
                event_id=uuid4(),
                user_id=student,
                video_id=1 + (video + student) % students.videos,
                at=students.at + turn * EVENT_EVERY + timedelta(milliseconds=student % 10_000),
                received_at=utc_now(),
                session_id=session,
                position_seconds=nth * EVENT_EVERY.total_seconds(),
                playback_rate=1.0,
            )
        turn += 1
