"""Rows from the log alone: written anew (rebuild), or only compared (verify).

Both go through the users in portions of bounded size, so that memory stays flat, and both may run while
workers do.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Sessions
from core.policy import Policy
from core.policy_store import require_policy, store_policy
from events.schemas import Event
from workers.watch_time import log, players, rows
from workers.watch_time.fold import Player, Rows, fold
from workers.watch_time.in_order import PlayerKey, Standing
from workers.watch_time.refold import Days
from workers.watch_time.scope import EVERYTHING, Scope, portions


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a table that is not what the log says; None where there is no row."""

    user_id: int
    table: str
    key: str
    stored: object | None
    folded: object | None


async def rebuild(sessions: Sessions, policy: Policy, scope: Scope = EVERYTHING) -> AsyncIterator[int]:
    """Rewrite the rows of a scope, no others; yield how many users each portion had, once committed.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    async for portion in portions(sessions, scope, policy.zone):
        async with sessions.begin() as session:
            await log.share_policy_lock(session)
            await require_policy(session, policy)
            await _rebuild(session, policy, portion)
        yield len(portion)


async def adopt_policy(sessions: Sessions, policy: Policy) -> AsyncIterator[int]:
    """Put all rows under another policy in one transaction; yield how many users each portion had.

    Workers wait meanwhile; those that run under the old policy then stop instead of writing by it.
    """
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        await log.take_policy_lock(session)
        await store_policy(session, policy)
        async for portion in portions(sessions, EVERYTHING, policy.zone):
            await _rebuild(session, policy, portion)
            yield len(portion)


async def verify(
    sessions: Sessions, policy: Policy, scope: Scope = EVERYTHING
) -> AsyncIterator[tuple[int, list[Difference]]]:
    """Fold the log in memory and compare; yield users and differences of each portion.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    async for portion in portions(sessions, scope, policy.zone):
        async with sessions.begin() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            await require_policy(session, policy)
            events = await _events(session, portion, policy.zone)
            stored = await rows.stored(session, [days.user_id for days in portion], scope.first, scope.last)
            standing = await _standing(session, portion, events)
        differences = [
            difference
            for days in portion
            for difference in _row_differences(days, stored[days.user_id], fold(events[days], policy))
        ]
        yield len(portion), differences + list(_player_differences(*standing))


async def _rebuild(session: AsyncSession, policy: Policy, portion: Sequence[Days]) -> None:
    known = await log.lock_users(session, [days.user_id for days in portion])
    portion = [days for days in portion if days.user_id in known]
    events = await _events(session, portion, policy.zone)
    await rows.replace(session, {days: fold(heard, policy) for days, heard in events.items()})
    await players.read_again(session, players.of(event for heard in events.values() for event in heard))


async def _events(session: AsyncSession, portion: Sequence[Days], zone: ZoneInfo) -> dict[Days, list[Event]]:
    """Return what the rows of each user's days are folded from.

    For all days that is the log as it is, so that a comparison trusts no rule about how far events reach.
    """
    if all(days.are_all for days in portion):
        of_user = await log.whole_log(session, [days.user_id for days in portion])
        return {days: of_user[days.user_id] for days in portion}
    windows = {days: days.window(zone) for days in portion}
    of_window = await log.window_events(session, windows.values())
    return {days: of_window[window.user_id, window.start] for days, window in windows.items()}


async def _standing(
    session: AsyncSession, portion: Sequence[Days], events: Mapping[Days, Sequence[Event]]
) -> tuple[Mapping[PlayerKey, Standing], Mapping[PlayerKey, tuple[Player, Event]]]:
    """Return where players are stored to stand, and where they do by the log: those heard of on the days."""
    stored = await players.stored(session, [days.user_id for days in portion])
    if all(days.are_all for days in portion):
        return stored, players.latest(event for heard in events.values() for event in heard)
    heard_of = players.of(event for heard in events.values() for event in heard)
    read = await players.by_log(session, heard_of)
    return {key: stands for key, stands in stored.items() if key in heard_of}, read


def _row_differences(days: Days, stored: Rows, folded: Rows) -> Iterator[Difference]:
    for video_id, day in sorted({*stored.progress, *folded.progress}):
        have, want = stored.progress.get((video_id, day)), folded.progress.get((video_id, day))
        if day in days and have != want:
            yield Difference(days.user_id, "progress", f"video {video_id} on {day}", have, want)
    for day in sorted({*stored.attendance, *folded.attendance}):
        present, due = stored.attendance.get(day), folded.attendance.get(day)
        if day in days and present != due:
            yield Difference(days.user_id, "attendance", f"on {day}", present, due)


def _player_differences(
    stored: Mapping[PlayerKey, Standing], read: Mapping[PlayerKey, tuple[Player, Event]]
) -> Iterator[Difference]:
    want = {key: Standing(player, last.order) for key, (player, last) in read.items()}
    for user_id, video_id, session_id in sorted({*stored, *want}):
        key = user_id, video_id, session_id
        if stored.get(key) != want.get(key):
            named = f"video {video_id} in session {session_id!r}"
            yield Difference(user_id, "players", named, stored.get(key), want.get(key))
