"""Removing the log of days that are final. Their rows stay; the days after them stay computable.

The boundary commits first, and from then on workers take no events of the days before it. What they had
logged is removed afterwards, some users at a time: an interrupted prune is finished by the same command.
"""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.calendar import local_date
from core.clock import Clock, utc_now
from core.coverage import keep_seen
from core.database import Sessions
from core.errors import Conflict
from core.policy import Policy
from core.policy_store import require_policy
from events.meaning.fold import SILENCE
from events.schemas import Heartbeat
from workers.watch_time import log, players
from workers.watch_time.boundary import Boundary, kept_from, load_boundary, move_boundary
from workers.watch_time.refold import EARLIEST, Window
from workers.watch_time.scope import portions


@dataclass(frozen=True, slots=True)
class Removal:
    """What became, or would become, of a portion of users."""

    users: int
    events: int


async def prune(
    sessions: Sessions, policy: Policy, before: date, clock: Clock = utc_now
) -> AsyncGenerator[Removal]:
    """Remove the log of the days before a local date, but for the last 48 hours; yield what is committed.

    Raises:
        Conflict: some of the days are not final, or more is pruned already.
        PolicyMismatch: the rows are under another policy.

    """
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        await log.take_policy_lock(session)
        await _allow(session, policy, before, clock())
        await move_boundary(session, Boundary(before, clock()))
    until = kept_from(before, policy.zone)
    async for user_ids in portions(sessions, (), lambda user_id: Window(user_id, EARLIEST, until)):
        async with sessions.begin() as session:
            await log.share_policy_lock(session)
            await log.lock_users(session, user_ids)
            await keep_seen(session, user_ids)
            removed = await _remove(session, user_ids, until)
            await players.forget(session, user_ids, until)
        yield Removal(len(user_ids), removed)


async def preview(
    sessions: Sessions, policy: Policy, before: date, clock: Clock = utc_now
) -> AsyncGenerator[Removal]:
    """Count what `prune` would remove, and remove nothing; it raises what `prune` raises."""
    async with sessions.begin() as session:
        await _allow(session, policy, before, clock())
    until = kept_from(before, policy.zone)
    async for user_ids in portions(sessions, (), lambda user_id: Window(user_id, EARLIEST, until)):
        async with sessions.begin() as session:
            doomed = await _count(session, user_ids, until)
        yield Removal(len(user_ids), doomed)


async def _allow(session: AsyncSession, policy: Policy, before: date, now: datetime) -> None:
    await require_policy(session, policy)
    first_provisional = local_date(now, policy.zone) - timedelta(days=policy.late_days)
    if before > first_provisional:
        raise Conflict(
            f"days from {first_provisional} on are not final: events of theirs are still accepted "
            f"(EDUTRACK_LATE_DAYS is {policy.late_days}). The latest that can be pruned is --before "
            f"{first_provisional}."
        )
    boundary = await load_boundary(session)
    if before < boundary.before:
        raise Conflict(f"the log is already pruned before {boundary.before}")


# A player who is heard on both sides of the cut without a silence may still be in a span from before it, and
# where a span begins decides where it grows too long: such a player is kept from its last turn on.
_DOOMED = """
WITH heard_across AS (
    SELECT p.user_id, p.video_id, p.session_id,
           (SELECT max(t.occurred_at) FROM progress_events t
            WHERE (t.user_id, t.video_id, t.session_id) = (p.user_id, p.video_id, p.session_id)
              AND t.occurred_at < :until AND t.kind <> :heartbeat) AS turn
    FROM (SELECT DISTINCT user_id, video_id, session_id FROM progress_events
          WHERE user_id = ANY(:ids) AND occurred_at BETWEEN :until AND :silent_after) p
    WHERE EXISTS (
        SELECT FROM progress_events b
        WHERE (b.user_id, b.video_id, b.session_id) = (p.user_id, p.video_id, p.session_id)
          AND b.occurred_at >= :silent_before AND b.occurred_at < :until)
)
{} FROM progress_events e
WHERE e.user_id = ANY(:ids) AND e.occurred_at < :until
  AND NOT EXISTS (
      SELECT FROM heard_across h
      WHERE (h.user_id, h.video_id, h.session_id) = (e.user_id, e.video_id, e.session_id)
        AND e.occurred_at >= coalesce(h.turn, '-infinity'))
"""
_REMOVE = text(_DOOMED.format("DELETE"))
_COUNT = text(_DOOMED.format("SELECT count(*)"))


async def _remove(session: AsyncSession, user_ids: Collection[int], until: datetime) -> int:
    removed = await session.execute(_REMOVE, _columns(user_ids, until))
    return cast("CursorResult[Any]", removed).rowcount


async def _count(session: AsyncSession, user_ids: Collection[int], until: datetime) -> int:
    return int((await session.execute(_COUNT, _columns(user_ids, until))).scalar_one())


def _columns(user_ids: Collection[int], until: datetime) -> dict[str, object]:
    return {
        "ids": list(user_ids),
        "until": until,
        "silent_before": until - SILENCE,
        "silent_after": until + SILENCE,
        "heartbeat": Heartbeat.rank,
    }
