"""Keeping off the instants at which a report changes its meaning. Pure.

A time of day means another instant when it is received on another local date, for instance, and when exactly
something is received only the stack knows. So what is about to change is not sent before it has.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.calendar import local_date
from simulation.reports import Report, meaning

MARGIN = timedelta(seconds=10)
"""More than a request takes and clocks of two machines differ."""

_ANYBODY = 1
_ANY_ID = UUID(int=0)


def is_steady(reports: Sequence[Report], now: datetime, zone: ZoneInfo) -> bool:
    """Say whether reports mean the same on whichever moment around `now` they are received."""
    early, late = now - MARGIN, now + MARGIN
    return all(_instants(report, early, zone) == _instants(report, late, zone) for report in reports)


def is_date_steady(now: datetime, zone: ZoneInfo) -> bool:
    """Say whether the local date is the same all around `now`."""
    return local_date(now - MARGIN, zone) == local_date(now + MARGIN, zone)


def _instants(report: Report, received_at: datetime, zone: ZoneInfo) -> list[datetime]:
    events = meaning(report, user_id=_ANYBODY, event_id=_ANY_ID, received_at=received_at, zone=zone)
    return [event.at for event in events]
