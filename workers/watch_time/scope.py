"""Whose rows, and of which days, are looked at anew; and in which portions, so that memory stays flat."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core.database import Sessions
from core.errors import NotFound
from workers.watch_time import log
from workers.watch_time.refold import Days

PORTION_USERS = 200
PORTION_EVENTS = 50_000
"""A portion is one transaction, which keeps its users from everybody else. One user may exceed it alone."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Some users, or all where none is named, and local dates, both included."""

    user_ids: Collection[int] = ()
    first: date = date.min
    last: date = date.max

    def days(self, user_id: int) -> Days:
        return Days(user_id, self.first, self.last)


EVERYTHING = Scope()


async def how_many_users(sessions: Sessions, scope: Scope) -> int:
    """Return how many users the portions of a scope will have.

    Raises:
        NotFound: a user of the scope does not exist.

    """
    async with sessions.begin() as session:
        if not scope.user_ids:
            return await log.count_users(session)
        wanted = set(scope.user_ids)
        missing = wanted - await log.existing_users(session, wanted)
    if missing:
        raise NotFound(f"there is no user {', '.join(map(str, sorted(missing)))}")
    return len(wanted)


async def portions(sessions: Sessions, scope: Scope, zone: ZoneInfo) -> AsyncIterator[list[Days]]:
    """Yield the days of every user of the scope, in ascending order of users, a bounded number together."""
    async for user_ids in _users(sessions, scope.user_ids):
        windows = [scope.days(user_id).window(zone) for user_id in user_ids]
        async with sessions.begin() as session:
            sizes = await log.sizes(session, windows)
        for portion in cut(user_ids, sizes):
            yield [scope.days(user_id) for user_id in portion]


def cut(
    user_ids: Iterable[int], sizes: Mapping[int, int], limit: int = PORTION_EVENTS
) -> Iterator[list[int]]:
    """Cut a list of users so that none of the pieces holds more than `limit` events, one user aside."""
    piece: list[int] = []
    held = 0
    for user_id in user_ids:
        size = sizes.get(user_id, 0)
        if piece and held + size > limit:
            yield piece
            piece, held = [], 0
        piece.append(user_id)
        held += size
    if piece:
        yield piece


async def _users(sessions: Sessions, user_ids: Collection[int]) -> AsyncIterator[list[int]]:
    if user_ids:
        wanted = sorted(set(user_ids))
        for first in range(0, len(wanted), PORTION_USERS):
            yield wanted[first : first + PORTION_USERS]
        return
    last = 0
    while True:
        async with sessions.begin() as session:
            portion = await log.users_after(session, last, PORTION_USERS)
        if not portion:
            return
        yield portion
        last = portion[-1]
