"""One event in one transaction, as one would write it: the event, its progress row, the day's attendance.

The baselines' rule is the simplest there is (a heartbeat earns ten seconds, a pause what it claims); it is
wrong for anything that comes late or in another order, and costs what such rows cost.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

HEARTBEAT_EARNS = timedelta(seconds=10)
PAUSE, HEARTBEAT, PLAY = range(3)

INSERT_EVENT = """
INSERT INTO progress_events (user_id, event_id, video_id, session_id, kind, occurred_at, claimed_seconds,
                             position_seconds, playback_rate, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING RETURNING 1
"""
UPSERT_PROGRESS = """
INSERT INTO progress AS p (user_id, video_id, date, start_time, first_start_time, end_time, watch_time)
VALUES ($1, $2, $3, $4, $4, $5, $6)
ON CONFLICT (user_id, video_id, date) DO UPDATE
SET start_time = coalesce(excluded.start_time, p.start_time),
    first_start_time = coalesce(p.first_start_time, excluded.first_start_time),
    end_time = coalesce(excluded.end_time, p.end_time),
    watch_time = p.watch_time + excluded.watch_time
"""
RECOMPUTE_ATTENDANCE = """
INSERT INTO attendance (user_id, date, status, total_time, overlap_time)
SELECT $1, $2, CASE WHEN sum(watch_time) >= INTERVAL '30 seconds' THEN 'present' ELSE 'absent' END,
       sum(watch_time), INTERVAL '0'
FROM progress WHERE user_id = $1 AND date = $2
ON CONFLICT (user_id, date) DO UPDATE SET status = excluded.status, total_time = excluded.total_time
"""


@dataclass(frozen=True, slots=True)
class Row:
    """An event as the log has it."""

    user_id: int
    event_id: UUID
    video_id: int
    session_id: str
    kind: int
    at: datetime
    claimed_seconds: int | None
    position_seconds: float | None
    playback_rate: float | None
    received_at: datetime

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def earned(self) -> timedelta:
        if self.kind == HEARTBEAT:
            return HEARTBEAT_EARNS
        return timedelta(seconds=self.claimed_seconds or 0)


async def make_pool(url: str, size: int) -> asyncpg.Pool:
    """Return connections that are open already; each prepares a statement once."""
    return await asyncpg.create_pool(url, min_size=size, max_size=size)


async def store(pool: asyncpg.Pool, row: Row) -> None:
    """Commit one event and what it means; a repeat changes nothing."""
    async with pool.acquire() as connection, connection.transaction():
        new = await connection.fetchval(
            INSERT_EVENT, row.user_id, row.event_id, row.video_id, row.session_id, row.kind, row.at,
            row.claimed_seconds, row.position_seconds, row.playback_rate, row.received_at,
        )  # fmt: skip
        if not new:
            return
        started = row.at if row.kind == PLAY else None
        ended = row.at if row.kind == PAUSE else None
        await connection.execute(
            UPSERT_PROGRESS, row.user_id, row.video_id, row.day, started, ended, row.earned
        )
        await connection.execute(RECOMPUTE_ATTENDANCE, row.user_id, row.day)
