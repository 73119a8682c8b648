"""A day drawn as a line from midnight to midnight, with what was watched on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.attendance.explain_schemas import ExplainedSpan
from core.calendar import day_start

WIDTH = 1000.0
LANE = 22
THINNEST = 2.0
"""A bar that is narrower could not be seen."""
HOURS = (0, 6, 12, 18)

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One span. Spans that lie over each other are drawn in different lanes."""

    x: float
    width: float
    lane: int
    span: ExplainedSpan

    @property
    def y(self) -> int:
        return self.lane * LANE

    @property
    def kind(self) -> str:
        """How it is drawn: whether it counts in full, in part, or not at all."""
        if not self.span.counted_seconds:
            return "nothing"
        stretch = (self.span.end - self.span.start).total_seconds()
        return "part" if self.span.counted_seconds < min(stretch, self.span.day_seconds) - 1 else "full"


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day of 23, 24 or 25 hours, as wide as every other one."""

    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, str]]
    lanes: int

    @property
    def height(self) -> int:
        return self.lanes * LANE

    @classmethod
    def of(cls, day: date, zone: ZoneInfo, spans: Sequence[ExplainedSpan]) -> "DayLine":
        """Draw the part of each span that lies on the day."""
        begins, ends = day_start(day, zone), day_start(day + _DAY, zone)

        def x(at: datetime) -> float:
            return WIDTH * (min(max(at, begins), ends) - begins) / (ends - begins)

        bars: list[Bar] = []
        free_from: list[datetime] = []
        for span in sorted(spans, key=lambda one: one.start):
            lane = next((n for n, free in enumerate(free_from) if free <= span.start), len(free_from))
            free_from[lane : lane + 1] = [span.end]
            left = min(x(span.start), WIDTH - THINNEST)
            width = max(THINNEST, x(span.end) - left)
            bars.append(Bar(round(left, 2), round(width, 2), lane, span))
        ticks = [(round(x(begins + hour * _HOUR) / WIDTH * 100, 2), f"{hour:02}:00") for hour in HOURS]
        return cls(bars, ticks, max(1, len(free_from)))
