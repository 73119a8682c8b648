"""Statements on `players`: where each player stands after its latest event. Derived from the log."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from events.meaning.fold import OpenSpan, Player, read_player
from events.schemas import Event, Heartbeat
from workers.watch_time.in_order import Order, PlayerKey, Standing
from workers.watch_time.log import to_event

_STANDING = text("""
SELECT t.place, p.last_at, p.last_kind, p.last_event_id,
       p.span_start, p.span_opened_by, p.span_last_heartbeat,
       (SELECT max(o.last_at) FROM players o
        WHERE o.user_id = t.user_id AND (o.video_id, o.session_id) <> (t.video_id, t.session_id)
       ) AS others_until
FROM unnest(CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:session_id AS text[]))
    WITH ORDINALITY AS t (user_id, video_id, session_id, place)
LEFT JOIN players p USING (user_id, video_id, session_id)
""")


async def standing(session: AsyncSession, keys: Collection[PlayerKey]) -> dict[PlayerKey, Standing]:
    """Return where players stand; one never heard of stands at its beginning."""
    asked = list(keys)
    found = await session.execute(_STANDING, _columns(asked))
    return {asked[place - 1]: _standing(asked[place - 1], *stands) for place, *stands in found}


def _standing(
    key: PlayerKey,
    last_at: datetime | None,
    last_kind: int,
    last_event_id: UUID,
    span_start: datetime | None,
    opened_by: UUID,
    last_heartbeat: datetime | None,
    others_until: datetime | None = None,
) -> Standing:
    if last_at is None:
        return Standing(others_until=others_until)
    _, video_id, session_id = key
    span = OpenSpan(video_id, session_id, span_start, opened_by, last_heartbeat) if span_start else None
    return Standing(Player(span, last_at), (last_at, last_kind, last_event_id), others_until)


_PUT = text("""
INSERT INTO players (user_id, video_id, session_id, last_at, last_kind, last_event_id,
                     span_start, span_opened_by, span_last_heartbeat)
SELECT * FROM unnest(
    CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:session_id AS text[]),
    CAST(:last_at AS timestamptz[]), CAST(:last_kind AS smallint[]), CAST(:last_event_id AS uuid[]),
    CAST(:span_start AS timestamptz[]), CAST(:span_opened_by AS uuid[]),
    CAST(:span_last_heartbeat AS timestamptz[]))
ON CONFLICT (user_id, video_id, session_id) DO UPDATE
SET last_at = excluded.last_at, last_kind = excluded.last_kind, last_event_id = excluded.last_event_id,
    span_start = excluded.span_start, span_opened_by = excluded.span_opened_by,
    span_last_heartbeat = excluded.span_last_heartbeat
""")


async def put(session: AsyncSession, players: Mapping[PlayerKey, tuple[Player, Event]]) -> None:
    """Store where players stand after the event given with each."""
    keys = sorted(players)
    spans = [players[key][0].span for key in keys]
    last = [players[key][1] for key in keys]
    columns = {
        "last_at": [event.at for event in last],
        "last_kind": [event.rank for event in last],
        "last_event_id": [event.event_id for event in last],
        "span_start": [span.start if span else None for span in spans],
        "span_opened_by": [span.opened_by if span else None for span in spans],
        "span_last_heartbeat": [span.last_heartbeat if span else None for span in spans],
    }
    await session.execute(_PUT, _columns(keys) | columns)


_TAILS = text("""
WITH wanted AS (
    SELECT * FROM unnest(CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:session_id AS text[]))
        AS w (user_id, video_id, session_id)
)
SELECT e.*
FROM wanted w
CROSS JOIN LATERAL (
    SELECT max(b.occurred_at) AS turn FROM progress_events b
    WHERE (b.user_id, b.video_id, b.session_id) = (w.user_id, w.video_id, w.session_id)
      AND b.kind <> :heartbeat) AS latest
