"""What a student does, as data written down before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from simulation.reports import Report


class Delivery(Enum):
    """How reports travel."""

    WAITING = "one a request, answered with the record"
    ASYNC = "one a request, answered at once"
    BATCH = "many a request"
    BEACON = "many a request, as text with the token inside: how a page sends them while it closes"


@dataclass(frozen=True, slots=True)
class Action:
    """One request, `after` the begin of the lesson. Its `copies` are sent at once: an impatient retry."""

    after: timedelta
    reports: tuple[Report, ...]
    delivery: Delivery = Delivery.WAITING
    copies: int = 1


Tab = tuple[Action, ...]
"""Actions in the order of their time; the tabs of a student run side by side."""


@dataclass(frozen=True, slots=True)
class Course:
    """A course to register for, with at least one video."""

    course_id: int
    video_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """The stretch of time that is simulated, and the school's rules about time."""

    begins_at: datetime
    length: timedelta
    zone: ZoneInfo
    late_days: int

    @property
    def ends_at(self) -> datetime:
        return self.begins_at + self.length


@dataclass(frozen=True, slots=True)
class Stretch:
    """Watching without interruption. One that is not paused ends because the tab was lost."""

    video_id: int
    start: timedelta
    end: timedelta
    paused: bool


@dataclass(frozen=True, slots=True)
class Script:
    """Everything one student does. Registering a second time is harmless, so some do."""

    number: int
    course: Course
    registrations: int
    tabs: tuple[Tab, ...]

    @property
    def arrives(self) -> timedelta:
        """When the student is first heard of, and registers."""
        return min((action.after for tab in self.tabs for action in tab), default=timedelta())

    @property
    def video_ids(self) -> set[int]:
        return {report.video_id for tab in self.tabs for action in tab for report in action.reports}


@dataclass(frozen=True, slots=True)
class Habits:
    """How likely students are to do what they may do."""

    two_tabs: float = 0.2
    seek: float = 0.4
    lose_tab: float = 0.15
    send_both_times: float = 0.3
    make_event_ids: float = 0.5
    fall_asleep: float = 0.3
    go_offline: float = 0.15
    batch_heartbeats: float = 0.5
    send_beacon: float = 0.3
    retry_at_once: float = 0.1
    retry_later: float = 0.05
    watch_at_midnight: float = 0.1
    register_twice: float = 0.2


HABITS = Habits()
