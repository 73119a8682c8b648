"""Working off the rosters that were handed in."""

from datetime import timedelta

from core.rosters.running import run_queued
from core.settings import Settings
from workers.chores import Chore

EVERY = timedelta(seconds=2)
CONNECTIONS = 2
"""One holds the lock, on the other lines are written."""


def chore(settings: Settings) -> Chore:
    """Return it as the scheduler does it."""
    return Chore("scheduler.run_rosters", EVERY, settings, run_queued, connections=CONNECTIONS)
