"""The scheduler's part in days: now and then it looks whether one is to be closed, or judged anew."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import make_sessions
from core.settings import Settings
from workers.chores import Chore
from workers.day_close.close import close_due, judge_open

EVERY = timedelta(minutes=1)
JUDGE_EVERY = timedelta(minutes=5)
WITHIN = timedelta(minutes=10)
"""What is not closed by then is closed the next time."""


def chore(settings: Settings) -> Chore:
    """Return it as the scheduler does it."""

    async def work(engine: AsyncEngine) -> None:
        async for _ in close_due(make_sessions(engine), settings.policy):
            pass

    return Chore("scheduler.close_days", EVERY, settings, work, within=WITHIN)


def judging(settings: Settings) -> Chore:
    """Return the one that judges days anew, as the scheduler does it."""

    async def work(engine: AsyncEngine) -> None:
        await judge_open(make_sessions(engine), settings.policy)

    return Chore("scheduler.judge_days", JUDGE_EVERY, settings, work, within=WITHIN)
