"""The policy every stored row was computed under."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Overlap(StrEnum):
    """How spans of one user that lie over each other are credited."""

    SUM = "sum"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Policy:
    """Zone, overlap mode, lateness and attendance rule; stored with the rows, so a change is a rebuild."""

    timezone: str = "UTC"
    overlap: Overlap = Overlap.SUM
    late_days: int = 7
    attendance_min_seconds: int = 30

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def attendance_minimum(self) -> timedelta:
        return timedelta(seconds=self.attendance_min_seconds)
