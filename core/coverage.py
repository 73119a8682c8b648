"""Which parts of a video a user has seen at least once, by the positions players send. Owns `coverage`.

A player that reported a play or a heartbeat is playing until its next event says so, under the rules by which
watch time is credited: up to a heartbeat within 120 s, or up to a pause (within 120 s of a heartbeat, within
12 hours of a play), for the time that passed but not longer than the pause claims. Over that time, times the
playback rate, it moves on in the video: from position a to position b where it could have come so far
(2 s of tolerance), else, after a jump, from a for as far as it could come; backwards from b where only b is
known. A pause with nothing before it is seen backwards from its position for what it claims. What is seen is
the union of all that, within the length of the video. Events without positions show nothing.

It is computed when it is asked for. Pruning the log first keeps what its events show in `coverage`, and
readings unite both.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TOLERANCE_SECONDS = 2
SILENCE_SECONDS = 120
LONGEST_SECONDS = 43_200
LAST_SECOND = 2_000_000
"""Positions beyond it, which no video has, are taken for none."""
FASTEST = 16
PAUSE, HEARTBEAT, PLAY = 0, 1, 2

_STEPS = f"""
SELECT user_id, video_id, kind, occurred_at, event_id, position AS b,
       CASE WHEN before_kind > {PAUSE} THEN a END AS a,
       rate * CASE
           WHEN kind = {HEARTBEAT} AND before_kind > {PAUSE} AND elapsed <= {SILENCE_SECONDS} THEN elapsed
           WHEN kind = {PAUSE} AND (before_kind = {HEARTBEAT} AND elapsed <= {SILENCE_SECONDS}
                                    OR before_kind = {PLAY} AND elapsed <= {LONGEST_SECONDS})
               THEN least(elapsed, claimed_seconds)
           WHEN kind = {PAUSE} AND coalesce(before_kind, {PAUSE}) = {PAUSE}
               THEN least(elapsed, coalesce(claimed_seconds, 0))
           ELSE 0 END AS reach
FROM (
    SELECT user_id, video_id, kind, occurred_at, event_id, claimed_seconds, position,
           lag(position) OVER player AS a, lag(kind) OVER player AS before_kind,
           coalesce(lag(speed) OVER player, speed, 1) AS rate,
           extract(epoch FROM occurred_at - lag(occurred_at) OVER player)::float8 AS elapsed
    FROM (
        SELECT *,
               CASE WHEN position_seconds BETWEEN 0 AND {LAST_SECOND} THEN position_seconds END AS position,
               CASE WHEN playback_rate > 0 AND playback_rate <= {FASTEST} THEN playback_rate END AS speed
        FROM progress_events WHERE {{scope}}
    ) AS e
    WINDOW player AS (PARTITION BY user_id, video_id, session_id ORDER BY occurred_at, kind, event_id)
) AS pairs
"""  # noqa: S608 - nothing but constants

_SEEN = f"""
SELECT user_id, video_id,
       range_agg(int4range(round(1000 * lo)::int, round(1000 * hi)::int)) FILTER (WHERE hi > lo) AS seen,
       (array_agg(b ORDER BY occurred_at DESC, kind DESC, event_id DESC)
           FILTER (WHERE b IS NOT NULL))[1] AS position,
       max(occurred_at) FILTER (WHERE b IS NOT NULL) AS position_at
FROM (
    SELECT *, greatest(0, coalesce(a, b - reach)) AS lo,
           CASE WHEN reach <= 0 THEN NULL
                WHEN a IS NULL THEN b
                WHEN b BETWEEN a AND a + reach + {TOLERANCE_SECONDS} THEN b
                ELSE least(a + reach, {LAST_SECOND}) END AS hi
    FROM ({_STEPS}) AS steps
) AS segments
GROUP BY user_id, video_id
"""  # noqa: S608 - nothing but constants
"""What the log shows of each user and video, in milliseconds of the video, and where the user was last."""

_ALTOGETHER = f"""
SELECT user_id, video_id, coalesce(l.seen, '{{{{}}}}') + coalesce(k.seen, '{{{{}}}}') AS seen,
       CASE WHEN coalesce(l.position_at >= k.position_at, l.position_at IS NOT NULL)
            THEN l.position ELSE k.position END AS position
FROM ({_SEEN}) AS l
FULL JOIN (SELECT * FROM coverage WHERE {{scope}}) AS k USING (user_id, video_id)
"""  # noqa: S608 - nothing but constants

_LENGTH = """(SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(
    CASE WHEN v.duration_seconds IS NULL THEN s.seen
         ELSE s.seen * int4multirange(int4range(0, least(v.duration_seconds, 2000000) * 1000)) END) AS r)"""

_OF_VIDEO = text(f"""
SELECT {_LENGTH} AS milliseconds, s.position
FROM ({_ALTOGETHER.format(scope="user_id = :user_id AND video_id = :video_id")}) AS s
JOIN videos v ON v.id = s.video_id
""")  # noqa: S608 - nothing but constants

_OF_COURSE = text(f"""
SELECT s.user_id, sum({_LENGTH}) AS milliseconds
FROM ({_ALTOGETHER.format(scope="user_id = ANY(:user_ids) AND video_id = ANY(:video_ids)")}) AS s
JOIN videos v ON v.id = s.video_id
GROUP BY s.user_id
""")  # noqa: S608 - nothing but constants

_KEEP = text(f"""
INSERT INTO coverage AS k (user_id, video_id, seen, position, position_at)
SELECT user_id, video_id, coalesce(seen, '{{}}'), position, position_at
FROM ({_SEEN.format(scope="user_id = ANY(:user_ids)")}) AS log
WHERE seen IS NOT NULL OR position IS NOT NULL
ORDER BY user_id, video_id
ON CONFLICT (user_id, video_id) DO UPDATE
SET seen = k.seen + excluded.seen,
    position = CASE WHEN coalesce(excluded.position_at >= k.position_at, k.position_at IS NULL)
                    THEN excluded.position ELSE k.position END,
    position_at = greatest(k.position_at, excluded.position_at)
""")  # noqa: S608 - nothing but constants


@dataclass(frozen=True, slots=True)
class Seen:
    """What a user has seen of a video. The position is None where no player ever sent one."""

    unique_seconds: float = 0.0
    position_seconds: float | None = None


async def seen_of_video(session: AsyncSession, user_id: int, video_id: int) -> Seen:
    """Return how much of a video a user has seen at least once, and where the user was last."""
    row = (await session.execute(_OF_VIDEO, {"user_id": user_id, "video_id": video_id})).one_or_none()
    return Seen() if row is None else Seen(row.milliseconds / 1000, row.position)


async def seen_of_course(
    session: AsyncSession, user_ids: Collection[int], video_ids: Collection[int]
) -> dict[int, float]:
    """Return how many seconds of some videos each of some users has seen at least once; 0 is left out."""
    asked = {"user_ids": list(user_ids), "video_ids": list(video_ids)}
    return {row.user_id: int(row.milliseconds) / 1000 for row in await session.execute(_OF_COURSE, asked)}


async def keep_seen(session: AsyncSession, user_ids: Collection[int]) -> None:
    """Keep what the log shows of some users, because some of it is about to go."""
    await session.execute(_KEEP, {"user_ids": list(user_ids)})
