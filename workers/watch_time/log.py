"""Statements on the event log, `progress_events`, and the locks under which it is read.

Batches travel as arrays through `unnest`: one statement, one round trip, whatever the number of events.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.locks import AdvisoryLock
from events.schemas import Event, Heartbeat, Pause, Play
from workers.watch_time.refold import Touched, Window

EventKey = tuple[int, UUID]
"""`(user_id, event_id)`."""


async def share_policy_lock(session: AsyncSession) -> None:
    """Keep the policy as it is until the transaction ends. The next statement sees the policy that holds."""
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": AdvisoryLock.POLICY})


async def take_policy_lock(session: AsyncSession) -> None:
    """Wait until nobody writes rows, and let nobody until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": AdvisoryLock.POLICY})


_LOCK_USERS = "SELECT id FROM users WHERE id = ANY(:ids) AND role <> 'erased' ORDER BY id FOR NO KEY UPDATE"
_LOCK, _LOCK_FREE = text(_LOCK_USERS), text(f"{_LOCK_USERS} SKIP LOCKED")


async def lock_users(
    session: AsyncSession, user_ids: Collection[int], *, skip_locked: bool = False
) -> set[int]:
    """Lock users in ascending order, so that batches never wait in a circle; return those that exist.

    With `skip_locked` nobody is waited for, and only those are returned whom nobody else has locked.

    A statement of its own: what is read after it includes all that earlier holders of the locks committed.
    """
    statement = _LOCK_FREE if skip_locked else _LOCK
    return set((await session.scalars(statement, {"ids": sorted(user_ids)})).all())


async def existing_videos(session: AsyncSession, video_ids: Collection[int]) -> set[int]:
    """Return those of the videos that exist."""
    statement = text("SELECT id FROM videos WHERE id = ANY(:ids)")
    return set((await session.scalars(statement, {"ids": list(video_ids)})).all())


_LOG = text("""
WITH new AS (
    SELECT * FROM unnest(
        CAST(:user_id AS bigint[]), CAST(:event_id AS uuid[]), CAST(:video_id AS bigint[]),
        CAST(:session_id AS text[]), CAST(:kind AS smallint[]), CAST(:occurred_at AS timestamptz[]),
        CAST(:claimed_seconds AS int[]), CAST(:position_seconds AS float8[]),
        CAST(:playback_rate AS float8[]), CAST(:received_at AS timestamptz[]))
        AS n (user_id, event_id, video_id, session_id, kind, occurred_at, claimed_seconds,
              position_seconds, playback_rate, received_at)
), logged AS (
    INSERT INTO progress_events (user_id, event_id, video_id, session_id, kind, occurred_at, claimed_seconds,
                                 position_seconds, playback_rate, received_at, late)
    SELECT *, occurred_at < :late_before FROM new
    ON CONFLICT (user_id, event_id) DO NOTHING
    RETURNING user_id, event_id
)
SELECT user_id, event_id FROM new EXCEPT SELECT user_id, event_id FROM logged
""")


async def log_events(session: AsyncSession, events: Sequence[Event], late_before: datetime) -> set[EventKey]:
    """Append distinct events to the log; return the keys of those it held already, which are few.

    Those of before an instant are flagged late.
    """
    columns: dict[str, Any] = {
        "user_id": [event.user_id for event in events],
        "event_id": [event.event_id for event in events],
        "video_id": [event.video_id for event in events],
        "session_id": [event.session_id for event in events],
        "kind": [event.rank for event in events],
        "occurred_at": [event.at for event in events],
        "claimed_seconds": [event.claimed_seconds if isinstance(event, Pause) else None for event in events],
        "position_seconds": [event.position_seconds for event in events],
        "playback_rate": [event.playback_rate for event in events],
        "received_at": [event.received_at for event in events],
        "late_before": late_before,
    }
    return {(user_id, event_id) for user_id, event_id in await session.execute(_LOG, columns)}


