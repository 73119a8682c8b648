"""Rows from the log alone: written anew (rebuild), or only compared (verify).

Both go through the users in portions of bounded size, so that memory stays flat, and both may run while
workers do.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

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

PORTION = 200
"""Users per transaction."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a table that is not what the log says; None where there is no row."""

    user_id: int
    table: str
    key: str
    stored: object | None
    folded: object | None


async def rebuild(sessions: Sessions, policy: Policy, user_ids: Collection[int] = ()) -> AsyncIterator[int]:
    """Rewrite the rows of some users, or of all; yield how many users each portion had, once committed.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    async for portion in _portions(sessions, user_ids):
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
        async for portion in _portions(sessions, ()):
            await _rebuild(session, policy, portion)
            yield len(portion)


async def verify(sessions: Sessions, policy: Policy) -> AsyncIterator[tuple[int, list[Difference]]]:
    """Fold every user in memory and compare; yield users and differences of each portion."""
    async for portion in _portions(sessions, ()):
        async with sessions.begin() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            await require_policy(session, policy)
            events = await log.whole_log(session, portion)
            stored = await rows.stored(session, portion)
            standing = await players.stored(session, portion)
        differences = [
            difference
            for user_id in portion
            for difference in _row_differences(user_id, stored[user_id], fold(events[user_id], policy))
        ]
        differences += _player_differences(
            standing, players.latest(event for heard in events.values() for event in heard)
        )
        yield len(portion), differences


async def _portions(sessions: Sessions, user_ids: Collection[int]) -> AsyncIterator[list[int]]:
    if user_ids:
        wanted = sorted(user_ids)
        for first in range(0, len(wanted), PORTION):
            yield wanted[first : first + PORTION]
        return
    last = 0
    while True:
        async with sessions.begin() as session:
            portion = await log.users_after(session, last, PORTION)
        if not portion:
            return
        yield portion
        last = portion[-1]


async def _rebuild(session: AsyncSession, policy: Policy, user_ids: Collection[int]) -> None:
    known = await log.lock_users(session, user_ids)
    events = await log.whole_log(session, known)
    await rows.replace(
        session, {Days(user_id, date.min, date.max): fold(events[user_id], policy) for user_id in known}
    )
    await players.put(session, players.latest(event for heard in events.values() for event in heard))


def _row_differences(user_id: int, stored: Rows, folded: Rows) -> Iterator[Difference]:
    tables = (
        ("progress", stored.progress, folded.progress),
        ("attendance", stored.attendance, folded.attendance),
    )
    for table, have, want in tables:
        for key in sorted({*have, *want}, key=str):
            if have.get(key) != want.get(key):
                yield Difference(user_id, table, str(key), have.get(key), want.get(key))


def _player_differences(
    stored: Mapping[PlayerKey, Standing], read: Mapping[PlayerKey, tuple[Player, Event]]
) -> Iterator[Difference]:
    want = {key: Standing(player, last.order) for key, (player, last) in read.items()}
    for key in sorted({*stored, *want}):
        if stored.get(key) != want.get(key):
            yield Difference(key[0], "players", str(key[1:]), stored.get(key), want.get(key))
