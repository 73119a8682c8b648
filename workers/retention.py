"""Letting go of what is older than a school wants to keep: first the log, then the rows computed from it."""

import logging
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.calendar import local_date
from core.clock import Clock, utc_now
from core.database import Sessions, make_sessions
from core.policy import Policy
from core.settings import Settings
from workers.chores import Chore
from workers.watch_time import log as event_log
from workers.watch_time.boundary import load_boundary
from workers.watch_time.prune import prune
from workers.watch_time.refold import EARLIEST, Window
from workers.watch_time.scope import portions

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)

_OLD_ROWS = tuple(
    text(f"DELETE FROM {table} WHERE user_id = ANY(:ids) AND date < :before")  # noqa: S608 - names of ours
    for table in ("attendance", "progress", "attendance_corrections", "roll")
)
_OLD_REASONS = text("""
UPDATE attendance_audit SET reason = NULL, old_reason = NULL
WHERE user_id = ANY(:ids) AND date < :before AND num_nonnulls(reason, old_reason) > 0
""")


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days log and rows are kept; None is for ever."""

    log_days: int | None = None
    row_days: int | None = None


async def let_go(sessions: Sessions, policy: Policy, kept: Retention, clock: Clock = utc_now) -> None:
    """Prune the log and delete the rows of days that are older than is kept. May be repeated at any time.

    Rows go only where their log is gone: else a rebuild would bring them back.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    today = local_date(clock(), policy.zone)
    async with sessions.begin() as session:
        pruned = (await load_boundary(session)).before
    if kept.log_days is not None and (before := today - timedelta(days=kept.log_days)) >= pruned:
        events = sum([removal.events async for removal in prune(sessions, policy, before, clock)])
        pruned = before
        log.info("the log of days before %s is let go: %d events", before, events)
    if kept.row_days is not None:
        await _let_rows_go(sessions, min(pruned, today - timedelta(days=kept.row_days)))


async def _let_rows_go(sessions: Sessions, before: date) -> None:
    async for user_ids in portions(sessions, (), lambda user_id: Window(user_id, EARLIEST, EARLIEST)):
        async with sessions.begin() as session:
            await event_log.lock_users(session, user_ids)
            await _delete(session, user_ids, before)


async def _delete(session: AsyncSession, user_ids: list[int], before: date) -> None:
    for statement in (*_OLD_ROWS, _OLD_REASONS):
        await session.execute(statement, {"ids": user_ids, "before": before})


def chore(settings: Settings) -> Chore:
    """Return it as the scheduler does it."""
    kept = Retention(settings.keep_log_days, settings.keep_row_days)

    async def work(engine: AsyncEngine) -> None:
        if kept != Retention():
            await let_go(make_sessions(engine), settings.policy, kept)

    return Chore("scheduler.let_go", EVERY, settings, work)
