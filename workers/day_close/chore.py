"""The scheduler's part in closing days: now and then it looks whether one is due."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import make_sessions
from core.settings import Settings
from workers.chores import Chore
from workers.day_close.close import close_due

EVERY = timedelta(minutes=1)
WITHIN = timedelta(minutes=10)
"""What is not closed by then is closed the next time."""


def chore(settings: Settings) -> Chore:
    """Return it as the scheduler does it."""

    async def work(engine: AsyncEngine) -> None:
        async for _ in close_due(make_sessions(engine), settings.policy):
            pass

    return Chore("scheduler.close_days", EVERY, settings, work, within=WITHIN)