_STORED = text("""
SELECT e.user_id, e.event_id, e.video_id, e.occurred_at
FROM unnest(CAST(:user_id AS bigint[]), CAST(:event_id AS uuid[])) AS wanted (user_id, event_id)
JOIN progress_events e USING (user_id, event_id)
""")


async def stored_places(
    session: AsyncSession, keys: Collection[EventKey]
) -> dict[EventKey, tuple[int, datetime]]:
    """Return video and instant of events in the log."""
    columns = {"user_id": [user_id for user_id, _ in keys], "event_id": [event_id for _, event_id in keys]}
    found = await session.execute(_STORED, columns)
    return {(row.user_id, row.event_id): (row.video_id, row.occurred_at) for row in found}


_TOUCHED = text("""
WITH touched AS (
    SELECT user_id, video_id, session_id, min(occurred_at) AS first, max(occurred_at) AS last
    FROM unnest(CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:session_id AS text[]),
                CAST(:occurred_at AS timestamptz[])) AS new (user_id, video_id, session_id, occurred_at)
    GROUP BY user_id, video_id, session_id
)
SELECT t.user_id, t.first, t.last, before.turn AS turn_before, after.turn AS turn_after,
       (SELECT max(e.occurred_at) FROM progress_events e
        WHERE (e.user_id, e.video_id, e.session_id) = (t.user_id, t.video_id, t.session_id)
          AND e.occurred_at > t.last AND e.occurred_at < coalesce(after.turn, 'infinity')) AS last_heartbeat
FROM touched t
CROSS JOIN LATERAL (
    SELECT max(e.occurred_at) AS turn FROM progress_events e
    WHERE (e.user_id, e.video_id, e.session_id) = (t.user_id, t.video_id, t.session_id)
      AND e.occurred_at < t.first AND e.kind <> :heartbeat) AS before
CROSS JOIN LATERAL (
    SELECT min(e.occurred_at) AS turn FROM progress_events e
    WHERE (e.user_id, e.video_id, e.session_id) = (t.user_id, t.video_id, t.session_id)
      AND e.occurred_at > t.last AND e.kind <> :heartbeat) AS after
""")


async def touched_players(session: AsyncSession, events: Sequence[Event]) -> list[Touched]:
    """Return the players that logged events fell into, with the turns around them."""
    columns: dict[str, Any] = {
        "user_id": [event.user_id for event in events],
        "video_id": [event.video_id for event in events],
        "session_id": [event.session_id for event in events],
        "occurred_at": [event.at for event in events],
        "heartbeat": Heartbeat.rank,
    }
    return [Touched(**row) for row in (await session.execute(_TOUCHED, columns)).mappings()]


_WINDOW = text("""
WITH windows AS (
    SELECT * FROM unnest(CAST(:user_id AS bigint[]), CAST(:start AS timestamptz[]),
                         CAST(:end AS timestamptz[])) AS w (user_id, "start", "end")
), players AS (
    SELECT DISTINCT w.user_id, e.video_id, e.session_id, w.start, w.end
    FROM windows w JOIN progress_events e
      ON e.user_id = w.user_id AND e.occurred_at >= w.start AND e.occurred_at < w.end
)
SELECT p.start AS window_start, e.user_id, e.event_id, e.video_id, e.session_id, e.kind, e.occurred_at,
       e.claimed_seconds
FROM players p
CROSS JOIN LATERAL (
    SELECT max(b.occurred_at) AS turn FROM progress_events b
    WHERE (b.user_id, b.video_id, b.session_id) = (p.user_id, p.video_id, p.session_id)
      AND b.occurred_at < p.start AND b.kind <> :heartbeat) AS before
JOIN progress_events e
  ON (e.user_id, e.video_id, e.session_id) = (p.user_id, p.video_id, p.session_id)
 AND e.occurred_at >= coalesce(before.turn, '-infinity') AND e.occurred_at < p.end
""")