JOIN progress_events e
  ON (e.user_id, e.video_id, e.session_id) = (w.user_id, w.video_id, w.session_id)
 AND e.occurred_at >= coalesce(latest.turn, '-infinity')
""")


async def by_log(session: AsyncSession, keys: Collection[PlayerKey]) -> dict[PlayerKey, tuple[Player, Event]]:
    """Return where players stand by the log: their latest turn and the heartbeats since say it."""
    if not keys:
        return {}
    found = await session.execute(_TAILS, _columns(keys) | {"heartbeat": Heartbeat.rank})
    return latest(to_event(row) for row in found)


async def read_again(session: AsyncSession, keys: Collection[PlayerKey]) -> None:
    """Store where players stand by the log."""
    await put(session, await by_log(session, keys))


_KEEP_ONLY = text("""
DELETE FROM players p
WHERE p.user_id = ANY(:ids) AND (p.user_id, p.video_id, p.session_id) NOT IN (
    SELECT * FROM unnest(
        CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:session_id AS text[])))
""")


async def keep_only(session: AsyncSession, user_ids: Collection[int], keys: Collection[PlayerKey]) -> None:
    """Delete players of some users that are not among `keys`."""
    await session.execute(_KEEP_ONLY, _columns(keys) | {"ids": list(user_ids)})


async def forget(session: AsyncSession, user_ids: Collection[int], until: datetime) -> None:
    """Delete players of some users who were not heard since an instant, as if they never had been."""
    statement = text("DELETE FROM players WHERE user_id = ANY(:ids) AND last_at < :until")
    await session.execute(statement, {"ids": list(user_ids), "until": until})


_STORED = text("""
SELECT user_id, video_id, session_id, last_at, last_kind, last_event_id,
       span_start, span_opened_by, span_last_heartbeat
FROM players WHERE user_id = ANY(:ids)
""")


async def stored(session: AsyncSession, user_ids: Collection[int]) -> dict[PlayerKey, Standing]:
    """Return where the players of some users are stored to stand."""
    found = await session.execute(_STORED, {"ids": list(user_ids)})
    return {
        (key := (user_id, video_id, session_id)): _standing(key, *stands)
        for user_id, video_id, session_id, *stands in found
    }


def latest(events: Iterable[Event]) -> dict[PlayerKey, tuple[Player, Event]]:
    """Return where the players of some events stand, each with its latest event. Pure."""
    heard: dict[PlayerKey, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.order):
        heard.setdefault((event.user_id, event.video_id, event.session_id), []).append(event)
    return {key: (read_player(events)[0], events[-1]) for key, events in heard.items()}


def last_orders(fresh: Iterable[Event], standing: Mapping[PlayerKey, Standing]) -> dict[PlayerKey, Order]:
    """Return the order of the latest event of each player of some new events. Pure."""
    found: dict[PlayerKey, Order] = {}
    for event in fresh:
        key = event.user_id, event.video_id, event.session_id
        before = found.get(key) or standing[key].last
        found[key] = max(before, event.order) if before else event.order
    return found


def known_from(
    windows: Iterable[Sequence[Event]], last: Mapping[PlayerKey, Order]
) -> dict[PlayerKey, tuple[Player, Event]]:
    """Return where those of the players stand whose latest event lies in a window. Pure.

    A window holds a player's events from a turn on, and a turn settles what a player is doing.
    """
    wanted = (
        [event for event in events if (event.user_id, event.video_id, event.session_id) in last]
        for events in windows
    )
    return {
        key: (player, event)
        for events in wanted
        for key, (player, event) in latest(events).items()
        if event.order == last[key]
    }


def of(events: Iterable[Event]) -> set[PlayerKey]:
    """Return the players that events are of. Pure."""
    return {(event.user_id, event.video_id, event.session_id) for event in events}


def _columns(keys: Collection[PlayerKey]) -> dict[str, list[Any]]:
    return {
        "user_id": [key[0] for key in keys],
        "video_id": [key[1] for key in keys],
        "session_id": [key[2] for key in keys],
    }
