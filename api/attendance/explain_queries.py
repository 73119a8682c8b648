"""The statements behind an explanation: a user's log around a day."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.rule_store import rule_of
from core.attendance.rules import Rule
from core.tables import AttendanceRule, Pruning
from events.schemas import Event, Heartbeat, Pause, Play


class Logged(NamedTuple):
    """Events of a user, and of each what only the log knows."""

    events: list[Event]
    late: frozenset[UUID]
    """Those applied after their day was final."""
    titles: Mapping[int, str]
    """Of their videos."""


_AROUND = text("""
WITH players AS (
    SELECT DISTINCT video_id, session_id FROM progress_events
    WHERE user_id = :user_id AND occurred_at >= :start AND occurred_at < :end
)
SELECT e.event_id, e.video_id, v.title, e.session_id, e.kind, e.occurred_at, e.received_at, e.claimed_seconds,
       e.position_seconds, e.playback_rate, e.late
FROM players p
CROSS JOIN LATERAL (
    SELECT max(b.occurred_at) AS turn FROM progress_events b
    WHERE (b.user_id, b.video_id, b.session_id) = (:user_id, p.video_id, p.session_id)
      AND b.occurred_at < :start AND b.kind <> :heartbeat) AS before
JOIN progress_events e
  ON (e.user_id, e.video_id, e.session_id) = (:user_id, p.video_id, p.session_id)
 AND e.occurred_at >= coalesce(before.turn, '-infinity') AND e.occurred_at < :end
JOIN videos v ON v.id = e.video_id
LIMIT :limit
""")


async def log_around(
    session: AsyncSession, user_id: int, start: datetime, end: datetime, *, limit: int | None
) -> Logged:
    """Return what a user's players did between two instants, each from its last turn before them."""
    asked = {
        "user_id": user_id,
        "start": start,
        "end": end,
        "heartbeat": Heartbeat.rank,
        "limit": limit,
    }
    rows = (await session.execute(_AROUND, asked)).all()
    return Logged(
        [_event(user_id, row) for row in rows],
        frozenset(row.event_id for row in rows if row.late),
        {row.video_id: row.title for row in rows},
    )


def _event(user_id: int, row: Any) -> Event:
    kind = {each.rank: each for each in (Play, Pause, Heartbeat)}[row.kind]
    claim = {"claimed_seconds": row.claimed_seconds} if kind is Pause else {}
    return kind(
        event_id=row.event_id,
        user_id=user_id,
        video_id=row.video_id,
        session_id=row.session_id,
        at=row.occurred_at,
        received_at=row.received_at,
        position_seconds=row.position_seconds,
        playback_rate=row.playback_rate,
        **claim,
    )


async def at_one_moment(session: AsyncSession) -> None:
    """Let all that a transaction reads be of the same moment; call it before anything else in there."""
    await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


async def rule(session: AsyncSession, rule_id: int | None) -> Rule | None:
    """Return a version of a rule, or None without an id."""
    row = None if rule_id is None else await session.get(AttendanceRule, rule_id)
    return None if row is None else rule_of(row)


async def pruned_before(session: AsyncSession) -> date | None:
    """Return the date before which the log is gone, or None where nothing was pruned."""
    return await session.scalar(select(Pruning.before))