async def window_events(
    session: AsyncSession, windows: Iterable[Window]
) -> dict[tuple[int, datetime], list[Event]]:
    """Return the events of each window by `(user_id, window start)`.

    Each player is read from its last turn before the window, from where on its state is known. When they
    were received is left out: it means nothing for rows, and this is what takes a worker's time.
    """
    windows = list(windows)
    columns: dict[str, Any] = {
        "user_id": [window.user_id for window in windows],
        "start": [window.start for window in windows],
        "end": [window.end for window in windows],
        "heartbeat": Heartbeat.rank,
    }
    found: dict[tuple[int, datetime], list[Event]] = {
        (window.user_id, window.start): [] for window in windows
    }
    for row in await session.execute(_WINDOW, columns):
        start, user_id, event_id, video_id, session_id, kind, at, claimed = row
        event = _event(kind, event_id, user_id, video_id, session_id, at, at, claimed)
        found[user_id, start].append(event)
    return found


async def whole_log(session: AsyncSession, user_ids: Collection[int]) -> dict[int, list[Event]]:
    """Return everything the log holds of some users, by user."""
    statement = text("SELECT * FROM progress_events WHERE user_id = ANY(:ids)")
    found: dict[int, list[Event]] = {user_id: [] for user_id in user_ids}
    for row in await session.execute(statement, {"ids": list(user_ids)}):
        found[row.user_id].append(to_event(row))
    return found


_SIZES = text("""
SELECT w.place, (SELECT count(*) FROM progress_events e
                 WHERE e.user_id = w.user_id AND e.occurred_at >= w.start AND e.occurred_at < w.end) AS size
FROM unnest(CAST(:user_id AS bigint[]), CAST(:start AS timestamptz[]), CAST(:end AS timestamptz[]))
    WITH ORDINALITY AS w (user_id, "start", "end", place)
""")


async def sizes(session: AsyncSession, windows: Sequence[Window]) -> dict[Window, int]:
    """Return how many events lie in each window."""
    columns = {
        "user_id": [window.user_id for window in windows],
        "start": [window.start for window in windows],
        "end": [window.end for window in windows],
    }
    return {windows[place - 1]: size for place, size in await session.execute(_SIZES, columns)}


async def existing_users(session: AsyncSession, user_ids: Collection[int]) -> set[int]:
    """Return those of the users that exist."""
    statement = text("SELECT id FROM users WHERE id = ANY(:ids)")
    return set((await session.scalars(statement, {"ids": list(user_ids)})).all())


async def count_users(session: AsyncSession) -> int:
    """Return how many users there are."""
    return int((await session.execute(text("SELECT count(*) FROM users"))).scalar_one())


async def users_after(session: AsyncSession, user_id: int, limit: int) -> list[int]:
    """Return the next users in ascending order of id."""
    statement = text("SELECT id FROM users WHERE id > :after ORDER BY id LIMIT :limit")
    return list((await session.scalars(statement, {"after": user_id, "limit": limit})).all())


def to_event(row: Any) -> Event:
    """Return the event of a row of the log."""
    return _event(
        row.kind,
        row.event_id,
        row.user_id,
        row.video_id,
        row.session_id,
        row.occurred_at,
        row.received_at,
        row.claimed_seconds,
    )


def _event(
    kind: int,
    event_id: UUID,
    user_id: int,
    video_id: int,
    session_id: str,
    at: datetime,
    received_at: datetime,
    claimed_seconds: int | None,
) -> Event:
    if kind == Pause.rank:
        return Pause(
            event_id=event_id,
            user_id=user_id,
            video_id=video_id,
            session_id=session_id,
            at=at,
            received_at=received_at,
            claimed_seconds=claimed_seconds,
        )
    return (Play if kind == Play.rank else Heartbeat)(
        event_id=event_id,
        user_id=user_id,
        video_id=video_id,
        session_id=session_id,
        at=at,
        received_at=received_at,
    )
